"""What one fact says about another, and the contradictions that follow."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from .logic import TRUE, Condition, Situation, Test, tests


class Implication(Struct, frozen=True, kw_only=True):
    """Where `when` holds, the fact `then.fact` is one of `then.mask`."""

    id: str
    when: Condition
    then: Test
    because: str


class Contradiction(Exception):
    """Facts that cannot all hold; `facts` are their places in a situation."""

    def __init__(self, because: str, facts: Sequence[int]) -> None:
        super().__init__(because)
        self.facts = tuple(facts)


def narrow(implications: Sequence[Implication], situation: Situation) -> Situation:
    """Return `situation` without the values that the implications exclude. Raises Contradiction."""
    masks, changed = list(situation), True
    while changed:
        changed = False
        for implication in implications:
            fact, mask = implication.then.fact, implication.then.mask
            if not masks[fact] & ~mask or implication.when.truth(tuple(masks)) is not TRUE:
                continue
            masks[fact] &= mask
            changed = True
            if not masks[fact]:
                facts = dict.fromkeys(test.fact for test, _ in tests(implication.when))
                raise Contradiction(implication.because, (*facts, fact))
    return tuple(masks)
