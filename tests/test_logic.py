"""Three-valued conditions and the boxes they cover."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gisttriage.logic import All, AnyOf, Condition, Named, Not, Situation, Test, TooLarge, Truth, boxes

FULL = (0b111, 0b11, 0b1111)
TRUE, FALSE, UNKNOWN = Truth.TRUE, Truth.FALSE, Truth.UNKNOWN

_tests = st.integers(0, 2).flatmap(lambda fact: st.builds(Test, st.just(fact), st.integers(0, FULL[fact])))
conditions: st.SearchStrategy[Condition] = st.recursive(
    _tests,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda parts: All(tuple(parts))),
        st.lists(inner, max_size=3).map(lambda parts: AnyOf(tuple(parts))),
        inner.map(Not),
        inner.map(lambda part: Named("name", part)),
    ),
    max_leaves=8,
)
situations = st.tuples(*(st.integers(1, mask) for mask in FULL))


def completions(situation: Situation) -> list[Situation]:
    """Every way in which the unknown facts may turn out."""
    return list(itertools.product(*([1 << i for i in range(4) if mask >> i & 1] for mask in situation)))


def holds(condition: Condition, case: Situation) -> bool:
    """Two-valued truth of a fully known case, written without the code under test."""
    if isinstance(condition, Test):
        return bool(case[condition.fact] & condition.mask)
    if isinstance(condition, All):
        return all(holds(part, case) for part in condition.parts)
    if isinstance(condition, AnyOf):
        return any(holds(part, case) for part in condition.parts)
    return not holds(condition.part, case) if isinstance(condition, Not) else holds(condition.part, case)


def test_a_truth_cannot_be_used_as_a_bool() -> None:
    """Unknown can never pass for no: asking a Truth for its truthiness is an error."""
    for truth in Truth:
        with pytest.raises(TypeError, match="three values"):
            bool(truth)


@pytest.mark.parametrize(
    ("mask", "truth"), [(0b001, TRUE), (0b011, TRUE), (0b100, FALSE), (0b101, UNKNOWN), (0b111, UNKNOWN)]
)
def test_a_test_is_true_false_or_unknown_of_a_mask(mask: int, truth: Truth) -> None:
    """``fact in S`` is true if the mask lies in S, false if they share nothing, else unknown."""
    assert Test(0, 0b011).truth((mask, 1, 1)) is truth


@given(conditions, situations)
def test_kleene_never_claims_more_than_the_completions(condition: Condition, situation: Situation) -> None:
    """True means true of every completion, false means false of every completion."""
    found = {holds(condition, case) for case in completions(situation)}
    truth = condition.truth(situation)
    if truth is TRUE:
        assert found == {True}
    if truth is FALSE:
        assert found == {False}
    if found == {True, False}:
        assert truth is UNKNOWN


@given(conditions, situations)
def test_a_fully_known_case_is_never_unknown(condition: Condition, situation: Situation) -> None:
    """With every fact known, three-valued logic is the ordinary one."""
    for case in completions(situation):
        assert condition.truth(case) is (TRUE if holds(condition, case) else FALSE)


@given(conditions)
def test_boxes_cover_exactly_what_the_condition_covers(condition: Condition) -> None:
    """A case lies in one of the boxes if and only if the condition holds of it."""
    covered = boxes(condition, FULL)
    for case in completions(FULL):
        inside = any(all(case[fact] & mask for fact, mask in box.items()) for box in covered)
        assert inside is holds(condition, case)


def test_too_many_boxes_are_refused_and_not_worked_on_for_ever() -> None:
    """A condition that covers more boxes than the limit raises TooLarge."""
    either = [AnyOf((Test(2 * i, 1), Test(2 * i + 1, 1))) for i in range(12)]
    with pytest.raises(TooLarge):
        boxes(All(tuple(either)), (3,) * 24, limit=1000)
