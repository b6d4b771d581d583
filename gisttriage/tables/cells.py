"""What a cell of a table means for a fact: the same words as in a case file, and those of the mapping."""

from __future__ import annotations

import datetime
from collections.abc import Collection, Iterable
from decimal import Decimal, InvalidOperation
from typing import Any

from msgspec import Struct

from ..numbers import Number
from ..vocabulary import Fact, Misread, Text, fold
from .mapping import ALL, ANY, LATEST, Statement, meaning

UNREAD, CLASH, SAID = 1, 2, 4
"""Flags of a cell: it is no value of its fact; its parts contradict each other; it says that the fact is not known."""


CODES = frozenset(("88", "98", "99", "888", "998", "999", "9998", "9999"))
"""Numbers that registries write for what is not known."""


class Meant(Struct, frozen=True):
    """What a cell means: the mask it leaves, the flags, and why it cannot be read."""

    mask: int
    flags: int = 0
    misread: Misread | None = None


class Unread(Struct, frozen=True):
    """A cell that was not read as it may have been meant: its text, in how many rows it stands, and what may help."""

    text: str
    rows: int
    help: str


def text_of(value: Any) -> str:
    """Return a cell as a case file would write it, whatever type a table gives it: 7 for 7.0, "" for nothing."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        value = Decimal(repr(value))
    if isinstance(value, Decimal):
        if not value.is_finite():
            return str(value).lower()
        value = value + 0  # there is no negative zero in a case file
        return f"{value.to_integral_value():f}" if value == value.to_integral_value() else f"{value.normalize():f}"
    if isinstance(value, datetime.date):
        return value.isoformat()
    return str(value)


def read_cell(value: Any, statement: Statement, fact: Fact) -> Meant:
    """Return what one cell means. A list, or a text that the statement's separator parts, means all of its items."""
    if isinstance(value, (list, tuple)):
        return _merged([_read(text_of(item), statement, fact) for item in value], statement, fact)
    text = text_of(value)
    if statement.separator and statement.separator in text and not _is_mapped(text, statement):
        return _merged([_read(item, statement, fact) for item in text.split(statement.separator)], statement, fact)
    return _read(text, statement, fact)


def _is_mapped(text: str, statement: Statement) -> bool:
    folded = fold(text)
    return folded in statement.unknown or folded in statement.values


def _read(text: str, statement: Statement, fact: Fact) -> Meant:
    folded = fold(text)
    # Of dated rows, a blank says nothing, and "not evaluated" says that what was known before is known no longer.
    said = SAID if statement.rule == LATEST and folded else 0
    if _among(folded, statement.unknown) is not None:
        return Meant(fact.full, said)
    if (key := _among(folded, statement.values)) is not None:
        return Meant(statement.values[key], said)
    if statement.decimal != "." and isinstance(fact, Number):
        text = text.replace(statement.decimal, ".")
    try:
        return Meant(meaning(fact, text), said)
    except Misread as misread:
        return Meant(fact.full, UNREAD, misread)


def _among(text: str, codes: Collection[str]) -> str | None:
    """Return the code that a folded cell is: the same text, or the same number, as 99.0 is 99."""
    if text in codes:
        return text
    if not text[:1].isdigit():
        return None
    return next((code for code in codes if _number(text) == _number(code) is not None), None)


def _number(text: str) -> Decimal | None:
    try:
        return Decimal(text)
    except InvalidOperation:
        return None


def _merged(items: list[Meant], statement: Statement, fact: Fact) -> Meant:
    """Merge the items of a list as rows of one patient are merged."""
    flags = 0
    for item in items:
        flags |= item.flags
    misread = next((item.misread for item in items if item.misread is not None), None)
    if isinstance(fact, Text) or not items:
        return Meant(fact.full, flags, misread)
    masks = [item.mask for item in items]
    if statement.rule in (ANY, ALL):
        return Meant(decided(masks, statement.rule, fact), flags, misread)
    both, either = fact.full, 0
    for mask in masks:
        both &= mask
        either |= mask if mask != fact.full else 0
    return Meant(both, flags, misread) if both else Meant(either, flags | CLASH, misread)


def decided(masks: Iterable[int], rule: str, fact: Fact) -> int:
    """Return yes if any (or all) of the masks say so, no if none (or one) can, else what is not known."""
    yes = fact.read("yes")
    no = fact.full & ~yes
    winning, losing = (yes, no) if rule == ANY else (no, yes)
    found = list(masks)
    if winning in found:
        return winning
    return losing if all(mask == losing for mask in found) else fact.full
