"""Proofs: every finding, and every absence of one, agrees with brute force and with Z3."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import z3
from hypothesis import given, settings

from gisttriage import Rulebook, assess, load_rulebook, parse_case
from gisttriage.findings import CODES, Finding
from gisttriage.logic import FALSE
from gisttriage.verify import verify, where_applies
from gisttriage.words import as_case

from .conftest import ROOT, Run
from .rulebooks import Case, Sketch, holds, sketches
from .test_triage import loaded

SHIPPED = (ROOT / "rules.yaml").read_text(encoding="utf-8")


def found(rulebook: Rulebook, *codes: str) -> list[Finding]:
    """The findings with one of these codes."""
    return [finding for finding in verify(rulebook).findings if finding.code in codes]


def applying(sketch: Sketch, case: Case, without: str | None = None) -> dict[str, str]:
    """The rules that apply to a fully known case, with their options; computed without the program."""
    applies: dict[str, str] = {}
    for id, when, option, _ in reversed(sketch.rules):
        over = any(id in overrides for other, _, _, overrides in sketch.rules if other in applies)
        if id != without and holds(when, case) and not over:
            applies[id] = option
    return applies


def brute(sketch: Sketch) -> dict[str, Any]:
    """Conflicts, dead and redundant rules and gaps, by looking at every case."""
    cases = [case for case in sketch.completions({}) if holds(sketch.scope, case)]
    conflicts, alive, needed, gap = set(), set(), set(), False
    for case in cases:
        applies = applying(sketch, case)
        gap |= not applies
        alive |= applies.keys()
        conflicts |= {frozenset((a, b)) for a in applies for b in applies if applies[a] != applies[b]}
        for id in applies:
            without = set(applying(sketch, case, without=id).values())
            needed |= (
                {id}
                if without != set(applies.values()) and not len(without) > 1 < len(set(applies.values()))
                else set()
            )
    ids = {id for id, _, _, _ in sketch.rules}
    return {"conflicts": conflicts, "dead": ids - alive, "redundant": alive - needed, "gap": gap}


@settings(max_examples=300)
@given(sketches())
def test_every_finding_and_every_absence_agrees_with_brute_force(sketch: Sketch) -> None:
    """On random rulebooks: conflicts, dead rules, redundant rules and gaps are exactly those that looking at all cases finds."""
    rulebook, expected = loaded(sketch), brute(sketch)
    findings = verify(rulebook).findings
    words = {finding.message.split()[0] for finding in findings if finding.code in ("dead-rule", "only-unknown")}
    assert words == expected["dead"]
    pairs = {
        frozenset(finding.message.split()[i] for i in (0, 2)) for finding in findings if finding.code == "conflict"
    }
    assert pairs == expected["conflicts"]
    assert {finding.message.split()[0] for finding in findings if finding.code == "redundant-rule"} == expected[
        "redundant"
    ]
    assert any(finding.code == "gap" for finding in findings) is expected["gap"]


@settings(max_examples=200)
@given(sketches())
def test_every_witness_shows_what_it_is_for(sketch: Sketch) -> None:
    """`assess` confirms each witness: a conflict is in conflict, a gap has no rule, and it holds whatever else is so."""
    rulebook = loaded(sketch)
    for finding in found(rulebook, "conflict", "gap"):
        assert finding.witness is not None
        case = parse_case(as_case(finding.witness, rulebook.read), rulebook)
        answer = assess(case, rulebook).decisions["go"]
        assert answer.possible == (("conflict",) if finding.code == "conflict" else ("no_guidance",))
        if finding.code == "gap":
            assert answer.rules == ()
    for id in rulebook.rules:
        situation = where_applies(rulebook, id)
        if situation is not None:
            case = parse_case(as_case(situation, rulebook.read), rulebook)
            assert assess(case, rulebook).decisions["go"].possible != ("out_of_scope",)


def formula(condition: Any, facts: dict[str, Any], values: dict[str, list[str]]) -> Any:
    """A condition of a sketch as a Z3 formula over one integer for each fact."""
    kind, *rest = condition
    if kind == "in":
        return z3.Or([facts[rest[0]] == values[rest[0]].index(value) for value in rest[1]])
    if kind == "not":
        return z3.Not(formula(rest[0], facts, values))
    return (z3.And if kind == "all" else z3.Or)([formula(part, facts, values) for part in rest[0]])


@settings(max_examples=60)
@given(sketches(most_facts=6, most_rules=10))
def test_conflicts_gaps_and_dead_rules_agree_with_z3(sketch: Sketch) -> None:
    """An independent solver finds the same pairs in conflict and the same rules dead, in larger rulebooks too."""
    facts = {name: z3.Int(name) for name in sketch.facts}
    solver = z3.Solver()
    for name, values in sketch.facts.items():
        solver.add(facts[name] >= 0, facts[name] < len(values))
    solver.add(formula(sketch.scope, facts, sketch.facts))
    for when, fact, values in sketch.implications:
        then = formula(("in", fact, values), facts, sketch.facts)
        solver.add(z3.Implies(formula(when, facts, sketch.facts), then))
    applies: dict[str, Any] = {}
    for id, when, _, _ in reversed(sketch.rules):
        over = [applies[other] for other, _, _, overrides in sketch.rules if id in overrides]
        applies[id] = z3.And(formula(when, facts, sketch.facts), z3.Not(z3.Or(over)))
    option = {id: option for id, _, option, _ in sketch.rules}
    dead = {id for id in applies if solver.check(applies[id]) == z3.unsat}
    conflicts = {
        frozenset((one, two))
        for one in applies
        for two in applies
        if option[one] < option[two] and solver.check(applies[one], applies[two]) == z3.sat
    }
    gap = solver.check(z3.Not(z3.Or(list(applies.values())))) == z3.sat
    findings = verify(loaded(sketch)).findings
    assert any(f.code == "gap" for f in findings) is gap
    assert {f.message.split()[0] for f in findings if f.code in ("dead-rule", "only-unknown")} == dead
    assert {frozenset(f.message.split()[i] for i in (0, 2)) for f in findings if f.code == "conflict"} == conflicts


def test_the_shipped_rulebook_is_proved(rulebook: Rulebook) -> None:
    """No error and no warning, over millions of cases and every unknown: no conflict, no dead rule, no gap."""
    proof = verify(rulebook)
    assert proof.proved
    assert proof.cases > 4_000_000
    assert {finding.severity for finding in proof.findings} <= {"note"}
    assert all(where_applies(rulebook, id) is not None for id in rulebook.rules)


NEW = """
  - id: planted
    when: {WHEN}
    then: {surgery: OPTION}
    because: planted
    cites:
      - {source: deck, finding: D7}
