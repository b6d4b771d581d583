"""Tests of a rulebook: the shipped one's pass, try both sides of every rule, and failures are told."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

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
    assert failed["misspelt.yaml"] == "line 4: no outcome 'considre'"
    assert failed["unknown.yaml"] == "line 4: expect has no 'surgry'"
    assert "FAILED cases/wrong.yaml: surgery: expected consider, got not_favoured" in ran.out
    assert "first_missing: expected subtype, got " in ran.out
    assert "right.yaml" not in ran.out
    assert "plain.yaml" not in ran.out
    report = ElementTree.parse(tmp_path / "report.xml").getroot()
    assert (report.get("tests"), report.get("failures")) == ("6", "5")


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
