"""Tests of a rulebook: the shipped one's pass, try both sides of every rule, and failures are told."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest

from .conftest import ROOT, Run

CASES = ROOT / "tests" / "rulebook"


def test_the_shipped_rulebook_passes_its_tests_and_every_rule_is_tried(gisttriage: Run) -> None:
    """All scenarios and examples get the answer they expect, and every rule was seen true and seen false."""
    ran = gisttriage("rules", "test", CASES, ROOT / "examples", "--min-coverage", "100", "--junit", "report.xml")
    assert ran.code == 0, ran.out
    assert ran.out.splitlines()[-1].endswith("0 failed; 100.0 % of the rules' true and false sides tried")


def test_what_does_not_come_out_as_expected_fails(gisttriage: Run, tmp_path: Path) -> None:
    """A wrong answer, a wrong first question, an error that was not expected and one that did not come: each is told."""
    cases = tmp_path / "cases"
    cases.mkdir()
    start = "disease_extent: metastatic\nsubtype: kit\ntki: none\n"
    texts = {
        "right": start + "expect: {surgery: not_favoured, systemic_therapy: start_imatinib, cautions: []}\n",
        "wrong": start + "expect: {surgery: consider, first_missing: subtype}\n",
        "broken": "tki: imatinb\nexpect: {surgery: consider}\n",
        "no-error": start + "expect: {error: contradict}\n",
        "misspelt": start + "expect: {surgery: considre}\n",
        "unknown": start + "expect: {surgry: consider}\n",
        "plain": start,
    }
    for name, text in texts.items():
        (cases / f"{name}.yaml").write_text(text)
    ran = gisttriage("rules", "test", "cases", "--junit", "report.xml")
    assert ran.code == 1
    failed = {
        line.split(": ", 1)[0].split("/")[-1]: line.split(": ", 1)[1]
        for line in ran.out.splitlines()
        if line.startswith("FAILED")
    }
    assert failed["broken.yaml"] == "expected an answer, got the error: tki cannot be 'imatinb'"
    assert failed["no-error.yaml"] == "expected the error 'contradict', got an answer"
    assert failed["misspelt.yaml:4:19"] == "no surgery 'considre'; did you mean consider?"
    assert failed["unknown.yaml:4:10"] == "expect has no 'surgry'; did you mean surgery?"
    assert "FAILED cases/wrong.yaml: surgery: expected consider, got not_favoured" in ran.out
    assert "first_missing: expected subtype, got " in ran.out
    assert "right.yaml" not in ran.out
    assert "plain.yaml" not in ran.out
    report = ElementTree.parse(tmp_path / "report.xml").getroot()
    assert (report.get("tests"), report.get("failures")) == ("6", "5")


@pytest.mark.parametrize(
    ("expect", "told"),
    [
        ("expect:", "4:1: expect asks for nothing; name an answer, such as `status: settled`; or leave expect out"),
        ("expect: {}", "4:1: expect asks for nothing; "),
        ("expect: {surgery: []}", "4:10: 'surgery' asks for nothing; name the outcome, or leave it out"),
        ("expect: {status: }", "4:10: 'status' asks for nothing; "),
        ("expect: {error: }", "4:10: expect needs 'error'"),
        ("expect: {error: ' '}", "4:10: expect needs 'error'"),
        ("expect: {error: [a, b]}", "4:17: 'error' must be a text, not a list"),
        ("expect: {error: contradict, surgery: consider}", "4:29: 'surgery' cannot be expected beside an error; "),
        ("expect: {status: setled}", "4:18: no status 'setled'; did you mean settled?"),
        ("expect: {status: open}", "4:18: no status 'open'; known: settled, needs_data, "),
        ("expect: {first_missing: progresion}", "4:25: no first_missing 'progresion'; did you mean progression?"),
        ("expect: {first_missing: age}", "4:25: no first_missing 'age'; known: "),
        ("expect: {cautions: [caution-exon9]}", "4:21: no cautions 'caution-exon9'; did you mean caution-exon-9?"),
        ("expect: {cautions: surgery-nf1}", "4:20: no cautions 'surgery-nf1'; known: caution-"),
        ("expect: {notices: [notice-emergncy]}", "4:20: no notices 'notice-emergncy'; did you mean notice-emergency?"),
        ("expect: {local_therapy: [consider, cation]}", "4:36: no local_therapy 'cation'; did you mean caution?"),
    ],
)
def test_an_expectation_that_can_never_fail_or_never_pass_is_an_error(
    gisttriage: Run, tmp_path: Path, expect: str, told: str
) -> None:
    """What asks for nothing, or for what no answer can be, is told at its place, and tries nothing of the rulebook."""
    (tmp_path / "a.yaml").write_text(f"disease_extent: metastatic\nsubtype: kit\ntki: none\n{expect}\n")
    ran = gisttriage("rules", "test", "a.yaml")
    assert ran.code == 1
    assert ran.out.splitlines()[0].startswith(f"FAILED a.yaml:{told}"), ran.out.splitlines()[0]
    assert ran.out.endswith("0 passed, 1 failed; 0.0 % of the rules' true and false sides tried\n")


@pytest.mark.parametrize("expect", ["{cautions: []}", "{notices: }", "{first_missing: [progression]}"])
def test_nothing_is_a_thing_to_expect_where_there_may_be_none(gisttriage: Run, tmp_path: Path, expect: str) -> None:
    """No caution, no notice and no missing fact are answers that a test may ask for."""
    start = "disease_extent: metastatic\nsubtype: kit_exon_11\ntki: imatinib\nfit_for_surgery: yes\nresection_expected: R0\n"
    (tmp_path / "a.yaml").write_text(f"{start}expect: {expect}\n")
    ran = gisttriage("rules", "test", "a.yaml")
    assert ran.code == 0, ran.out


def test_tests_that_are_not_there_have_not_passed(gisttriage: Run, tmp_path: Path) -> None:
    """A path that does not exist ends with 2 and its name, also beside one that does."""
    (tmp_path / "one.yaml").write_text("disease_extent: metastatic\ntki: none\nexpect: {local_therapy: no_guidance}\n")
    for paths in (("gone.yaml",), ("one.yaml", "gone")):
        ran = gisttriage("rules", "test", *paths)
        assert (ran.code, ran.out) == (2, "")
        assert f"{paths[-1]}: error: no such file or folder" in ran.err


def test_coverage_is_counted_in_three_values(gisttriage: Run, tmp_path: Path) -> None:
    """Per rule how often it was true, false and unknown; what was never tried is named; too little coverage fails."""
    (tmp_path / "one.yaml").write_text("disease_extent: metastatic\ntki: none\nexpect: {local_therapy: no_guidance}\n")
    told = json.loads(gisttriage("rules", "test", "one.yaml", "--format", "json").out)
    rules = told["coverage"]["rules"]
    assert rules["surgery-alone"] == {"true": 1, "false": 0, "unknown": 0}
    assert rules["surgery-on-sunitinib"] == {"true": 0, "false": 1, "unknown": 0}
    assert rules["surgery-nf1"] == {"true": 0, "false": 0, "unknown": 1}
    assert "surgery-alone: no TKI was never false" in told["coverage"]["never"]
    assert gisttriage("rules", "test", "one.yaml", "--min-coverage", "90").code == 1
    assert gisttriage("rules", "test", "one.yaml").code == 0


def test_nothing_to_test_is_an_error(gisttriage: Run, tmp_path: Path) -> None:
    """A folder without an expectation is never "all passed"."""
    (tmp_path / "a.yaml").write_text("tki: none\n")
    ran = gisttriage("rules", "test", "a.yaml")
    assert ran.code == 2
    assert "no case with an expect block" in ran.err
