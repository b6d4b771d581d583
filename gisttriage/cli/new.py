"""``gisttriage new``: a case file to fill in, or filled in by questions."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping

import click

from ..case import CaseReader, Given, parse_case
from ..diagnostics import OutputError, Problem, visible
from ..output import write_out, write_whole
from ..rulebook import Rulebook
from ..vocabulary import Fact, Text
from ..words import chain
from .ask import ask, choices, require_terminal
from .common import examples, rulebook_of, rules_option


@click.command(
    epilog=examples("gisttriage new case.yaml", "gisttriage new case.yaml --ask", "gisttriage new > case.yaml")
)
@click.argument("case", required=False, metavar="[CASE]")
@click.option("--ask", "asking", is_flag=True, help="Fill it in by questions, on a terminal only.")
@rules_option
def new(case: str | None, asking: bool, rules: str | None) -> None:
    """Write a commented case file with every fact the rulebook knows, to a new file or to standard output.

    Leave out, or leave empty, what is not known.
    """
    if case is not None and os.path.lexists(case):
        help = "choose another name, or remove it first"
        raise OutputError([Problem(path=case, message="exists already", help=help)])
    rulebook = rulebook_of(rules)
    reader = CaseReader(rulebook)
    filled = parse_case("", rulebook, os.path.basename(case or "case"))
    if asking:
        require_terminal()
        for fact in rulebook.facts.values():
            if not isinstance(fact, Text):
                filled = ask(fact, filled, reader)
    text = "".join(_template(rulebook, filled.given))
    if case is None:
        write_out(text, as_utf8=True)
    else:
        write_whole(case, text)
        click.echo(visible(f"wrote {case}; next: gisttriage assess {case}"), err=True)


def _template(rulebook: Rulebook, given: Mapping[str, Given]) -> Iterator[str]:
    yield f"# A case for gisttriage, rulebook {visible(chain(rulebook.stamp))}.\n"
    yield "# Fill in what is known; what is left empty is unknown, and never read as no.\n"
    for fact in rulebook.facts.values():
        yield f"\n# {visible(fact.ask)}\n# {visible(choices(fact))}\n{fact.name}:{_value(fact, given)}\n"


def _value(fact: Fact, given: Mapping[str, Given]) -> str:
    if fact.name not in given or given[fact.name].value is None:
        return ""
    text = str(given[fact.name].value)
    return f' "{text}"' if text[:1] in "<>=" else f" {text}"