"""


def planted(when: str, option: str = "consider") -> str:
    """The shipped rulebook with one more rule."""
    return SHIPPED + NEW.replace("WHEN", when).replace("OPTION", option)


PLANTED = {
    "conflict": (planted("metastatic_disease: 'yes', tki: none, subtype: kit"), "conflict", "surgery-alone and planted"),
    "dead, out of scope": (planted("disease_extent: localized"), "dead-rule", "its condition holds out of scope only"),
    "dead, by the implications": (planted("progressing_lesions: 0, progression: limited, disease_extent: metastatic"), "only-unknown", "the implications exclude it"),
    "dead, always overridden": (SHIPPED.replace("overrides: [surgery-alone]\n", "overrides: [surgery-alone, planted]\n") + NEW.replace("WHEN", "subtype: sdh_deficient, presentation: asymptomatic, tki: none, resection_expected: complete, fit_for_surgery: 'yes'").replace("OPTION", "consider"), "dead-rule", "silent-surgery-sdh-asymptomatic overrides it"),
    "only unknown": (planted("all: [{tki: imatinib}, {tki: sunitinib}]"), "only-unknown", "its condition contradicts itself"),
    "redundant": (planted("metastatic_disease: 'yes', tki: none, subtype: kit_exon_11", "not_favoured"), "redundant-rule", "planted changes no answer"),
    "gap": (SHIPPED.replace("  - id: surgery-on-sunitinib\n    when: {", "  - id: surgery-on-sunitinib\n    when: {subtype: kit, "), "gap", "no rule speaks of surgery"),
    "uncited": (planted("disease_extent: metastatic").replace("    because: planted\n    cites:\n      - {source: deck, finding: D7}\n", "    because: planted\n"), "uncited-rule", "planted cites no finding"),
    "clashing implications": (SHIPPED.replace("sources:\n\n  deck:", "  - {id: clash, when: {progressing_lesions: 0}, then: {progression: limited}}\nsources:\n\n  deck:"), "implications-clash", "can never hold"),
    "unused definition": (SHIPPED.replace("implications:\n", "  idle: {label: idle, when: {tki: none}}\nimplications:\n", 1), "unused-definition", "no condition uses the definition idle"),
    "unused fact": (SHIPPED.replace("  id:\n    type: text", "  idle: {type: yes_no, label: Idle, ask: idle?}\n  id:\n    type: text"), "unused-fact", "no condition reads idle"),
    "unused source": (SHIPPED.replace("decisions:\n  surgery:", "  idle: {type: document, title: T, short: S, design: d, findings: {F: {statement: s, locator: l, agreement: agrees}}}\ndecisions:\n  surgery:"), "unused-source", "no rule cites idle"),
    "unstated disagreement": (SHIPPED.replace("        disagreement: X12\n        note: The abstract agrees, with 4 patients in all.\n", "        disagreement: X12\n"), "unstated-disagreement", "names the disagreement X12"),
}  # fmt: skip


@pytest.mark.parametrize(("text", "code", "message"), PLANTED.values(), ids=PLANTED.keys())
def test_a_planted_defect_is_found_and_its_witness_confirmed(
    tmp_path: Path, text: str, code: str, message: str
) -> None:
    """Each kind of defect, planted in a copy of the shipped rulebook, is found; `assess` confirms the witness."""
    assert text != SHIPPED
    path = tmp_path / "rules.yaml"
    path.write_text(text, encoding="utf-8")
    rulebook = load_rulebook(path)
    finding = next(finding for finding in found(rulebook, code) if message in finding.message)
    assert finding.span is not None
    if finding.witness is not None:
        case = parse_case(as_case(finding.witness, rulebook.read), rulebook)
        assessment = assess(case, rulebook)
        answer = assessment.decisions["surgery"]
        if code == "conflict":
            assert answer.status == "conflict"
        elif code == "gap":
            assert (answer.status, answer.rules) == ("no_guidance", ())
        elif code == "dead-rule":
            assert "planted" in answer.overridden
        elif code == "redundant-rule":
            assert len(answer.rules) > 1
    elif code == "only-unknown":
        assert rulebook.rules["planted"].when.truth(rulebook.full) is not FALSE


def test_a_witness_says_no_more_than_it_must(tmp_path: Path) -> None:
    """The smallest case that shows a conflict leaves every other fact out."""
    path = tmp_path / "rules.yaml"
    path.write_text(planted("metastatic_disease: 'yes', tki: none, subtype: kit"), encoding="utf-8")
    rulebook = load_rulebook(path)
    witness = next(f.witness for f in found(rulebook, "conflict") if "surgery-alone" in f.message)
    assert witness is not None
    assert as_case(witness, rulebook.read) == "disease_extent: recurrent\nsubtype: kit\ntki: none\n"


def test_a_bound_on_work_says_not_proved(gisttriage: Run) -> None:
    """When the bound is hit nothing is claimed: "not proved", and exit 1."""
    ran = gisttriage("rules", "check", "--states", "10")
    assert ran.code == 1
    assert "[not-proved]" in ran.out
    assert ran.out.splitlines()[-1].startswith("not proved:")


def test_check_tells_what_was_proved_in_every_format(gisttriage: Run, tmp_path: Path) -> None:
    """Text, JSON, SARIF and GitHub; 0 for the shipped rulebook, 1 for a broken one, 2 for none; witnesses can be saved and run."""
    ran = gisttriage("rules", "check")
    assert ran.code == 0
    assert ran.out.splitlines()[-1].startswith("proved over 4,354,560 fully known cases")
    bad = tmp_path / "bad.yaml"
    bad.write_text(PLANTED["conflict"][0], encoding="utf-8")
    ran = gisttriage("rules", "check", "--rules", bad, "--format", "json", "--save-witnesses", "seen")
    assert ran.code == 1
    conflict = next(f for f in json.loads(ran.out)["findings"] if f["code"] == "conflict")
    saved = sorted((tmp_path / "seen").glob("*-conflict.yaml"))
    assert saved[0].read_text().endswith(conflict["witness"])
    answer = json.loads(gisttriage("assess", saved[0], "--rules", bad, "--format", "json").out)
    assert answer["status"] == "conflict"
    sarif = json.loads(gisttriage("rules", "check", "--rules", bad, "--format", "sarif").out)
    assert sarif["version"] == "2.1.0"
    assert {rule["id"] for rule in sarif["runs"][0]["tool"]["driver"]["rules"]} == CODES.keys()
    assert sarif["runs"][0]["results"][0]["level"] == "error"
    github = gisttriage("rules", "check", "--rules", bad, "--format", "github").out
    assert github.startswith(f"::error file={bad},line=")
    assert gisttriage("rules", "check", "--rules", "nowhere").code == 2
    assert gisttriage("rules", "check", ROOT / "rules.yaml", bad).code == 1
    assert gisttriage("rules", "check", ROOT / "rules.yaml", bad, "--format", "json").code == 2


def test_every_code_is_explained(gisttriage: Run) -> None:
    """`rules explain` knows every code, and suggests the nearest for one it does not know."""
    for code, told in CODES.items():
        ran = gisttriage("rules", "explain", code)
        assert ran.code == 0
        assert told.meaning in ran.out
        assert told.example in ran.out
    assert "did you mean conflict?" in gisttriage("rules", "explain", "conflct").err
