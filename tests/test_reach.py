"""The splitting answers for the empty case too, in a bounded number of states."""

from __future__ import annotations

from gisttriage import Rulebook


def test_the_empty_case_is_split_into_few_states(rulebook: Rulebook) -> None:
    """Nothing is enumerated: the shipped rulebook's decisions need some hundred states for millions of cases."""
    cases = 1
    for fact in rulebook.read:
        cases *= fact.size
    assert cases > 1_000_000
    for decision in rulebook.decisions.values():
        split = decision.reach.split(rulebook.full)
        assert sum(len(layer) for layer in split._layers) < 2000


def test_a_fact_that_no_rule_of_the_decision_reads_leaves_everything_as_it_is(rulebook: Rulebook) -> None:
    """Asking about such a fact returns what is possible without it."""
    place = next(i for i, fact in enumerate(rulebook.read) if fact.name == "tumor_rupture")
    split = rulebook.decisions["surgery"].reach.split(rulebook.full)
    assert split.given(place, 0) == split.outcomes
    assert not split.depends_on(place)
