"""What a table came to, on a terminal: counts, what to ask for, its situations, and how its columns were read."""

from __future__ import annotations

from collections.abc import Iterator

from rich.text import Text

from ..diagnostics import quoted, visible
from ..rulebook import Rulebook
from ..summary import Summary
from ..tables.answers import Scored
from ..tables.scoring import Cohort, ReadColumn
from ..words import lowered
from .digest import answered, count, counted, printed, stamped
from .terminal import Looks

_UNREAD = 3


def render(cohort: Cohort, rulebook: Rulebook, looks: Looks, *, most: int | None, show_all: str) -> str:
    """Return the summary of a table; `most` is how many situations are listed, `show_all` what lists them all."""
    return printed(_lines(cohort, rulebook, most, show_all), looks)


def _lines(cohort: Cohort, rulebook: Rulebook, most: int | None, show_all: str) -> Iterator[Text]:
    summary = Summary(rulebook, 0)
    for scored in cohort.situations:
        urgent = any(rulebook.rules[id].urgent for id in scored.notices)
        failed = "error" if scored.digest is None else scored.digest.group
        summary.count("emergency" if urgent else failed, scored.digest, scored.cases)
    cases = f"{count(cohort.cases, 'patient')} in {count(cohort.rows, 'row')}" if cohort.grouped else ""
    yield from counted(summary, rulebook, cases or count(cohort.rows, "row"))
    if cohort.clashes:
        whose = "patients of whom rows" if cohort.grouped else "rows of which columns"
        yield Text(f"{cohort.clashes:,} {whose} disagree: what they disagree on is only partly known", style="bold")
    yield Text()
    number = len(cohort.situations)
    yield Text(
        f"{count(number, 'different situation')}{', the most frequent first' if number > 1 else ''}", style="bold"
    )
    for scored in cohort.situations[:most]:
        yield from _situation(scored, rulebook)
    if most is not None and number > most:
        yield Text(visible(f"  … and {number - most:,} more: {show_all}"), style="dim")
    yield Text()
    yield Text("How the columns were read", style="bold")
    for column in cohort.columns:
        yield _column(column)
    for name in cohort.constants:
        yield Text(visible(f"  {name}: the same for all, by the mapping"))
    if cohort.unread:
        names = ", ".join(cohort.unread[:12])
        more = f", and {len(cohort.unread) - 12} more" if len(cohort.unread) > 12 else ""
        yield Text(visible(f"  not read: {names}{more}"), style="dim")
    yield from stamped(rulebook)


def _situation(scored: Scored, rulebook: Rulebook) -> Iterator[Text]:
    yield Text.assemble(Text(f"  {scored.cases:>9,}  ", style="bold"), visible(facts_in_words(scored, rulebook)))
    if scored.digest is None:
        told = f"not answered: {'; '.join(scored.errors)}"
    else:
        told = answered(scored.digest)
        if scored.digest.missing:
            told += f" · ask for: {lowered(rulebook.facts[scored.digest.missing[0]].label)}"
    if any(rulebook.rules[id].urgent for id in scored.notices):
        told = f"emergency: do not wait · {told}"
    yield Text(visible(f"             {told}"), style="dim")


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
