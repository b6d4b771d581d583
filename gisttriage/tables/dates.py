"""Dates of rows: only their order matters, and what has no place in it may be the latest."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable, Sequence
from typing import Any

from msgspec import Struct

from ..vocabulary import fold
from .cells import Unread, text_of

DATE_HELP = "write dates as 2021-03-31 or 31.03.2021"

_ISO = re.compile(r"(\d{4})(?:-(\d\d)(?:-(\d\d)(?:[T ](\d\d:\d\d(?::\d\d(?:\.\d+)?)?))?(?:Z|[+-]\d\d:?\d\d)?)?)?")
_DOTTED = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})")
_COMPACT = re.compile(r"(\d{4})(\d\d)(\d\d)")


class Dates(Struct, frozen=True):
    """The values of a column that have a place in time, each with its rank, and those that have none."""

    values: Sequence[Any]
    ranks: Sequence[int]
    unread: tuple[Unread, ...]


def rank_dates(found: Iterable[tuple[Any, int]], not_known: frozenset[str]) -> Dates:
    """Rank the values of a column, given with the number of their rows: dates, years, or the numbers of visits.

    The same day has the same rank. A date that is less exact than others, such as 2021 beside 2021-03-31, has none: it
    may be later or earlier.
    """
    dated = [(text, value, rows) for value, rows in found if fold(text := text_of(value).strip()) not in not_known]
    numbers = all(re.fullmatch(r"\d{1,7}", text) for text, _, _ in dated)
    read: list[tuple[tuple[str, ...], Any]] = []
    unread: list[Unread] = []
    for text, value, rows in dated:
        parts = (text.zfill(7),) if numbers else _read(text)
        if parts is None:
            unread.append(Unread(text, rows, DATE_HELP))
        else:
            read.append((parts, value))
    exact = max((min(len(parts), 3) for parts, _ in read), default=0)
    days = sorted({parts for parts, _ in read if len(parts) >= exact})
    # Where some rows of a day have a time and others have none, only the day counts.
    if any(len(parts) == exact for parts in days):
        days = sorted({parts[:exact] for parts in days})
    rank = {parts: i for i, parts in enumerate(days)}
    placed = [(value, rank[cut]) for parts, value in read if (cut := _cut(parts, rank, exact)) is not None]
    return Dates([value for value, _ in placed], [i for _, i in placed], tuple(unread))


def _cut(parts: tuple[str, ...], rank: dict[tuple[str, ...], int], exact: int) -> tuple[str, ...] | None:
    if parts in rank:
        return parts
    return parts[:exact] if parts[:exact] in rank else None


def _read(text: str) -> tuple[str, ...] | None:
    """Return year, month, day and time, as far as they are given; None for what is no date."""
    if match := _DOTTED.fullmatch(text):
        day, month, year = match.groups()
        parts: tuple[str, ...] = (year, month.zfill(2), day.zfill(2))
    elif match := _COMPACT.fullmatch(text):
        parts = match.groups()
    elif match := _ISO.fullmatch(text):
        parts = tuple(part for part in match.groups() if part is not None)
    else:
        return None
    try:
        datetime.date(
            int(parts[0]), int((*parts, "01")[1]) if len(parts) > 1 else 1, int(parts[2]) if len(parts) > 2 else 1
        )
    except ValueError:
        return None
    return parts
