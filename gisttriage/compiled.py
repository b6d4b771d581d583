"""Rules, scope and implications as boxes, and what a set of them that holds results in."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from .implications import Implication
from .logic import Box, Condition, Situation, boxes
from .reach import Outcomes, Reach
from .rulebook import CONFLICT, NO_GUIDANCE, OUT_OF_SCOPE, Rule


def outcomes_of(options: Iterable[str]) -> tuple[str, ...]:
    """Return the outcomes of a decision in the order of their bits: its options, then the ways of having none."""
    return (*options, NO_GUIDANCE, OUT_OF_SCOPE, CONFLICT)


class Compiled:
    """Boxes, each with its owner: rule i is owner i, then the scope, then what the implications exclude.

    Raises `logic.TooLarge` where conditions cover too many boxes.
    """

    def __init__(
        self,
        full: Situation,
        rules: Mapping[str, Rule],
        overridden_by: Mapping[str, tuple[str, ...]],
        scope: Condition,
        implications: tuple[Implication, ...],
    ) -> None:
        self.full, self.rules, self.overridden_by = full, rules, overridden_by
        self.place = {id: i for i, id in enumerate(rules)}
        self.boxes: dict[str, tuple[Box, ...]] = {}
        self._steps: dict[tuple[str, ...], list[tuple[int, int]]] = {}
        self._given: dict[str, list[tuple[str, int]]] = {}
        self.scope, self.excluded = len(rules), len(rules) + 1
        self.impossible = [
            (self.excluded, {**box, fact: left})
            for implication in implications
            for box in boxes(implication.when, full)
            if (left := box.get(fact := implication.then.fact, full[fact]) & full[fact] & ~implication.then.mask)
        ]
        self.always = [*((self.scope, box) for box in boxes(scope, full)), *self.impossible]

    def consistent(self) -> Reach:
        """Return what reaches 1 where some completion is possible, else 0."""
        return Reach(self.full, self.impossible, lambda owners: 0 if owners else 1)

    def reach(self, decision: str, options: Iterable[str]) -> Reach:
        """Return what reaches the outcomes of one decision."""
        order = self.involved(decision)
        bit = {outcome: 1 << i for i, outcome in enumerate(outcomes_of(options))}
        return self.over(order, lambda owners: bit[self.outcome(decision, owners, order)])

    def involved(self, decision: str) -> tuple[str, ...]:
        """Return the rules that bear on a decision: who gives it options, and who overrides those; overriders first."""
        involved = {id for id, rule in self.rules.items() if decision in rule.then}
        for id in reversed(list(self.overridden_by)):
            if id in involved:
                involved.update(self.overridden_by[id])
        return tuple(id for id in self.overridden_by if id in involved)

    def over(self, ids: Iterable[str], decide: Callable[[int], Outcomes]) -> Reach:
        """Return what reaches whatever `decide` makes of the rules that hold; what is excluded stays out.

        `decide` gets a bit for every rule that holds, at `place`, and one for the scope.
        """
        return Reach(self.full, self.owned(ids), lambda owners: 0 if owners >> self.excluded & 1 else decide(owners))

    def owned(self, ids: Iterable[str]) -> list[tuple[int, Box]]:
        """Return the boxes of some rules, of the scope and of what is excluded, each with its owner."""
        return [*((self.place[id], box) for id in ids for box in self._boxes(id)), *self.always]

    def applying(self, owners: int, order: tuple[str, ...]) -> int:
        """Return the bits of those rules in `order` that apply where `owners` hold: no applying rule overrides them."""
        steps = self._steps.get(order)
        if steps is None:
            steps = self._steps[order] = [(self.bits(id), self.bits(*self.overridden_by[id])) for id in order]
        applying = 0
        for rule, overriders in steps:
            if owners & rule and not applying & overriders:
                applying |= rule
        return applying

    def bits(self, *ids: str) -> int:
        """Return the bits of some rules."""
        return sum(1 << self.place[id] for id in ids)

    def outcome(self, decision: str, owners: int, order: tuple[str, ...]) -> str:
        """Return what a decision comes to where `owners` hold."""
        if not owners >> self.scope & 1:
            return OUT_OF_SCOPE
        given = self._given.get(decision)
        if given is None:
            options: dict[str, int] = {}
            for id, rule in self.rules.items():
                if decision in rule.then:
                    options[rule.then[decision]] = options.get(rule.then[decision], 0) | self.bits(id)
            given = self._given[decision] = list(options.items())
        applying = self.applying(owners, order)
        found = [option for option, rules in given if applying & rules]
        return CONFLICT if len(found) > 1 else found[0] if found else NO_GUIDANCE

    def _boxes(self, id: str) -> tuple[Box, ...]:
        if id not in self.boxes:
            self.boxes[id] = boxes(self.rules[id].when, self.full)
        return self.boxes[id]
