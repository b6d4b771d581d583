"""A mapping laid over the columns of one table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec import Struct

from ..diagnostics import Problem, Span, TableError, quoted, suggest
from ..rulebook import Rulebook
from ..vocabulary import fold
from .mapping import LATEST, ColumnMapping, Statement


class Fitted(Struct, frozen=True, kw_only=True):
    """A mapping laid over the columns of one table; columns are numbers here.

    `statements` pairs each statement with its column; `dates` gives the column of dates for those that go by one, and
    `latest` that by which whole rows go. `unknown` are the codes that mean not known in every column.
    """

    names: tuple[str, ...]
    statements: tuple[tuple[int, Statement], ...]
    dates: Mapping[int, int]
    latest: int | None
    group: int | None
    constants: Mapping[str, int]
    unknown: frozenset[str]
    unread: tuple[str, ...]


def fit(mapping: ColumnMapping, names: Sequence[str], rulebook: Rulebook, table: str) -> Fitted:
    """Lay a mapping over the columns of a table. Raises TableError if it names columns that are not there.

    A column that is named like a fact is read without being mapped, unless the mapping gives that fact otherwise.
    """
    problems: list[Problem] = []

    def place(column: str, where: str | Span | None) -> int | None:
        found = find_column(column, names)
        if found is None:
            help = suggest(column, names) or f"its columns: {', '.join(names[:12])}{' …' if len(names) > 12 else ''}"
            problems.append(mapping.problem(where, f"{table} has no column {quoted(column)}", help))
        return found

    ignored = {place(column, "ignore") for column in sorted(mapping.ignore)}
    group = place(mapping.group_by, "group_by") if mapping.group_by else None
    latest = place(mapping.latest_by, LATEST) if mapping.latest_by else None
    statements: list[tuple[int, Statement]] = []
    dates: dict[int, int] = {}
    for statement in mapping.statements:
        column = place(statement.column, statement.where)
        date = place(statement.by, statement.where) if statement.by else None
        if column is not None:
            if date is not None:
                dates[len(statements)] = date
            statements.append((column, statement))
    if problems:
        raise TableError(problems)
    given = {statement.fact for statement in mapping.statements} | mapping.constants.keys()
    mapped = {column for column, _ in statements}
    # In the order of the rulebook: engines differ in the order in which they give columns.
    for fact in rulebook.facts:
        for column, name in enumerate(names):
            if fold(name) == fold(fact) and fact not in given and column not in ignored | mapped | {group}:
                statements.append((column, Statement(column=name, fact=fact, unknown=mapping.unknown)))
    used = {column for column, _ in statements} | set(dates.values()) | {group, latest}
    unread = tuple(name for column, name in enumerate(names) if column not in used)
    return Fitted(
        names=tuple(names),
        statements=tuple(statements),
        dates=dates,
        latest=latest,
        group=group,
        constants=mapping.constants,
        unknown=mapping.unknown,
        unread=unread,
    )


def find_column(column: str, names: Sequence[str]) -> int | None:
    """Return the number of a column by its name, or by one that differs in case and spaces only."""
    if column in names:
        return names.index(column)
    near = [number for number, name in enumerate(names) if fold(name) == fold(column)]
    return near[0] if len(near) == 1 else None
