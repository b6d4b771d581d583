"""``gisttriage rules graph``: decisions drawn as trees."""

from __future__ import annotations

import click

from ...diagnostics import suggest
from ...output import write_out, write_whole
from ...render.graph import FORMATS
from ..common import examples, format_option, rulebook_of, rules_option


@click.command(
    epilog=examples("gisttriage rules graph surgery", "gisttriage rules graph --format svg -o decisions.svg")
)
@click.argument("decision", required=False, metavar="[DECISION]")
@format_option(*FORMATS)
@click.option("-o", "--output", metavar="FILE", help="Write the picture to this file.")
@rules_option
def graph(decision: str | None, format: str, output: str | None, rules: str | None) -> None:
    """Draw a decision, or all of them, as a tree to be asked from left to right.

    At each place the fact is asked that settles most; values that lead to the same are one branch. The tree says
    exactly what the rules say, over every case.
    """
    rulebook = rulebook_of(rules)
    if decision is not None and decision not in rulebook.decisions:
        known = suggest(decision, rulebook.decisions) or f"known: {', '.join(rulebook.decisions)}"
        raise click.UsageError(f"no decision {decision!r}; {known}")
    chosen = [rulebook.decisions[decision]] if decision is not None else list(rulebook.decisions.values())
    text = FORMATS[format](chosen, rulebook)
    if output is not None:
        write_whole(output, text)
    else:
        write_out(text, as_utf8=True)
