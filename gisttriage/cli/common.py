"""What several commands share: the rulebook option, and how problems are printed."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import TypeVar

import click

from ..diagnostics import Problem
from ..rulebook import Rulebook
from ..rulefile import load_rulebook

Decorated = TypeVar("Decorated", bound=Callable[..., object])

rules_option = click.option(
    "--rules",
    metavar="PATH",
    is_eager=True,
    help="Use this rulebook instead of the one that ships with the program (or set GISTTRIAGE_RULES).",
)


def format_option(*formats: str) -> Callable[[Decorated], Decorated]:
    """Return the option --format; the first format is the default."""
    kind, text = click.Choice(formats), "How to print it."
    return click.option("--format", "format", type=kind, default=formats[0], show_default=True, help=text)


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
