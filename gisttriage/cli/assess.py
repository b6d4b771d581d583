"""``gisttriage assess``: case files in, answers out."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Iterator, Sequence

import click

from ..assessment import Assessment
from ..case import Case, CaseReader, parse_case
from ..diagnostics import CaseError
from ..output import same_file, write_out, write_whole
from ..render.parts import Report
from ..rulebook import Rulebook
from ..triage import assess as assess_case
from .ask import ask_all, require_terminal
from .common import examples, print_problems, rulebook_of, rules_option

FORMATS = ("text", "json", "markdown", "html", "svg")
_ENDINGS = {".txt": "text", ".json": "json", ".md": "markdown", ".html": "html", ".htm": "html", ".svg": "svg"}
Answered = list[tuple[Case, Assessment]]


@click.command(
    epilog=examples(
        "gisttriage assess case.yaml",
        "gisttriage assess case.yaml --set progression=multifocal",
        "gisttriage assess *.yaml --format json -o answers.json",
        "cat case.yaml | gisttriage assess - --explain",
    )
)
@click.argument("cases", nargs=-1, metavar="CASE... (- is standard input)")
@click.option(
    "--format",
    "format",
    type=click.Choice(FORMATS),
    help="How to print the answer [default: text, or what -o ends in].",
)
@click.option("-o", "--output", metavar="FILE", help="Write the answer to this file, whole or not at all.")
@click.option("--set", "changes", multiple=True, metavar="FACT=VALUE", help="Set or replace a fact; may be repeated.")
@click.option("--explain", is_flag=True, help="Show every rule, condition by condition (text, markdown, html).")
@click.option("--ask", is_flag=True, help="Ask for the missing facts that matter, on a terminal only.")
@click.option(
    "--fail-on",
    multiple=True,
    type=click.Choice(("open", "conflict")),
    help="Exit with 3 if a decision is open, or in conflict.",
)
@rules_option
def assess(
    cases: Sequence[str],
    format: str | None,
    output: str | None,
    changes: Sequence[str],
    explain: bool,
    ask: bool,
    fail_on: Sequence[str],
    rules: str | None,
) -> int:
    """Assess case files against the rulebook.

    For each case: what the documents support on surgery, drug and local therapy, by which rules, what is missing,
    and what would change the answer. A fact that is not stated is unknown, and never read as no.
    """
    if not cases and not changes:
        raise click.UsageError("name a case file, or - for standard input; gisttriage new writes one to fill in")
    chosen = _format(format, output, cases)
    if ask:
        require_terminal()
    rulebook = rulebook_of(rules)
    pairs = [_pair(change) for change in changes]
    answered, broken = _read_all(cases, rulebook, pairs)
    if ask:
        answered = [ask_all(case, rulebook) for case, _ in answered]
    if answered:
        if output is not None:
            write_whole(output, _rendered(answered, rulebook, chosen, explain))
        elif chosen == "text":
            write_out(_for_terminal(answered, rulebook, explain))
        else:
            write_out(_rendered(answered, rulebook, chosen, explain), as_utf8=True)
    if broken:
        return 2
    return 3 if any(_occurred(name, assessment) for _, assessment in answered for name in fail_on) else 0


def _pair(change: str) -> tuple[str, str]:
    name, sign, value = change.partition("=")
    if not sign:
        raise click.UsageError(f"--set takes FACT=VALUE, such as progression=limited, not {change!r}")
    return name.strip(), value


def _read_all(cases: Sequence[str], rulebook: Rulebook, changes: Sequence[tuple[str, str]]) -> tuple[Answered, bool]:
    """Read and answer every case; one that cannot be read is reported and does not cost the others."""
    answered, broken, reader = Answered(), False, CaseReader(rulebook)
    for path in cases or (None,):
        try:
            case = parse_case("", rulebook, "--set", changes) if path is None else reader.read(path, changes)
            answered.append((case, assess_case(case, rulebook)))
        except CaseError as error:
            print_problems(error.problems)
            broken = True
    return answered, broken


def _occurred(name: str, assessment: Assessment) -> bool:
    return any(answer.status == name for answer in assessment.decisions.values())


def _format(format: str | None, output: str | None, cases: Sequence[str]) -> str:
    """Return the format to print, and refuse an output that cannot be meant."""
    if output is None:
        return format or "text"
    if any(same_file(path, output) for path in cases):
        raise click.UsageError(f"-o {output} would overwrite the case itself")
    ending = os.path.splitext(output)[1].lower()
    if format is None and ending not in _ENDINGS:
        raise click.UsageError(f"-o {output}: say --format, or use one of the endings {', '.join(_ENDINGS)}")
    return format or _ENDINGS[ending]


def _reports(answered: Answered, rulebook: Rulebook, explain: bool) -> Iterator[Report]:
    from ..render.report import report  # noqa: PLC0415 - each format pays for its own libraries only

    return (report(case, assessment, rulebook, explain=explain) for case, assessment in answered)


def _rendered(answered: Answered, rulebook: Rulebook, format: str, explain: bool) -> str:
    """Return what a file or a program gets."""
    if format == "json":
        from ..render import json  # noqa: PLC0415

        return json.render(answered, rulebook)
    module = importlib.import_module(f"gisttriage.render.{format}")
    return str(module.render(_reports(answered, rulebook, explain)))


def _for_terminal(answered: Answered, rulebook: Rulebook, explain: bool) -> str:
    """Return what a person sees, in the width, the colours and the signs of the terminal."""
    from ..render import terminal, text  # noqa: PLC0415

    looks = terminal.of(sys.stdout)
    reports = _reports(answered, rulebook, explain)
    return text.render(reports, width=looks.width, colour=looks.colour, plain=looks.plain)
