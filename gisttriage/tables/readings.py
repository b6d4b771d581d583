"""What the different values of a table's columns mean: each is read once, by the code that reads case files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from msgspec import Struct

from ..diagnostics import Problem, TableError, quoted
from ..numbers import Number
from ..rulebook import Rulebook
from ..vocabulary import Fact, Misread, Text, fold
from .cells import CODES, Meant, Unread, read_cell, text_of
from .cohort import ReadColumn
from .dates import DATE_HELP, Dates, rank_dates
from .engine import Engine
from .fitting import Fitted
from .mapping import Statement
from .queries import values_query

_AT_ONCE = 40  # columns of which the values are counted in one scan: engines number the groupings in 63 bits


class Dictionary(Struct, frozen=True):
    """The different values of a column for one statement, and what each means."""

    values: tuple[Any, ...]
    rows: tuple[int, ...]
    meant: tuple[Meant, ...]

    def has(self, flag: int) -> bool:
        """Whether any of them has a flag."""
        return any(meant.flags & flag for meant in self.meant)


class Readings(Struct, frozen=True):
    """The dictionary of each statement that has one, by its number, and the order of dates, by column."""

    fitted: Fitted
    rulebook: Rulebook
    dictionaries: dict[int, Dictionary]
    dates: dict[int, Dates]

    def with_flag(self, flags: int) -> frozenset[int]:
        """Return the statements of which some cell has one of these flags."""
        return frozenset(k for k, each in self.dictionaries.items() if each.has(flags))

    def columns(self) -> Iterator[ReadColumn]:
        """Yield how each column was read."""
        for k, (column, statement) in enumerate(self.fitted.statements):
            each = self.dictionaries.get(k, Dictionary((), (), ()))
            cells = {fold(text_of(value)) for value in each.values}
            if statement.separator:
                cells |= {fold(part) for value in each.values for part in text_of(value).split(statement.separator)}
            fact = self.rulebook.facts[statement.fact]
            yield ReadColumn(
                column=self.fitted.names[column],
                fact=fact.name,
                values=len(each.values),
                unread=tuple(_unread(each)),
                doubtful=tuple(_doubtful(each, statement, fact)),
                unused=tuple(cell for cell in statement.values if cell not in cells and k in self.dictionaries),
            )


def read_values(engine: Engine, fitted: Fitted, rulebook: Rulebook, table: str) -> Readings:
    """Read every different value of every column, as cells of each statement about it. Raises TableError."""
    telling = {
        k: (column, statement)
        for k, (column, statement) in enumerate(fitted.statements)
        if not isinstance(rulebook.facts[statement.fact], Text)
    }
    dated = {column for k, column in fitted.dates.items() if k in telling}
    if fitted.latest is not None:
        dated.add(fitted.latest)
    found = _values(engine, sorted({column for column, _ in telling.values()} | dated))
    dictionaries = {}
    for k, (column, statement) in telling.items():
        fact = rulebook.facts[statement.fact]
        meant = tuple(read_cell(value, statement, fact) for value, _ in found[column])
        values, rows = zip(*found[column], strict=True) if found[column] else ((), ())
        dictionaries[k] = Dictionary(values, rows, meant)
    not_known = rulebook.facts["id"].not_known | fitted.unknown
    dates = {column: rank_dates(found[column], not_known) for column in dated}
    for column, each in dates.items():
        if each.unread and not each.values:
            message = f"{quoted(each.unread[0].text)} in the column {quoted(fitted.names[column])} is no date"
            raise TableError([Problem(path=table, message=message, help=DATE_HELP)])
    return Readings(fitted, rulebook, dictionaries, dates)


def _values(engine: Engine, columns: Sequence[int]) -> dict[int, list[tuple[Any, int]]]:
    """Return the different values of columns, each with the number of its rows; NULL is left out."""
    found: dict[int, list[tuple[Any, int]]] = {column: [] for column in columns}
    for start in range(0, len(columns), _AT_ONCE):
        some = columns[start : start + _AT_ONCE]
        place = {((1 << len(some)) - 1) ^ (1 << (len(some) - 1 - i)): i for i in range(len(some))}
        for grouping, *cells, count in engine.rows(values_query(some)):
            i = place[grouping]
            if cells[i] is not None:
                found[some[i]].append((cells[i], count))
    return found


def _unread(dictionary: Dictionary) -> Iterator[Unread]:
    """Yield the values that are not known, the most frequent first."""
    found: list[tuple[int, str, Misread]] = [
        (rows, text_of(value), meant.misread)
        for value, rows, meant in zip(dictionary.values, dictionary.rows, dictionary.meant, strict=True)
        if meant.misread is not None
    ]
    for rows, text, misread in sorted(found, key=lambda each: (-each[0], each[1])):
        yield Unread(text, rows, misread.help or "")


def _doubtful(dictionary: Dictionary, statement: Statement, fact: Fact) -> Iterator[Unread]:
    """Yield cells that are read as values, and that tables also use for what is not known."""
    for value, rows, meant in zip(dictionary.values, dictionary.rows, dictionary.meant, strict=True):
        text = text_of(value).strip()
        if meant.misread is not None or meant.mask == fact.full or fold(text) in statement.values:
            continue
        if isinstance(fact, Number) and text in CODES:
            yield Unread(text, rows, f"if it is a code for not known, say so in the mapping: unknown: [{text}]")
        elif text == "None":
            yield Unread(text, rows, "if a program wrote it for a blank, say so in the mapping: unknown: [None]")
