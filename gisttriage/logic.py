"""Conditions over situations: three truth values, and the boxes that a condition covers.

A situation is a tuple of masks, one for each fact that rules may read (see `vocabulary`). A condition is true,
false or unknown of it by strong Kleene logic (Kleene 1952, §64). A box is a set of values for each of some
facts; every condition is a union of boxes, and that is what the exact answers and the proofs work on.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import Enum
from typing import NoReturn

from msgspec import Struct

Situation = tuple[int, ...]
Box = Mapping[int, int]


class Truth(Enum):
    """True, false or unknown. It refuses to be used as a bool, so that unknown can never pass for no."""

    TRUE = "true"
    FALSE = "false"
    UNKNOWN = "unknown"

    def __bool__(self) -> NoReturn:
        raise TypeError("a Truth has three values: compare it with `is`")


TRUE, FALSE, UNKNOWN = Truth.TRUE, Truth.FALSE, Truth.UNKNOWN


class Test(Struct, frozen=True):
    """``fact in values``: `fact` is its place in a situation, `mask` the wanted values."""

    __test__ = False  # not a test class, whatever pytest may think of the name

    fact: int
    mask: int

    def truth(self, situation: Situation) -> Truth:
        """Whether a fact that may still be any of the values in its mask is one of the wanted ones."""
        has = situation[self.fact]
        overlap = has & self.mask
        return FALSE if not overlap else TRUE if overlap == has else UNKNOWN


class All(Struct, frozen=True):
    """Every part holds."""

    parts: tuple[Condition, ...]

    def truth(self, situation: Situation) -> Truth:
        """Kleene's *and*: false if any part is false, else unknown if any is unknown."""
        result = TRUE
        for part in self.parts:
            found = part.truth(situation)
            if found is FALSE:
                return FALSE
            if found is UNKNOWN:
                result = UNKNOWN
        return result


class AnyOf(Struct, frozen=True):
    """At least one part holds."""

    parts: tuple[Condition, ...]

    def truth(self, situation: Situation) -> Truth:
        """Kleene's *or*: true if any part is true, else unknown if any is unknown."""
        result = FALSE
        for part in self.parts:
            found = part.truth(situation)
            if found is TRUE:
                return TRUE
            if found is UNKNOWN:
                result = UNKNOWN
        return result


class Not(Struct, frozen=True):
    """The part does not hold."""

    part: Condition

    def truth(self, situation: Situation) -> Truth:
        """Kleene's *not*: unknown stays unknown."""
        found = self.part.truth(situation)
        return FALSE if found is TRUE else TRUE if found is FALSE else UNKNOWN


class Named(Struct, frozen=True):
    """A definition, by name; it means what its condition means."""

    name: str
    part: Condition

    def truth(self, situation: Situation) -> Truth:
        """The truth of the definition's condition."""
        return self.part.truth(situation)


Condition = Test | All | AnyOf | Not | Named


class TooLarge(Exception):
    """A condition covers more boxes than can be worked on."""


def tests(condition: Condition, *, negated: bool = False) -> Iterator[tuple[Test, bool]]:
    """Yield every test in `condition`, and whether it stands under an odd number of *not*."""
    match condition:
        case Test():
            yield condition, negated
        case All(parts) | AnyOf(parts):
            for part in parts:
                yield from tests(part, negated=negated)
        case Not(part):
            yield from tests(part, negated=not negated)
        case Named(_, part):
            yield from tests(part, negated=negated)


def boxes(condition: Condition, full: Situation, limit: int = 2000) -> tuple[Box, ...]:
    """Return boxes whose union is exactly what `condition` covers. Raises TooLarge beyond `limit` boxes."""
    return tuple(_boxes(condition, full, False, limit))


def _boxes(condition: Condition, full: Situation, negate: bool, limit: int) -> list[Box]:
    match condition:
        case Test(fact, mask):
            wanted = full[fact] & ~mask if negate else mask
            if wanted == full[fact]:
                return [{}]
            return [{fact: wanted}] if wanted else []
        case Named(_, part):
            return _boxes(part, full, negate, limit)
        case Not(part):
            return _boxes(part, full, not negate, limit)
        case All(parts) | AnyOf(parts):
            covered = [_boxes(part, full, negate, limit) for part in parts]
            return _meet(covered, limit) if isinstance(condition, All) is not negate else _join(covered, limit)


def _meet(covered: list[list[Box]], limit: int) -> list[Box]:
    result: list[Box] = [{}]
    for more in covered:
        both = (intersection(one, two) for one in result for two in more)
        result = _smallest([box for box in both if box is not None], limit)
    return result


def _join(covered: list[list[Box]], limit: int) -> list[Box]:
    return _smallest([box for part in covered for box in part], limit)


def _smallest(found: list[Box], limit: int) -> list[Box]:
    """Drop the boxes that lie in another one."""
    kept: list[Box] = []
    for box in found:
        if any(within(box, other) for other in kept):
            continue
        kept = [other for other in kept if not within(other, box)]
        kept.append(box)
        if len(kept) > limit:
            raise TooLarge
    return kept


def intersection(one: Box, two: Box) -> Box | None:
    """Return what lies in both boxes, or None."""
    both = dict(one)
    for fact, mask in two.items():
        both[fact] = both.get(fact, mask) & mask
        if not both[fact]:
            return None
    return both


def within(inner: Box, outer: Box) -> bool:
    """Whether `inner` lies in `outer`."""
    return all(fact in inner and not inner[fact] & ~mask for fact, mask in outer.items())
