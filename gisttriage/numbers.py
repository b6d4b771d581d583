"""Quantities: the finite set of values that rules can tell apart is the intervals between their thresholds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal
from itertools import pairwise

from msgspec import Struct

from .diagnostics import quoted
from .vocabulary import Fact, Misread, bits

_ABOVE, _BELOW = (">", "≥"), ("<", "≤")
_LONGEST = 24  # digits of a number: more are a mistake

# A cut stands just below (0) or just above (1) a number; an interval lies between two cuts.
Cut = tuple[Decimal, int]


class Interval(Struct, frozen=True):
    """The numbers between two cuts."""

    low: Cut
    high: Cut

    def overlaps(self, other: Interval) -> bool:
        return self.low < other.high and other.low < self.high

    def sample(self, whole: bool) -> str:
        """Return a number inside, as short as it can be written: an end that belongs to it, else the middle."""
        (low, above), (high, after) = self.low, self.high
        if not above:
            return f"{low.normalize():f}"
        if whole or low + 1 < high or (low + 1 == high and after):
            return f"{(low + 1).normalize():f}"
        return f"{(high if after else (low + high) / 2).normalize():f}"

    def text(self, least: Decimal, most: Decimal) -> str:
        """Return the interval in the form a case file accepts; `least` and `most` are the fact's own bounds."""
        (low, above), (high, after) = self.low, self.high
        if low == high:
            return f"{low:f}"
        if low <= least and not above:
            return f"{'<=' if after else '<'} {high:f}"
        if high >= most and after:
            return f"{'>' if above else '>='} {low:f}"
        if not above and after:
            return f"{low:f}-{high:f}"
        return f"{'>' if above else '>='} {low:f}, {'<=' if after else '<'} {high:f}"


class Number(Fact, frozen=True, kw_only=True):
    """A quantity with a unit; its values are the intervals between the thresholds that rules use."""

    unit: str
    units: tuple[str, ...]
    least: Decimal
    most: Decimal
    whole: bool = False
    intervals: tuple[Interval, ...]

    @property
    def size(self) -> int:
        return len(self.intervals)

    def read(self, text: str) -> int:
        wanted = self.interval(text)
        return sum(1 << i for i, interval in enumerate(self.intervals) if interval.overlaps(wanted))

    def canonical(self, text: str) -> str | int | float:
        span = self.interval(text)
        if span.low[0] != span.high[0]:
            return " ".join(text.split())
        return int(span.low[0]) if span.low[0] == span.low[0].to_integral_value() else float(span.low[0])

    def value_name(self, index: int) -> str:
        return self.intervals[index].text(self.least, self.most)

    def names(self, mask: int) -> str:
        return " or ".join(self._run(run) for run in _runs(mask))

    def describe(self, mask: int) -> str:
        return self.with_unit(self.names(mask))

    def with_unit(self, text: str) -> str:
        """Return a quantity with its unit, unless the label says it already: growing lesions 3."""
        return text if self.label.casefold().endswith(self.unit.casefold()) else f"{text} {self.unit}"

    def sample(self, mask: int) -> str:
        found = list(bits(mask))
        if len(found) == 1:
            return self.intervals[found[0]].sample(self.whole)
        return self._run(next(_runs(mask)))

    def interval(self, text: str) -> Interval:
        """Read ``7``, ``>5``, ``<= 5``, ``5-10`` or ``> 5, <= 10``, with or without the unit. Raises Misread."""
        plain = " ".join(text.split())
        said = next((unit for unit in self.units if plain.casefold().endswith(unit)), "")
        plain = plain[: len(plain) - len(said)].rstrip()
        for separator in (",", " and "):
            lower, found, upper = plain.partition(separator)
            if found and lower.strip()[:1] in _ABOVE and upper.strip()[:1] in _BELOW:
                ends = Interval(self._bounds(lower, text).low, self._bounds(upper, text).high)
                return self._within(ends, text)
        for separator in ("..", "-", "–", " to "):
            lower, found, upper = plain.partition(separator)
            if found:
                return self._within(Interval((self._number(lower, text), 0), (self._number(upper, text), 1)), text)
        return self._within(self._bounds(plain, text), text)

    def _bounds(self, text: str, whole: str) -> Interval:
        plain = text.strip()
        sign = next((sign for sign in ("<=", ">=", "<", ">", "≤", "≥", "=") if plain.startswith(sign)), "")
        number = self._number(plain[len(sign) :], whole)
        match sign:
            case ">":
                return Interval((number, 1), (self.most, 1))
            case ">=" | "≥":
                return Interval((number, 0), (self.most, 1))
            case "<":
                return Interval((self.least, 0), (number, 0))
            case "<=" | "≤":
                return Interval((self.least, 0), (number, 1))
            case _:
                return Interval((number, 0), (number, 1))

    def _number(self, text: str, whole: str) -> Decimal:
        plain = text.strip()
        if len(plain) <= _LONGEST and plain.isascii() and plain.replace(".", "", 1).isdigit() and plain[-1] != ".":
            return Decimal(plain)
        help = f"a number ({self.unit}), such as 7, >5, <= 5 or 5-10"
        if plain.replace(",", "", 1).isdigit():
            help = "write the decimal sign as a point" if plain.isascii() else "write it with the digits 0-9"
        raise Misread(f"{self.name} cannot be {quoted(whole)}", help)

    def _within(self, found: Interval, text: str) -> Interval:
        ends = (found.low[0], found.high[0])
        if not all(self.least <= end <= self.most for end in ends):
            raise Misread(
                f"{self.name} {quoted(text)} is out of range", f"from {self.least} to {self.most} {self.unit}"
            )
        if self.whole and any(end != end.to_integral_value() for end in ends):
            raise Misread(f"{self.name} cannot be {quoted(text)}", "a count is a whole number")
        if self.whole:
            found = _whole(found)
        if found.low >= found.high:
            raise Misread(f"{self.name} {quoted(text)} holds no number", "the smaller number first")
        return found

    def _run(self, run: tuple[int, int]) -> str:
        first, last = run
        return Interval(self.intervals[first].low, self.intervals[last].high).text(self.least, self.most)


def partition(least: Decimal, most: Decimal, whole: bool, used: Iterable[Interval]) -> tuple[Interval, ...]:
    """Cut the range of a number at every end of the intervals that conditions use."""
    ends = {cut for interval in used for cut in (interval.low, interval.high)}
    cuts = sorted(ends | {(least, 0), (most, 1)})
    pieces = [Interval(low, high) for low, high in pairwise(cuts)]
    if whole:
        pieces = [piece for piece in map(_whole, pieces) if piece.low < piece.high]
    return tuple(pieces)


def _whole(interval: Interval) -> Interval:
    """Return the same whole numbers between closed ends, so that ``> 1`` and ``>= 2`` are one interval."""
    (low, above), (high, after) = interval.low, interval.high
    first = low.to_integral_value("ROUND_FLOOR") + 1 if above else low.to_integral_value("ROUND_CEILING")
    last = high.to_integral_value("ROUND_FLOOR") if after else high.to_integral_value("ROUND_CEILING") - 1
    return Interval((first, 0), (last, 1)) if first <= last else Interval((first, 0), (first, 0))


def _runs(mask: int) -> Iterator[tuple[int, int]]:
    found = list(bits(mask))
    start = 0
    for i in range(1, len(found) + 1):
        if i == len(found) or found[i] != found[i - 1] + 1:
            yield found[start], found[i - 1]
            start = i
