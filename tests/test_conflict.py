"""A rulebook that contradicts itself: conflicts are reported as such, everywhere, and never settled by chance."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from gisttriage import Rulebook, assess, load_rulebook, parse_case
from gisttriage.logic import FALSE, UNKNOWN

from .conftest import Run

BOOK = """\
rulebook: {id: torn, version: 1, disclaimer: Supports review., not_known: [unknown]}
facts:
  id: {type: text, label: id, ask: id?}
  notes: {type: text, label: notes, ask: notes?}
  place: {type: choice, label: place, ask: place?, values: {inside: {}, outside: {}}}
  colour: {type: choice, label: colour, ask: colour?, values: {red: {}, blue: {}, green: {}}}
  big: {type: yes_no, label: big, ask: big?}
sources:
  s: {type: document, title: T, short: S, design: d, findings: {f: {statement: s, locator: l, agreement: agrees}}}
decisions:
  go: {label: Go, ask: go?, options: {stay: {}, leave: {}}}
  eat: {label: Eat, ask: eat?, options: {more: {}, less: {}}}
scope: {when: {place: inside}, because: inside only}
rules:
  - {id: red-stay, when: {colour: red}, then: {go: stay}, because: b, cites: [{source: s, finding: f}]}
  - {id: big-leave, when: {big: yes}, then: {go: leave}, because: b, cites: [{source: s, finding: f}]}
  - {id: not-green, when: {not: {colour: green}}, then: {eat: more}, because: b, cites: [{source: s, finding: f}]}
  - {id: small-less, when: {big: no}, then: {eat: less}, overrides: [not-green], because: b, cites: [{source: s, finding: f}]}
  - {id: careful, when: {colour: red}, caution: Careful., cites: [{source: s, finding: f}]}
