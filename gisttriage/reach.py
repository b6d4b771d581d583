"""Which outcomes can still be reached, exactly, whatever the unknown facts turn out to be.

Enumerating completions is hopeless (an empty case has millions). Instead the facts are split one after another
and only what still matters is remembered: the set of boxes that no value so far has left. Values that leave the
same boxes share one branch, so the splitting is a small layered graph, the multi-valued decision diagram of the
rules over the situation (Srinivasan et al. 1990). One pass forward and one back answer a situation and, for each
value of each unknown fact, what would be answered if that were known.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from .logic import Box, Situation, TooLarge
from .vocabulary import bits

# An outcome set is a bitmask; 0 stands for a combination of values that the implications exclude.
Outcomes = int


class Reach:
    """The splitting for one question: boxes with an owner each, and what a set of owners results in."""

    def __init__(self, full: Situation, owned: Sequence[tuple[int, Box]], decide: Callable[[int], Outcomes]) -> None:
        self._decide, self._known = decide, dict[int, Outcomes]()
        self._owners = [owner for owner, _ in owned]
        # A decision's answer cannot depend on a fact that is not in here.
        self.facts = sorted({fact for _, box in owned for fact in box})
        everything = (1 << len(owned)) - 1
        self._start = everything
        self._keeps: list[list[int]] = []
        self._kept: list[dict[int, tuple[int, ...]]] = [{} for _ in self.facts]
        for fact in self.facts:
            keeps = [everything] * full[fact].bit_length()
            for i, (_, box) in enumerate(owned):
                for value in bits(full[fact] & ~box.get(fact, full[fact])):
                    keeps[value] &= ~(1 << i)
            self._keeps.append(keeps)

    def outcomes(self, situation: Situation) -> Outcomes:
        """Return the outcomes that some completion of `situation` reaches; 0 if there is no completion."""
        result = 0
        for leaf in self.leaves(situation):
            result |= leaf
        return result

    def leaves(self, situation: Situation) -> set[Outcomes]:
        """Return the outcome of each combination of boxes that a completion reaches, one by one."""
        states = {self._begin(situation)}
        for depth, fact in enumerate(self.facts):
            kept = self._choices(depth, situation[fact])
            states = {state & keep for state in states for keep in kept}
        return {self._leaf(state) for state in states}

    def split(self, situation: Situation, limit: int | None = None) -> Split:
        """Return the whole splitting of `situation`, to be asked about its facts.

        Raises `logic.TooLarge` when it comes to more than `limit` states.
        """
        choices: list[tuple[int, ...]] = []
        layers: list[set[int]] = [{self._begin(situation)}]
        for depth, fact in enumerate(self.facts):
            kept = self._choices(depth, situation[fact])
            choices.append(kept)
            layers.append({state & keep for state in layers[-1] for keep in kept})
            if limit is not None and sum(map(len, layers)) > limit:
                raise TooLarge
        below: list[dict[int, Outcomes]] = [{state: self._leaf(state) for state in layers[-1]}]
        for depth in range(len(self.facts) - 1, -1, -1):
            last, kept, found = below[-1], choices[depth], dict[int, Outcomes]()
            for state in layers[depth]:
                result = 0
                for keep in kept:
                    result |= last[state & keep]
                found[state] = result
            below.append(found)
        below.reverse()
        return Split(self, situation, layers, below, choices)

    def find(self, situation: Situation, outcome: Outcomes, limit: int | None = None) -> Situation | None:
        """Return a part of the situation that has one of these outcomes, one value for each fact that bears on it.

        Searches depth first and stops at the first; raises `logic.TooLarge` after `limit` states that led nowhere.
        """
        failed, masks, last = set[tuple[int, int]](), list(situation), len(self.facts)

        def below(depth: int, state: int) -> bool:
            if depth == last:
                return bool(self._leaf(state) & outcome)
            if (depth, state) in failed:
                return False
            fact, tried = self.facts[depth], set[int]()
            for value in bits(situation[fact]):
                after = state & self._keeps[depth][value]
                if after not in tried and below(depth + 1, after):
                    masks[fact] = 1 << value
                    return True
                tried.add(after)
            failed.add((depth, state))
            if limit is not None and len(failed) > limit:
                raise TooLarge
            return False

        return tuple(masks) if below(0, self._begin(situation)) else None

    def keep(self, depth: int, value: int) -> int:
        """Return the boxes that a value of the fact at `depth` leaves."""
        return self._keeps[depth][value]

    def _choices(self, depth: int, mask: int) -> tuple[int, ...]:
        """Return what the values in `mask` leave, each once: values that leave the same are one choice."""
        kept = self._kept[depth].get(mask)
        if kept is None:
            kept = self._kept[depth][mask] = tuple({self._keeps[depth][value] for value in bits(mask)})
        return kept

    def _begin(self, situation: Situation) -> int:
        """Return the boxes that meet the situation: the others would only keep apart states that are alike."""
        state = self._start
        for depth, fact in enumerate(self.facts):
            meeting = 0
            for keep in self._choices(depth, situation[fact]):
                meeting |= keep
            state &= meeting
        return state

    def _leaf(self, state: int) -> Outcomes:
        result = self._known.get(state)
        if result is None:
            owners = 0
            for i in bits(state):
                owners |= 1 << self._owners[i]
            result = self._known[state] = self._decide(owners)
        return result


class Split:
    """One situation, split: what each value of each fact would leave possible, and which facts matter."""

    def __init__(
        self,
        reach: Reach,
        situation: Situation,
        layers: list[set[int]],
        below: list[dict[int, Outcomes]],
        choices: list[tuple[int, ...]],
    ) -> None:
        self._reach, self._situation, self._layers = reach, situation, layers
        self._below, self._choices = below, choices
        (self._start,) = layers[0]
        self.outcomes = below[0][self._start]
        self._depth = {fact: depth for depth, fact in enumerate(reach.facts)}

    def regions(self, outcome: Outcomes) -> list[Box]:
        """Return boxes that together are exactly where the outcome is one of these, each as large as it came out."""
        found: dict[tuple[int, int], tuple[tuple[tuple[int, int], ...], ...]] = {}
        last = len(self._reach.facts)

        def below(depth: int, state: int) -> tuple[tuple[tuple[int, int], ...], ...]:
            if not self._below[depth][state] & outcome:
                return ()
            if depth == last:
                return ((),)
            key = (depth, state)
            if key not in found:
                fact, grouped = self._reach.facts[depth], dict[tuple[tuple[tuple[int, int], ...], ...], int]()
                for value in bits(self._situation[fact]):
                    inner = below(depth + 1, state & self._reach.keep(depth, value))
                    grouped[inner] = grouped.get(inner, 0) | 1 << value
                found[key] = tuple(
                    box if mask == self._situation[fact] else ((fact, mask), *box)
                    for inner, mask in grouped.items()
                    for box in inner
                )
            return found[key]

        return merged([dict(box) for box in below(0, self._start)])

    def given(self, fact: int, value: int) -> Outcomes:
        """Return the outcomes if `fact` were `value`, one of the values it may have."""
        depth = self._depth.get(fact)
        if depth is None:
            return self.outcomes
        keep, below, result = self._reach.keep(depth, value), self._below[depth + 1], 0
        for state in self._layers[depth]:
            result |= below[state & keep]
        return result

    def depends_on(self, fact: int) -> bool:
        """Whether two completions that differ in `fact` alone have different outcomes."""
        depth = self._depth.get(fact)
        if depth is None or len(self._choices[depth]) < 2:
            return False
        kept, seen = self._choices[depth], dict[tuple[int, int, int], bool]()
        for state in self._layers[depth]:
            ends = list({state & keep for keep in kept})
            for i, one in enumerate(ends):
                if any(self._differ(depth + 1, one, two, seen) for two in ends[:i]):
                    return True
        return False

    def _differ(self, depth: int, one: int, two: int, seen: dict[tuple[int, int, int], bool]) -> bool:
        """Whether some completion of the facts from `depth` on, possible after both, is answered differently."""
        if one == two:
            return False
        first, second = self._below[depth][one], self._below[depth][two]
        if not first or not second or (first == second and first.bit_count() == 1):
            return False
        if depth == len(self._choices):
            return True
        key = (depth, one, two)
        if key not in seen:
            seen[key] = any(self._differ(depth + 1, one & k, two & k, seen) for k in self._choices[depth])
        return seen[key]


def merged(found: list[Box]) -> list[Box]:
    """Join boxes that differ in the values of one fact only, until no two do."""
    boxes, again = [dict(box) for box in found], True
    while again:
        again = False
        for fact in sorted({fact for box in boxes for fact in box}):
            joined: dict[tuple[tuple[int, int], ...], dict[int, int]] = {}
            for box in boxes:
                rest = tuple(sorted((other, mask) for other, mask in box.items() if other != fact))
                before = joined.get(rest)
                if before is None or (fact in before) != (fact in box):
                    joined[(*rest, (-1, len(joined))) if before is not None else rest] = dict(box)
                elif fact in box:
                    before[fact] |= box[fact]
                    again = True
            boxes = list(joined.values())
    return list(boxes)
