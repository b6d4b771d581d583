"""``gisttriage rules list``: every rule in a line."""

from __future__ import annotations

import sys

import click

from ...diagnostics import visible
from ...output import write_out
from ...render.rules import closing, printed
from ..common import examples, rulebook_of, rules_option


@click.command(epilog=examples("gisttriage rules list", "gisttriage rules list --rules department.yaml"))
@rules_option
def list(rules: str | None) -> None:
    """List the rules in the order of the file: the id, what follows from it, and what it overrides."""
    rulebook = rulebook_of(rules)
    width = max(map(len, (*rulebook.rules, *rulebook.disabled)))
    for rule in rulebook.rules.values():
        then = "; ".join(f"{decision}: {option}" for decision, option in rule.then.items())
        told = then or ("caution" if rule.caution else "notice")
        over = f" (overrides {', '.join(rule.overrides)})" if rule.overrides else ""
        write_out(visible(f"{rule.id:{width}}  {told}{over}") + "\n")
    for id, because in rulebook.disabled.items():
        write_out(visible(f"{id:{width}}  disabled: {because}") + "\n")
    write_out("\n" + printed(closing(rulebook), sys.stdout))
