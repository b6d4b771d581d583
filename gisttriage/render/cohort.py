"""What a table came to, on a terminal: counts, what to ask for, its situations, and how its columns were read."""

from __future__ import annotations

from collections.abc import Iterator

from rich.text import Text

from ..diagnostics import quoted, visible
from ..rulebook import Rulebook
from ..summary import MAYBE, Summary
from ..tables.answers import Scored
from ..tables.cohort import Cohort, ReadColumn
from ..words import lowered
from .digest import answered, count, counted, printed, stamped
from .terminal import Looks

_UNREAD = 3
_LEAD = {"emergency": "emergency: do not wait · ", MAYBE: "may be an emergency: find out now · "}


def render(cohort: Cohort, rulebook: Rulebook, looks: Looks, *, most: int | None, show_all: str) -> str:
    """Return the summary of a table; `most` is how many situations are listed, `show_all` what lists them all."""
    return printed(_lines(cohort, rulebook, most, show_all), looks)


def _lines(cohort: Cohort, rulebook: Rulebook, most: int | None, show_all: str) -> Iterator[Text | tuple[Text, int]]:
    summary = Summary(rulebook, 0)
    for scored in cohort.situations:
        summary.count(scored.group, scored.digest, scored.cases)
    cases = f"{count(cohort.cases, 'patient')} in {count(cohort.rows, 'row')}" if cohort.grouped else ""
    yield from counted(summary, rulebook, cases or count(cohort.rows, "row"))
    if cohort.clashes:
        yield Text()
        whose = "patient whose rows" if cohort.grouped else "row whose columns"
        several = "patients whose rows" if cohort.grouped else "rows whose columns"
        told = f"{count(cohort.clashes, whose, several)} disagree: what they disagree on is only partly known"
        yield Text(told, style="bold")
    yield Text()
    number = len(cohort.situations)
    urgent = any(scored.group in _LEAD for scored in cohort.situations)
    order = ", emergencies first, then the most frequent" if urgent else ", the most frequent first"
    order = order if number > 1 else ""
    yield Text(f"{count(number, 'different situation')}{order}", style="bold")
    width = len(f"{max(scored.cases for scored in cohort.situations):,}")
    for scored in cohort.situations[:most]:
        yield from _situation(scored, rulebook, width)
    if most is not None and number > most:
        yield Text(visible(f"  … and {number - most:,} more: {show_all}"), style="dim")
    yield Text()
    yield Text("How the columns were read", style="bold")
    for column in cohort.columns:
        yield _column(column)
    if cohort.grouping:
        yield Text(visible(f"  {cohort.grouping}"))
    for name in cohort.constants:
        yield Text(visible(f"  {name}: the same for all, by the mapping"))
    if cohort.unread:
        names = ", ".join(cohort.unread[:12])
        more = f", and {len(cohort.unread) - 12} more" if len(cohort.unread) > 12 else ""
        yield Text(visible(f"  not read: {names}{more}"), style="dim")
    yield from stamped(rulebook)


def _situation(scored: Scored, rulebook: Rulebook, width: int) -> Iterator[tuple[Text, int]]:
    """Yield how many cases are in a situation and what is known of them; then their answer."""
    under = width + 4
    cases = Text(f"  {scored.cases:,}".ljust(under), style="bold")
    yield Text.assemble(cases, visible(facts_in_words(scored, rulebook))), under
    if scored.digest is None:
        told = f"not answered: {'; '.join(scored.errors)}"
    else:
        told = answered(scored.digest)
        if scored.digest.missing:
            told += f" · ask for: {lowered(rulebook.facts[scored.digest.missing[0]].label)}"
        if scored.errors:
            told += f" · {'; '.join(scored.errors)}"
    lead = Text(_LEAD.get(scored.group, ""), style="bold red")
    yield Text.assemble(" " * under, lead, Text(visible(told), style="dim")), under


def facts_in_words(scored: Scored, rulebook: Rulebook) -> str:
    """Return what is known in a situation, fact by fact."""
    known = (
        f"{fact.name}: {fact.names(mask)}"
        for fact, mask in zip(rulebook.read, scored.situation, strict=True)
        if mask != fact.full
    )
    return " · ".join(known) or "nothing known"


def _column(column: ReadColumn) -> Text:
    line = f"  {column.fact}" if column.column == column.fact else f"  {column.fact} from {column.column}"
    line += f": {count(column.values, 'different value')}" if column.values else ": shown only, or empty"
    if column.unread:
        first = ", ".join(f"{quoted(unread.text)} ({unread.rows:,})" for unread in column.unread[:_UNREAD])
        more = f" and {len(column.unread) - _UNREAD} more" if len(column.unread) > _UNREAD else ""
        line += f"; not known, and read as unknown: {first}{more}"
    return Text(visible(line))
