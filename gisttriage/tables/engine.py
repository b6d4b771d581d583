"""What a table engine does for the method in `scoring`. One small file per engine: `duck` and `spark`.

The queries name columns by number only (c0, c1, …), and are written in the SQL that both engines share. No name,
value or path of a table is ever part of a query's text, except that engines quote output names and paths, each in one
place.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol

from msgspec import Struct

from ..diagnostics import Problem, TableError, quoted

# Regular expressions that both engines understand: what a spreadsheet may evaluate (OWASP, "CSV Injection"), unless it
# is a number; what a terminal may obey.
FORMULA = r"^\s*[-=+@＝＋－＠]"
NUMBER = r"^\s*[-+]?[0-9]*[.,]?[0-9]+([eE][-+]?[0-9]+)?\s*$"
CONTROL = r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\x{200e}\x{200f}\x{202a}-\x{202e}\x{2066}-\x{2069}]"


class Target(Struct, frozen=True):
    """Where a table is written to, and in which format: parquet, csv, tsv, jsonl, or table (of a warehouse)."""

    path: str
    format: str


class Unforeseen(Exception):
    """A coded table holds a value that the codes do not know: they were made from a part of it."""


class Engine(Protocol):
    """Holds one input table as the view `input` with the columns c0, c1, …, and small tables beside it."""

    row_number: str
    """An SQL expression that numbers the rows of the input, in their order."""

    keeps_order: bool
    """Whether a join with a small table keeps the order of rows."""

    def joined(self, column: str, order: str) -> str:
        """Return an SQL aggregate: the one value of a column, or where there are several all cells as one text."""

    def open(self, paths: Sequence[str]) -> tuple[str, ...]:
        """Make the view `input` of files of one kind; return the names of the columns. Raises TableError."""

    def rows(self, query: str) -> Iterator[tuple[Any, ...]]:
        """Yield the rows of a query. Raises TableError."""

    def dictionary(self, name: str, column: str, values: Sequence[Any], words: Mapping[str, Sequence[int]]) -> None:
        """Make a table of a column's values (v, in the column's own type) and the words they stand for."""

    def lookup(self, name: str, column: str, word: str) -> str:
        """Return an SQL expression for what a dictionary has for a column, NULL where it has nothing."""

    def joining(self, name: str, column: str) -> str:
        """Return what the FROM clause needs for that, if anything."""

    def table(self, name: str, columns: Mapping[str, Sequence[int | str]]) -> None:
        """Make a table of integers and of texts with few different values."""

    def code(self, columns: Mapping[int, Sequence[Any]]) -> None:
        """Take these for all the values that columns of text have, if that makes further reading faster."""

    def learns_from_part(self, target: Target) -> bool:
        """Whether reading the input again is so dear that its first rows should do, and what is written be checked."""

    def part(self, only: bool) -> None:
        """Make `input` the first rows only, or the whole again."""

    def written(self, place: Target) -> None:
        """Make `input` the table that was just written."""

    def staged(self, target: Target) -> AbstractContextManager[Target]:
        """Give a place to write to that takes the target's name when all went well, and vanishes otherwise."""

    def write(self, query: str, names: Sequence[str], target: Target) -> None:
        """Write the rows of a query (o0, o1, …) under these names. Raises TableError, OutputError, Unforeseen."""

    def close(self) -> None:
        """Let go of everything."""


def check_columns(first: str, names: Sequence[str], path: str, others: Sequence[str]) -> None:
    """Refuse files that are no parts of one table. Raises TableError."""
    for one, its, other, theirs in ((first, names, path, others), (path, others, first, names)):
        for name in its:
            if name not in theirs:
                message = f"{other} has no column {quoted(name)}, and {one} has"
                help = "tables of different columns need a run each"
                raise TableError([Problem(path=path, message=message, help=help)])
