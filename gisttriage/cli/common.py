"""What several commands share: the rulebook option, and how problems are printed."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from contextlib import suppress

import click

from ..diagnostics import Problem
from ..rulebook import Rulebook
from ..rulefile import load_rulebook

rules_option = click.option(
    "--rules",
    metavar="PATH",
    is_eager=True,
    help="Use this rulebook instead of the one that ships with the program (or set GISTTRIAGE_RULES).",
)


def rulebook_of(path: str | None) -> Rulebook:
    """Return the rulebook that --rules (here or before the command) or GISTTRIAGE_RULES names, else the shipped one."""
    context = click.get_current_context(silent=True)
    outer = context.find_root().params.get("rules") if context is not None else None
    return load_rulebook(path or outer or os.environ.get("GISTTRIAGE_RULES") or None)


def tell(text: str) -> None:
    """Print to standard error. Where that is not possible the results still count."""
    with suppress(OSError):
        print(text, file=sys.stderr, flush=True)


def print_problems(problems: Iterable[Problem]) -> None:
    """Print problems to standard error."""
    for problem in problems:
        tell(str(problem))


def examples(*lines: str) -> str:
    """Return the end of a command's help: examples, one on each line."""
    return "\b\nExamples:\n" + "\n".join(f"  {line}" for line in lines)
