"""Answers are exact: they say what every completion of the unknown facts would say, and no more."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from gisttriage import Rulebook, assess, assess_situation, load_rulebook, parse_case
from gisttriage.implications import Contradiction
from gisttriage.logic import Situation

from .rulebooks import Sketch, sketches


def loaded(sketch: Sketch) -> Rulebook:
    """Load a random rulebook through a file, as any rulebook is."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "rules.yaml")
        path.write_text(sketch.text())
        return load_rulebook(path)


def situation_of(sketch: Sketch, known: dict[str, list[str]]) -> Situation:
    """The masks of what is known."""
    return tuple(
        sum(1 << i for i, value in enumerate(values) if value in known.get(fact, values))
        for fact, values in sketch.facts.items()
    )


@st.composite
def partial(draw: st.DrawFn, sketch: Sketch) -> dict[str, list[str]]:
    """Draw what is known of each fact: one value, several, or nothing."""
    return {
        fact: draw(st.lists(st.sampled_from(values), min_size=1, unique=True)) if draw(st.booleans()) else values
        for fact, values in sketch.facts.items()
    }


@settings(max_examples=300)
@given(st.data())
def test_possible_is_exactly_what_the_completions_reach(data: st.DataObject) -> None:
    """On random rulebooks: `possible`, `status`, `missing` and `then` agree with brute force over all completions."""
    sketch = data.draw(sketches())
    known = data.draw(partial(sketch))
    rulebook = loaded(sketch)
    cases = list(sketch.completions(known))
    assume(cases)
    assessment = assess_situation(situation_of(sketch, known), rulebook)
    answer = assessment.decisions["go"]
    reached = {sketch.outcome(case) for case in cases}
    assert set(answer.possible) == reached
    if len(reached) > 1:
        assert (answer.status, answer.option) == ("open", None)
        assert assessment.status == "needs_data"
    else:
        outcome = reached.pop()
        assert (answer.option or answer.status) == outcome
    for missing in assessment.missing:
        for value, outcomes in missing.then.items():
            name = rulebook.facts[missing.fact].value_name(value)
            then = {sketch.outcome(case) for case in sketch.completions({**known, missing.fact: [name]})}
            assert set(outcomes["go"]) == then


@settings(max_examples=300)
@given(st.data())
def test_a_fact_that_does_not_matter_changes_nothing(data: st.DataObject) -> None:
    """A missing fact is called irrelevant only if no completion's answer changes with it, whatever the others are."""
    sketch = data.draw(sketches())
    known = data.draw(partial(sketch))
    cases = list(sketch.completions(known))
    assume(cases)
    assessment = assess_situation(situation_of(sketch, known), loaded(sketch))
    idle = {missing.fact for missing in assessment.missing if not missing.matters}
    for fact in idle:
        for case in cases:
            outcomes = {sketch.outcome({**case, fact: value}) for value in known[fact]} - {None}
            assert len(outcomes) <= 1


@settings(max_examples=300)
@given(st.data())
def test_what_if_names_every_flip_by_one_fact(data: st.DataObject) -> None:
    """On random rulebooks: every value of a known fact that would settle the decision otherwise, and no other."""
    sketch = data.draw(sketches())
    known = data.draw(partial(sketch))
    rulebook = loaded(sketch)
    assume(any(True for _ in sketch.completions(known)))
    assessment = assess_situation(situation_of(sketch, known), rulebook)
    answer = assessment.decisions["go"]
    now = answer.option or answer.status
    expected = set()
    for fact, values in known.items():
        if len(values) > 1 or answer.status not in ("settled", "no_guidance", "out_of_scope"):
            continue
        for value in sketch.facts[fact]:
            then = {sketch.outcome(case) for case in sketch.completions({**known, fact: [value]})}
            if len(then) == 1 and then != {now}:
                expected.add((fact, value, then.pop()))
    listed = {(c.fact, rulebook.facts[c.fact].value_name(c.value), c.decisions["go"]) for c in assessment.what_if}
    assert listed == expected


@settings(max_examples=200)
@given(st.data())
def test_branches_cover_an_open_decision_and_tell_the_truth(data: st.DataObject) -> None:
    """Following any branch leads to exactly the outcomes it names; the branches together miss no possible value."""
    sketch = data.draw(sketches())
    known = data.draw(partial(sketch))
    rulebook = loaded(sketch)
    assume(any(True for _ in sketch.completions(known)))
    answer = assess_situation(situation_of(sketch, known), rulebook).decisions["go"]

    def follow(branches: object, known: dict[str, list[str]]) -> None:
        seen: list[str] = []
        for branch in branches:  # type: ignore[attr-defined]
            values = [rulebook.facts[branch.fact].value_name(i) for i in range(8) if branch.values >> i & 1]
            seen += values
            inner = {**known, branch.fact: values}
            assert {sketch.outcome(case) for case in sketch.completions(inner)} == set(branch.possible)
            if branch.branches:
                follow(branch.branches, inner)
        if seen:
            fact = branches[0].fact  # type: ignore[index]
            left_out = [value for value in known[fact] if value not in seen]
            assert not any(True for value in left_out for _ in sketch.completions({**known, fact: [value]}))

    assert bool(answer.branches) == (answer.status == "open")
    follow(answer.branches, known)


