"""``gisttriage rules show``: one rule in words."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from itertools import chain

import click

from ...diagnostics import suggest
from ...logic import TooLarge
from ...output import write_out
from ...render.rules import closing, lines_of_rule, printed
from ...rulebook import Rulebook
from ...verify import where_applies
from ..common import examples, rulebook_of, rules_option


@click.command(epilog=examples("gisttriage rules show surgery-nf1"))
@click.argument("id", metavar="RULE")
@rules_option
def show(id: str, rules: str | None) -> None:
    """Show a rule in words: when it holds, what follows, why, and on whose word, with figures and disagreements.

    Also what it overrides, what overrides it, and the smallest case in which it applies.
    """
    rulebook = rulebook_of(rules)
    write_out(printed(chain(_told(id, rulebook), [""], closing(rulebook)), sys.stdout))


def _told(id: str, rulebook: Rulebook) -> Iterator[str]:
    if id in rulebook.disabled:
        yield f"{id} is disabled: {rulebook.disabled[id]}"
        return
    rule = rulebook.rules.get(id)
    if rule is None:
        known = suggest(id, (*rulebook.rules, *rulebook.disabled)) or "gisttriage rules list names them"
        raise click.UsageError(f"no rule {id!r}; {known}")
    example, searched = None, ""
    try:
        example = where_applies(rulebook, id)
    except TooLarge:
        searched = "  no example: too many cases would have to be searched for one"
    yield from lines_of_rule(rule, rulebook, example)
    if searched:
        yield searched
