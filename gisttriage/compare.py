"""Two rulebooks compared by what they answer, not by their text: every region of cases whose answer changes.

Both are put on one vocabulary (the values of either; numbers cut at the thresholds of both), and split together.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from msgspec import Struct, structs

from .compiled import Compiled
from .implications import Implication
from .logic import All, AnyOf, Box, Condition, Named, Not, Situation, Test
from .numbers import Number, partition
from .reach import Outcomes, Reach
from .rulebook import NO_GUIDANCE, Rulebook
from .vocabulary import Choice, Fact, bits

CONTRADICTION = "contradiction"
"""What a case comes to that a rulebook's implications exclude."""


class Changed(Struct, frozen=True, kw_only=True):
    """One region in which a decision is answered otherwise: where, from what to what, how many known cases it holds."""

    decision: str
    old: str
    new: str
    box: Box
    cases: int


class Comparison(Struct, frozen=True, kw_only=True):
    """The regions that change, largest first, and what one vocabulary has that the other lacks."""

    facts: tuple[Fact, ...]
    changes: tuple[Changed, ...]
    vocabulary: tuple[str, ...]
    cases: int

    def situation(self, box: Box) -> Situation:
        """Return a region as a situation."""
        return tuple(box.get(i, fact.full) for i, fact in enumerate(self.facts))


def compare(old: Rulebook, new: Rulebook, states: int | None = None) -> Comparison:
    """Compare two rulebooks over every possible case. Raises logic.TooLarge beyond `states` states."""
    facts = tuple(_common(old, new))
    full = tuple(fact.full for fact in facts)
    sides = (_Side(old, facts, full), _Side(new, facts, full))
    changes: list[Changed] = []
    for decision in {**new.decisions, **old.decisions}:
        changes.extend(_changes(decision, sides, full, states))
    changes.sort(key=lambda change: (-change.cases, change.decision, sorted(change.box.items())))
    return Comparison(
        facts=facts,
        changes=tuple(changes),
        vocabulary=tuple(_vocabulary(old, new)),
        cases=math.prod(fact.size for fact in facts),
    )


def _changes(decision: str, sides: tuple[_Side, _Side], full: Situation, states: int | None) -> Iterator[Changed]:
    known: dict[tuple[str, str], int] = {}
    orders = [side.compiled.involved(decision) for side in sides]
    shift = max(side.width for side in sides)

    def decide(owners: int) -> Outcomes:
        low, high = owners & ((1 << shift) - 1), owners >> shift
        told = [
            side.outcome(decision, part, order) for side, part, order in zip(sides, (low, high), orders, strict=True)
        ]
        if told == [CONTRADICTION, CONTRADICTION]:
            return 0
        pair = (told[0], told[1])
        return known.setdefault(pair, 1 << len(known))

    owned = [*sides[0].boxes(orders[0]), *((owner + shift, box) for owner, box in sides[1].boxes(orders[1]))]
    split = Reach(full, owned, decide).split(full, states)
    for (before, after), bit in known.items():
        if before != after:
            for box in split.regions(bit):
                size = math.prod(box.get(i, mask).bit_count() for i, mask in enumerate(full))
                yield Changed(decision=decision, old=before, new=after, box=box, cases=size)


class _Side:
    """One rulebook on the common vocabulary."""

    def __init__(self, rulebook: Rulebook, facts: Sequence[Fact], full: Situation) -> None:
        places = {fact.name: i for i, fact in enumerate(facts)}
        self._places = [places[fact.name] for fact in rulebook.read]
        self._masks = [_translation(fact, facts[places[fact.name]]) for fact in rulebook.read]
        self._decisions = rulebook.decisions
        rules = {id: structs.replace(rule, when=self._on(rule.when)) for id, rule in rulebook.rules.items()}
        implications = tuple(self._implication(each) for each in rulebook.implications)
        self.compiled = Compiled(full, rules, rulebook.overridden_by, self._on(rulebook.scope), implications)
        self.width = len(rules) + 2

    def boxes(self, order: tuple[str, ...]) -> list[tuple[int, Box]]:
        """Return the boxes of some rules, the scope and what is excluded, with their owners."""
        return self.compiled.owned(order)

    def outcome(self, decision: str, owners: int, order: tuple[str, ...]) -> str:
        """Return what a decision comes to where these owners hold; a decision that is not asked is not answered."""
        if owners >> self.compiled.excluded & 1:
            return CONTRADICTION
        return self.compiled.outcome(decision, owners, order) if decision in self._decisions else NO_GUIDANCE

    def _implication(self, implication: Implication) -> Implication:
        then = self._on(implication.then)
        assert isinstance(then, Test)
        return structs.replace(implication, when=self._on(implication.when), then=then)

    def _on(self, condition: Condition) -> Condition:
        match condition:
            case Test(fact, mask):
                return Test(self._places[fact], sum(self._masks[fact][value] for value in bits(mask)))
            case All(parts):
                return All(tuple(self._on(part) for part in parts))
            case AnyOf(parts):
                return AnyOf(tuple(self._on(part) for part in parts))
            case Not(part):
                return Not(self._on(part))
            case Named(name, part):
                return Named(name, self._on(part))


def _translation(fact: Fact, common: Fact) -> list[int]:
    """Return, for each value of a fact, the mask of the common values that it stands for."""
    if isinstance(fact, Choice) and isinstance(common, Choice):
        return [1 << common.values.index(value) for value in fact.values]
    if isinstance(fact, Number) and isinstance(common, Number):
        return [
            sum(1 << i for i, inner in enumerate(common.intervals) if inner.overlaps(outer)) for outer in fact.intervals
        ]
    return [1]


def _common(old: Rulebook, new: Rulebook) -> Iterator[Fact]:
    """Yield the facts of both, in the order of the new one; numbers cut at the thresholds of both."""
    before = {fact.name: fact for fact in old.read}
    for fact in new.read:
        other = before.pop(fact.name, None)
        yield fact if other is None else _joined(fact, other)
    yield from before.values()


def _joined(fact: Fact, other: Fact) -> Fact:
    if isinstance(fact, Number) and isinstance(other, Number):
        least, most = min(fact.least, other.least), max(fact.most, other.most)
        intervals = partition(least, most, fact.whole and other.whole, (*fact.intervals, *other.intervals))
        return structs.replace(fact, least=least, most=most, intervals=intervals)
    if isinstance(fact, Choice) and isinstance(other, Choice):
        extra = [i for i, value in enumerate(other.values) if value not in fact.values]
        return structs.replace(
            fact,
            values=(*fact.values, *(other.values[i] for i in extra)),
            labels=(*fact.labels, *(other.labels[i] for i in extra)),
        )
    return fact


def _vocabulary(old: Rulebook, new: Rulebook) -> Iterator[str]:
    before, after = ({fact.name: fact for fact in book.read} for book in (old, new))
    yield from (f"the fact {name} is new" for name in after if name not in before)
    yield from (f"the fact {name} is gone" for name in before if name not in after)
    for name, fact in after.items():
        other = before.get(name)
        if isinstance(fact, Choice) and isinstance(other, Choice):
            yield from (f"{name}: the value {value} is new" for value in fact.values if value not in other.values)
            yield from (f"{name}: the value {value} is gone" for value in other.values if value not in fact.values)
    yield from (f"the decision {name} is new" for name in new.decisions if name not in old.decisions)
    yield from (f"the decision {name} is gone" for name in old.decisions if name not in new.decisions)
