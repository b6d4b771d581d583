"""The different situations of a table, with how many cases are in each: the table that people want to read."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable

import msgspec

from .. import __version__
from ..diagnostics import harmless, visible
from ..rulebook import Rulebook
from ..tables.answers import Scored, answer_cells, answer_names
from ..tables.cohort import Cohort
from .json import dumps, stamped
from .markdown import plain

ENDINGS = (".csv", ".tsv", ".json", ".jsonl", ".md")


def render(cohort: Cohort, rulebook: Rulebook, ending: str) -> str:
    """Return the situations as a file of this ending, the most frequent first."""
    names = columns(rulebook)
    rows = [cells(scored, rulebook) for scored in cohort.situations]
    match ending:
        case ".csv" | ".tsv":
            buffer = io.StringIO()
            writer = csv.writer(buffer, delimiter="," if ending == ".csv" else "\t", lineterminator="\n")
            writer.writerow(names)
            writer.writerows([cell if isinstance(cell, int) else harmless(cell) for cell in row] for row in rows)
            return buffer.getvalue()
        case ".jsonl":
            return "".join(f"{msgspec.json.encode(dict(zip(names, row, strict=True))).decode()}\n" for row in rows)
        case ".json":
            whole = {
                "schema": "gisttriage.situations/1",
                "tool": {"name": "gisttriage", "version": __version__},
                "rulebook": stamped(rulebook.stamp),
                "cases": cohort.cases,
                "situations": [dict(zip(names, row, strict=True)) for row in rows],
                "disclaimer": rulebook.stamp.disclaimer,
            }
            return dumps(whole)
        case _:
            return _markdown(names, rows, rulebook)


def columns(rulebook: Rulebook) -> tuple[str, ...]:
    """Return the names of the columns: how many cases, the facts, the answer."""
    return ("cases", *(fact.name for fact in rulebook.read), *answer_names(rulebook))


def cells(scored: Scored, rulebook: Rulebook) -> tuple[int | str, ...]:
    """Return one situation; a fact is written as in a case file, and left blank if nothing is known of it."""
    facts = (
        "" if mask == fact.full else fact.names(mask)
        for fact, mask in zip(rulebook.read, scored.situation, strict=True)
    )
    return (scored.cases, *facts, *answer_cells(scored, rulebook))


def _markdown(names: Iterable[str], rows: Iterable[tuple[int | str, ...]], rulebook: Rulebook) -> str:
    """Return a table without the columns that are the same or blank in every row, and the rest below it."""
    table = [tuple(map(str, row)) for row in rows]
    shown = [i for i, name in enumerate(names) if any(row[i] for row in table) and "_rulebook" not in name]
    header = [name.removeprefix("gisttriage_") for i, name in enumerate(names) if i in shown]
    lines = [header, ["---"] * len(header), *([plain(visible(row[i])) for i in shown] for row in table)]
    stamp = rulebook.stamp
    told = f"Rulebook {stamp.id} {stamp.version}, sha256 {stamp.sha256}. {stamp.disclaimer}"
    return "".join(f"| {' | '.join(line)} |\n" for line in lines) + f"\n{plain(told)}\n"
