"""Asking for facts on a terminal: the one that settles most first, until no missing fact matters."""

from __future__ import annotations

import sys
from collections.abc import Mapping

import click

from ..assessment import Assessment
from ..case import Case, Given
from ..rulebook import Rulebook
from ..triage import assess
from ..vocabulary import Choice, Fact, Misread, Number


def require_terminal() -> None:
    """Raise a usage error unless somebody can answer."""
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise click.UsageError("--ask needs a terminal, where somebody can answer")


def ask_all(case: Case, rulebook: Rulebook) -> tuple[Case, Assessment]:
    """Ask for the missing facts that matter and return the case with the answers, assessed."""
    skipped: set[str] = set()
    while True:
        assessment = assess(case, rulebook)
        asking = [missing.fact for missing in assessment.missing if missing.matters and missing.fact not in skipped]
        if not asking:
            return case, assessment
        fact = rulebook.facts[asking[0]]
        given = ask(fact)
        skipped.add(fact.name)
        if given is not None:
            case = Case(case.id, case.source, with_given(case.given, fact.name, given))


def with_given(given: Mapping[str, Given], name: str, value: Given) -> dict[str, Given]:
    """Return what is given, with one fact replaced."""
    return {**given, name: value}


def ask(fact: Fact) -> Given | None:
    """Ask one question until the answer can be read; an empty answer means not known."""
    click.echo(f"\n{fact.ask}", err=True)
    click.echo(f"  {choices(fact)}", err=True)
    while True:
        text = click.prompt("  (Enter if not known)", default="", show_default=False, err=True).strip()
        if not text or fact.is_unknown(text):
            return None
        try:
            return Given(fact.canonical(text), fact.read(text), None)
        except Misread as misread:
            click.echo(f"  {misread.message}: {misread.help}", err=True)


def choices(fact: Fact) -> str:
    """Return what a fact may be, in one line."""
    if isinstance(fact, Choice):
        return ", ".join((*fact.values, *fact.groups))
    if isinstance(fact, Number):
        return f"{fact.least} to {fact.most} {fact.unit}; also >5, <= 5, 5-10"
    return "a list, as [liver, peritoneum]" if fact.many else "text"
