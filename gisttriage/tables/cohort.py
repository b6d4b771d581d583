"""What a table came to, as a value: how it was read, its situations, and what was wrong in it."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from ..diagnostics import Problem, quoted
from .answers import Scored
from .cells import Unread


class ReadColumn(Struct, frozen=True, kw_only=True):
    """How one column was read: for which fact, how many different values it has, and those that were not known.

    `doubtful` are read, and may not mean what they say. `unused` are cells that the mapping gives a meaning, and that
    no row has.
    """

    column: str
    fact: str
    values: int
    unread: tuple[Unread, ...]
    doubtful: tuple[Unread, ...]
    unused: tuple[str, ...]

    def problems(self, table: str) -> Iterator[Problem]:
        """Yield a problem for every value that was not known."""
        for unread in self.unread:
            rows = f"{unread.rows:,} row{'' if unread.rows == 1 else 's'}"
            message = f"{quoted(unread.text)} in the column {quoted(self.column)} is no value of {self.fact} ({rows})"
            yield Problem(path=table, message=message, help=unread.help)


class Cohort(Struct, frozen=True, kw_only=True):
    """What a table came to: `cases` are rows, or patients if grouped.

    `situations` stand in the order in which they should be read: emergencies, what may be one, then by frequency.

    `clashing` names the first patients of whom rows contradict each other, each with the facts; `alone` are rows
    without a patient; `undated` are cells that are no dates, and `grouping` says by what rows were grouped.
    """

    table: str
    rows: int
    cases: int
    grouped: bool
    columns: tuple[ReadColumn, ...]
    constants: tuple[str, ...]
    unread: tuple[str, ...]
    situations: tuple[Scored, ...]
    clashing: tuple[tuple[str, tuple[str, ...]], ...]
    alone: int
    undated: tuple[Unread, ...]
    grouping: str

    @property
    def failed(self) -> int:
        """How many cases could not be answered."""
        return sum(scored.cases for scored in self.situations if scored.digest is None)

    @property
    def clashes(self) -> int:
        """In how many cases rows or columns contradict each other."""
        return sum(scored.cases for scored in self.situations if scored.clashing)
