"""``gisttriage rules``: read, prove and export the rulebook; one file for each command."""

from __future__ import annotations

import click

from ..lazy import LazyGroup

COMMANDS = {
    "check": "Prove the rulebook over every possible case.",
    "diff": "Compare two rulebooks by their answers.",
    "explain": "Say what a code of `rules check` means.",
    "graph": "Draw the decisions as trees.",
    "list": "List the rules.",
    "schema": "Print the JSON Schemas of a case and of an answer.",
    "show": "Show one rule in words, with its evidence.",
    "sources": "List the sources, or export them.",
    "test": "Run cases against the answers they expect.",
}


@click.group(cls=LazyGroup, commands_in=COMMANDS, package=__name__, epilog="Example: gisttriage rules show surgery-nf1")
def rules() -> None:
    """Read, prove and export the rulebook."""
