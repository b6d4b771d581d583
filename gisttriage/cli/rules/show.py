"""``gisttriage rules show``: one rule in words."""

from __future__ import annotations

import sys
from itertools import chain

import click

from ...diagnostics import suggest
from ...output import write_out
from ...render.rules import closing, lines_of_rule, printed
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
    rule = rulebook.rules.get(id)
    if rule is None:
        raise click.UsageError(f"no rule {id!r}; {suggest(id, rulebook.rules) or 'gisttriage rules list names them'}")
    told = lines_of_rule(rule, rulebook, where_applies(rulebook, id))
    write_out(printed(chain(told, [""], closing(rulebook)), sys.stdout))