@settings(max_examples=200)
@given(st.data())
def test_on_the_shipped_rulebook_a_settled_answer_is_that_of_sampled_completions(
    rulebook: Rulebook, data: st.DataObject
) -> None:
    """Whatever the unknown facts turn out to be, a settled answer stands, and no answer was left out of `possible`."""
    situation = data.draw(st.tuples(*(st.integers(1, fact.full) for fact in rulebook.read)))
    try:
        assessment = assess_situation(situation, rulebook)
    except Contradiction:
        return
    for _ in range(5):
        complete = tuple(
            1 << data.draw(st.sampled_from([i for i in range(16) if mask >> i & 1])) for mask in assessment.situation
        )
        try:
            full = assess_situation(complete, rulebook)
        except Contradiction:
            continue
        for name, answer in full.decisions.items():
            assert answer.status != "open"
            assert set(answer.possible) <= set(assessment.decisions[name].possible)


@settings(max_examples=200)
@given(st.data())
def test_adding_knowledge_never_flips_a_settled_answer(rulebook: Rulebook, data: st.DataObject) -> None:
    """Learning more about any fact but one with a proviso only ever narrows what is possible."""
    masks = st.tuples(*(st.integers(1, fact.full) for fact in rulebook.read))
    situation, learned = data.draw(masks), data.draw(masks)
    more = tuple(
        mask if fact.proviso else mask & new or mask
        for fact, mask, new in zip(rulebook.read, situation, learned, strict=True)
    )
    try:
        before, after = assess_situation(situation, rulebook), assess_situation(more, rulebook)
    except Contradiction:
        return
    for name, answer in after.decisions.items():
        assert set(answer.possible) <= set(before.decisions[name].possible)
        if before.decisions[name].status == "settled":
            assert answer.option == before.decisions[name].option


def test_the_shipped_rulebook_never_contradicts_itself(rulebook: Rulebook) -> None:
    """Over every situation, no conflict is reachable."""
    for decision in rulebook.decisions.values():
        assert "conflict" not in decision.named(decision.reach.outcomes(rulebook.full))


@settings(max_examples=300)
@given(st.data())
def test_where_the_shipped_rulebook_is_silent_a_rule_says_why(rulebook: Rulebook, data: st.DataObject) -> None:
    """Every fully known case in scope has a rule for each decision, if only one that declares the silence."""
    case = data.draw(st.tuples(*(st.integers(0, fact.size - 1).map(lambda i: 1 << i) for fact in rulebook.read)))
    try:
        assessment = assess_situation(case, rulebook)
    except Contradiction:
        return
    if assessment.status != "out_of_scope":
        assert all(answer.rules for answer in assessment.decisions.values())


def test_two_cases_in_one_situation_get_the_same_answer(rulebook: Rulebook) -> None:
    """Names, ages and spellings do not bear on an answer."""
    one = parse_case("{disease_extent: metastatic, tki: Gleevec, subtype: KIT exon 11, age: 40}", rulebook)
    two = parse_case("{notes: x, subtype: kit_exon_11, tki: imatinib, disease_extent: METASTATIC}", rulebook)
    assert one.situation == two.situation
    assert assess(one, rulebook) == assess(two, rulebook)


def test_every_completion_may_agree_although_no_single_rule_is_certain(rulebook: Rulebook) -> None:
    """Kleene alone would say unknown here: whichever the unknown subtype is, a rule supports surgery."""
    text = "disease_extent: metastatic, tki: imatinib, progression: limited, resection_expected: complete"
    case = parse_case(f"{{{text}, fit_for_surgery: yes}}", rulebook)
    assert assess(case, rulebook).decisions["surgery"].option == "consider"


def test_a_number_of_lesions_says_what_the_progression_is(rulebook: Rulebook) -> None:
    """0 lesions imply none, 1 limited; 2 or more imply progression and leave the pattern open."""
    start = (
        "disease_extent: metastatic, subtype: kit, tki: imatinib, resection_expected: complete, fit_for_surgery: yes"
    )
    expected = {"0": "continue_tki", "1": "resume_tki", "2": None, ">5": None, "0-1": None}
    for lesions, option in expected.items():
        case = parse_case(f"{{{start}, progressing_lesions: {lesions!r}}}", rulebook)
        assert assess(case, rulebook).decisions["systemic_therapy"].option == option
    several = assess(parse_case(f"{{{start}, progressing_lesions: 4}}", rulebook), rulebook)
    assert several.missing[0].fact == "progression"
    assert set(several.decisions["surgery"].possible) == {"consider", "not_favoured"}


def test_limited_progression_with_several_lesions_draws_a_notice_and_no_error(rulebook: Rulebook) -> None:
    """Authors count differently, so the board is asked to make sure, and the answer stands."""
    start = (
        "disease_extent: metastatic, subtype: kit, tki: imatinib, resection_expected: complete, fit_for_surgery: yes"
    )
    case = parse_case(f"{{{start}, progression: limited, progressing_lesions: 3}}", rulebook)
    assessment = assess(case, rulebook)
    assert assessment.notices == ("notice-limited-but-several",)
    assert assessment.decisions["surgery"].option == "consider"
