"""Asking for facts on a terminal: the one that settles most first, until no missing fact matters."""

from __future__ import annotations

import sys

import click

from ..assessment import Assessment
from ..case import Case, CaseReader
from ..diagnostics import CaseError, visible
from ..numbers import Number
from ..rulebook import Rulebook
from ..triage import assess
from ..vocabulary import Choice, Fact


def require_terminal() -> None:
    """Raise a usage error unless somebody can answer."""
    if not all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stderr)):
        raise click.UsageError("--ask needs a terminal, where somebody can answer")


def ask_all(case: Case, rulebook: Rulebook) -> tuple[Case, Assessment]:
    """Ask for the missing facts that matter and return the case with the answers, assessed."""
    reader, skipped = CaseReader(rulebook), set[str]()
    while True:
        assessment = assess(case, rulebook)
        asking = [missing.fact for missing in assessment.missing if missing.matters and missing.fact not in skipped]
        if not asking:
            return case, assessment
        skipped.add(asking[0])
        case = ask(rulebook.facts[asking[0]], case, reader)


def ask(fact: Fact, case: Case, reader: CaseReader) -> Case:
    """Ask one question until the answer can be read and contradicts nothing; an empty answer means not known."""
    click.echo(err=True)
    click.echo(visible(f"{case.id}: {fact.ask}"), err=True)
    click.echo(visible(f"  {choices(fact)}"), err=True)
    while True:
        text = click.prompt("  (Enter if not known)", default="", show_default=False, err=True).strip()
        if not text or fact.is_unknown(text):
            return case
        try:
            return reader.answered(case, fact.name, text)
        except CaseError as error:
            for problem in error.problems:
                click.echo(visible(f"  {problem.message}: {problem.help}"), err=True)


def choices(fact: Fact) -> str:
    """Return what a fact may be, in one line."""
    if isinstance(fact, Choice):
        return ", ".join((*fact.values, *fact.groups))
    if isinstance(fact, Number):
        return f"{fact.least} to {fact.most} {fact.unit}; also >5, <= 5, 5-10"
    return "a list, as [liver, peritoneum]" if fact.many else "text"