"""


@pytest.fixture
def torn(tmp_path: Path) -> Rulebook:
    """The rulebook that contradicts itself."""
    (tmp_path / "torn.yaml").write_text(BOOK)
    return load_rulebook(tmp_path / "torn.yaml")


def test_a_conflict_is_the_status_of_the_decision_and_of_the_case(torn: Rulebook) -> None:
    """Two applying rules with two options are a conflict, whatever the other decision says, and both rules are named."""
    assessment = assess(parse_case("{place: inside, colour: red, big: yes}", torn), torn)
    answer = assessment.decisions["go"]
    assert (answer.status, answer.option, answer.possible) == ("conflict", None, ("conflict",))
    assert answer.rules == ("red-stay", "big-leave")
    assert assessment.status == "conflict"
    open_beside = assess(parse_case("{place: inside, colour: red, big: yes}", torn), torn)
    assert open_beside.decisions["eat"].status == "settled"


def test_a_possible_conflict_leaves_a_decision_open(torn: Rulebook) -> None:
    """A conflict that only one completion has is one of the outcomes that are still possible."""
    answer = assess(parse_case("{place: inside, colour: red}", torn), torn).decisions["go"]
    assert (answer.status, set(answer.possible)) == ("open", {"stay", "conflict"})


def test_a_rule_whose_overrider_is_unknown_is_undetermined(torn: Rulebook) -> None:
    """not-green holds, and may yet give way: it is neither applying nor out, and only its own kind is listed."""
    assessment = assess(parse_case("{place: inside, colour: red}", torn), torn)
    assert assessment.rules["not-green"].applies is UNKNOWN
    assert assessment.rules["small-less"].applies is UNKNOWN
    assert assessment.decisions["eat"].undetermined == ("not-green", "small-less")
    assert assessment.decisions["eat"].rules == ()
    settled = assess(parse_case("{place: inside, colour: red, big: no}", torn), torn)
    assert settled.rules["not-green"].applies is FALSE
    assert settled.decisions["eat"].undetermined == ()


def test_a_caution_is_certain_only_where_the_scope_is(torn: Rulebook) -> None:
    """Inside it is shown, outside it is not, and as long as that is unknown it is possible."""
    for place, certain, possible in (("inside", ("careful",), ()), ("outside", (), ()), ("", (), ("careful",))):
        assessment = assess(parse_case(f"{{colour: red, place: {place or 'unknown'}}}", torn), torn)
        assert (assessment.cautions, assessment.possible_cautions) == (certain, possible)


def test_json_tells_truth_application_and_what_a_negation_wants(gisttriage: Run, torn: Rulebook) -> None:
    """A rule that holds and gives way does not apply; a condition under `not` is shown by what it wants."""
    ran = gisttriage("assess", "--rules", "torn.yaml", "--set", "colour=red", "--set", "big=no", "--format", "json")
    rules = {rule["id"]: rule for rule in json.loads(ran.out)["rules"]}
    assert (rules["not-green"]["truth"], rules["not-green"]["applies"]) == ("true", False)
    assert rules["not-green"]["overridden_by"] == ["small-less"]
    assert rules["not-green"]["conditions"] == [
        {"fact": "colour", "truth": "true", "wants": "red or blue", "has": "red"}
    ]
    assert rules["big-leave"]["conditions"] == [{"fact": "big", "truth": "false", "wants": "yes", "has": "no"}]


def test_fail_on_conflict_and_the_order_of_a_batch(gisttriage: Run, torn: Rulebook, tmp_path: Path) -> None:
    """--fail-on conflict ends with 3; in a batch conflicts stand before open cases, which one fact may settle."""
    cases = tmp_path / "cases"
    cases.mkdir()
    for name, text in (
        ("a", "place: inside\n"),
        ("b", "place: inside\ncolour: red\nbig: yes\n"),
        ("c", "place: inside\ncolour: green\n"),
    ):
        (cases / f"{name}.yaml").write_text(text)
    assert gisttriage("assess", "cases/b.yaml", "--rules", "torn.yaml", "--fail-on", "conflict").code == 3
    assert gisttriage("assess", "cases/a.yaml", "--rules", "torn.yaml", "--fail-on", "conflict").code == 0
    ran = gisttriage("batch", "cases", "--rules", "torn.yaml", "-o", "out.csv")
    assert ran.out.index("cases/b.yaml") < ran.out.index("cases/a.yaml")
    assert "ask for the big: settles 1 of 2 open cases" in ran.out
    with (tmp_path / "out.csv").open() as file:
        assert [row["go"] for row in csv.DictReader(file)] == ["open", "conflict", "open"]


def test_json_states_are_known_partial_unknown_assumed_and_implied(gisttriage: Run) -> None:
    """What was said, what follows from another fact, and what was assumed are told apart."""
    case = "{tki: imatinib, subtype: kit, progression: NA, progressing_lesions: 1, largest_tumor_cm: '>3', tki_months: '>5', age: 50}"
    facts = json.loads(gisttriage("assess", "-", "--format", "json", stdin=case).out)["case"]["facts"]
    assert facts["tki"] == {"value": "imatinib", "state": "known", "line": 1}
    assert facts["subtype"]["state"] == "partial"
    assert facts["subtype"]["possible"] == ["kit_exon_9", "kit_exon_11", "kit_other"]
    assert facts["progression"] == {"value": "limited", "state": "known", "line": 1, "implied": True}
    assert (facts["largest_tumor_cm"]["value"], facts["largest_tumor_cm"]["state"]) == (">3", "partial")
    assert (facts["tki_months"]["state"], facts["age"]["state"], facts["age"]["value"]) == ("partial", "known", 50)
    assert facts["tki_contraindicated"] == {"value": "no", "state": "assumed", "line": None}
    assert facts["presentation"] == {"value": None, "state": "unknown", "line": None}


def test_results_are_put_in_place_and_not_written_over(gisttriage: Run, tmp_path: Path) -> None:
    """Whoever has the old results open keeps reading the old ones."""
    (tmp_path / "a.yaml").write_text("tki: none\n")
    (tmp_path / "out.csv").write_text("old\n")
    (tmp_path / "held").hardlink_to(tmp_path / "out.csv")
    assert gisttriage("batch", "a.yaml", "-o", "out.csv").code == 0
    assert (tmp_path / "held").read_text() == "old\n"
    assert (tmp_path / "out.csv").read_text().startswith("id,file,")


def test_a_contraindicated_drug_is_never_started_or_changed(rulebook: Rulebook) -> None:
    """Over every case: with a contraindication, neither starting nor changing a drug can be reached."""
    place = next(i for i, fact in enumerate(rulebook.read) if fact.name == "tki_contraindicated")
    situation = (*rulebook.full[:place], 0b10, *rulebook.full[place + 1 :])
    decision = rulebook.decisions["systemic_therapy"]
    assert {"start_imatinib", "change_tki"}.isdisjoint(decision.named(decision.reach.outcomes(situation)))
