"""Rulebooks: what is wrong with one is said at its place, and the shipped one is complete."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from gisttriage import Rulebook, RulebookError, load_rulebook

from .conftest import ROOT

START = """\
rulebook: {id: small, version: 1}
facts:
  id: {type: text, label: id, ask: id?}
  notes: {type: text, label: notes, ask: notes?}
  colour: {type: choice, label: colour, ask: colour?, values: {red: {}, blue: {}}, groups: {any: [red, blue]}}
  size: {type: number, label: size, ask: size?, unit: cm, min: 0, max: 10}
  weight: {type: number, label: weight, ask: weight?, unit: g, min: 0, max: 10, context: yes}
definitions:
  big: {label: big, when: {size: "> 5"}}
sources:
  paper: {type: document, title: T, short: S, design: d, findings: {F1: {statement: s, locator: l, agreement: agrees}}}
decisions:
  go: {label: Go, ask: Go?, options: {stay: {}, leave: {}}}
scope: {when: {colour: any}, because: all}
"""
RULE = """\
rules:
  - {id: one, when: {colour: red, big: yes}, then: {go: stay}, because: b, cites: [{source: paper, finding: F1}]}
"""


def write(tmp_path: Path, text: str) -> Path:
    """Write a rulebook."""
    path = tmp_path / "rules.yaml"
    path.write_text(text)
    return path


def problems(tmp_path: Path, text: str) -> list[str]:
    """Return the problems of a rulebook, each as ``line message | help``."""
    with pytest.raises(RulebookError) as caught:
        load_rulebook(write(tmp_path, text))
    return [f"{p.span.line if p.span else 0} {p.message} | {p.help}" for p in caught.value.problems]


def test_a_small_rulebook_loads(tmp_path: Path) -> None:
    """The smallest whole rulebook has one rule; the definition in it is used by name."""
    rulebook = load_rulebook(write(tmp_path, START + RULE))
    assert list(rulebook.rules) == ["one"]
    assert [fact.name for fact in rulebook.read] == ["colour", "size"], "context is no part of a situation"


WRONG = {
    "unknown fact": (("colour: red", "color: red"), "no fact or definition 'color' | did you mean colour?"),
    "unknown value": (("colour: red", "colour: rad"), "colour cannot be 'rad' | did you mean red?"),
    "context in a condition": (("colour: red", "weight: 3"), "'weight' is context: it is shown, and no rule may read it"),
    "option that the decision lacks": (("go: stay", "go: wait"), "no go 'wait' | known: stay, leave, no_guidance"),
    "unknown decision": (("then: {go:", "then: {gone:"), "no decision 'gone' | one of: go"),
    "no such source": (("source: paper", "source: papers"), "no source 'papers' | did you mean paper?"),
    "no such finding": (("finding: F1", "finding: F2"), "no finding 'F2' | known: F1"),
    "override of no rule": (("because: b", "because: b, overrides: [two]"), "no rule 'two'"),
    "override of itself": (("because: b", "because: b, overrides: [one]"), "rules override each other in a circle: one → one"),
    "no reason": (("because: b, ", ""), "an entry of 'rules' needs 'because'"),
    "nothing said": (("then: {go: stay}, ", ""), "rule 'one' says nothing | it needs `then`, `caution` or `notice`"),
    "a definition as a value": (("big: yes", "big: 7"), "the definition 'big' is used as yes or no"),
    "unknown key": (("because: b", "because: b, becuase: c"), "an entry of 'rules' has no 'becuase' | did you mean because?"),
    "empty when": (("when: {colour: red, big: yes}", "when: {}"), "a condition is `fact: value` lines, and there is none here | name at least one fact, such as `colour: red`"),
    "condition of a list": (("when: {colour: red, big: yes}", "when: []"), "a condition is `fact: value` lines, not a list"),
    "any of a mapping": (("colour: red", "any: {colour: red}"), "'any' takes a list of conditions, not a mapping"),
    "fact twice": (("colour: red", "colour: red, colour: blue"), "'colour' stands twice in one condition"),
    "bad number": (('size: "> 5"', 'size: "> five"'), "size cannot be '> five' | a number (cm)"),
    "no type": (("type: number, label: size", "type: float, label: size"), "no type 'float' | one of: choice, yes_no, number, text"),
    "group of no value": (("any: [red, blue]", "any: [red, green]"), "colour has no value 'green' | one of: red, blue"),
    "no note": (("agreement: agrees", "agreement: differs"), "finding 'F1' does not simply agree, so it needs a note"),
    "no such agreement": (("agreement: agrees", "agreement: sure"), "agreement cannot be 'sure' | one of: agrees, differs"),
    "reserved option": (("options: {stay: {}", "options: {conflict: {}, stay: {}"), "'conflict' is not an option"),
    "two rules of a name": (("rules:\n", "rules:\n  - {id: one, when: {colour: red}, notice: n}\n"), "a second rule 'one'"),
}  # fmt: skip


@pytest.mark.parametrize(("change", "expected"), WRONG.values(), ids=WRONG.keys())
def test_a_mistake_is_named_at_its_line(tmp_path: Path, change: tuple[str, str], expected: str) -> None:
    """Each mistake in a rulebook is one message with its line and, where there is one, a suggestion."""
    text = (START + RULE).replace(*change)
    assert text != START + RULE
    found = problems(tmp_path, text)
    assert any(expected in line for line in found), found
    assert all(int(line.split(" ")[0]) > 0 for line in found)


def test_a_circle_of_overrides_is_shown(tmp_path: Path) -> None:
    """Rules that override each other in a circle are refused, and the circle is written out."""
    rules = "rules:\n" + "".join(
        f"  - {{id: r{i}, when: {{colour: red}}, then: {{go: stay}}, because: b, overrides: [r{(i + 1) % 3}]}}\n"
        for i in range(3)
    )
    assert "rules override each other in a circle: r0 → r2 → r1 → r0" in problems(tmp_path, START + rules)[0]


def test_all_problems_are_reported_at_once_in_the_order_of_the_file(tmp_path: Path) -> None:
    """Several mistakes in the rules are reported together."""
    text = (
        (START + RULE)
        .replace("source: paper", "source: p")
        .replace("go: stay", "go: w")
        .replace("big: yes", "bog: yes")
    )
    assert len(problems(tmp_path, text)) == 3


@pytest.mark.parametrize("text", ["", "[]", "- a", "rulebook: {id: x}", "facts: 3", "\0", "a: b: c", "rules: !x []"])
def test_what_is_no_rulebook_is_refused(tmp_path: Path, text: str) -> None:
    """Files that are no rulebook raise a RulebookError and nothing else."""
    assert problems(tmp_path, text)


def test_a_condition_nested_too_deep_is_refused(tmp_path: Path) -> None:
    """Depth is bounded, so that nothing can exhaust the stack."""
    deep = "{not: " * 500 + "{colour: red}" + "}" * 500
    assert "nested more than" in problems(tmp_path, START + RULE.replace("{colour: red, big: yes}", deep))[0]


def test_a_condition_of_too_many_cases_is_refused(tmp_path: Path) -> None:
    """A condition that cannot be worked through is refused instead of hanging."""
    facts = "".join(f"  x{i}: {{type: yes_no, label: x, ask: x?}}\n" for i in range(40))
    when = "{all: [" + ", ".join(f"{{any: [{{x{2 * i}: yes}}, {{x{2 * i + 1}: yes}}]}}" for i in range(20)) + "]}"
    text = (START + RULE).replace("definitions:", facts + "definitions:").replace("{colour: red, big: yes}", when)
    assert "too many cases to work through" in problems(tmp_path, text)[0]


def test_the_shipped_rulebook_covers_every_statement_and_disagreement(rulebook: Rulebook) -> None:
    """D1 to D15 are findings, X1 to X12 are attached to findings, and every rule with a decision cites one."""
    findings = {id: finding for source in rulebook.sources.values() for id, finding in source.findings.items()}
    assert {f"D{i}" for i in range(1, 16)} <= findings.keys()
    assert {f"X{i}" for i in range(1, 13)} == {finding.disagreement for finding in findings.values()} - {""}
    cited = {cite.finding for rule in rulebook.rules.values() for cite in rule.cites}
    assert findings.keys() - cited == {"D12-prevalence"}, "a share of all patients with NF1 supports no rule"
    for rule in rulebook.rules.values():
        assert rule.cites or rule.notice, rule.id


def test_where_the_publication_disagrees_a_note_says_how(rulebook: Rulebook) -> None:
    """No finding is printed as plain truth that was not simply confirmed."""
    for source in rulebook.sources.values():
        for finding in source.findings.values():
            assert finding.note or (finding.agreement == "agrees" and not finding.disagreement)


def test_only_the_dois_and_pmids_seen_in_print_are_given(rulebook: Rulebook) -> None:
    """Identifiers are never added from memory."""
    dois = {source.publication.get("doi") for source in rulebook.sources.values()} - {None}
    pmids = {source.publication.get("pmid") for source in rulebook.sources.values()} - {None}
    assert dois == {"10.1056/NEJMoa020461"}
    assert pmids == {"10618607", "12181401", "16624552", "16096406"}
    notes = " ".join(finding.note for source in rulebook.sources.values() for finding in source.findings.values())
    assert set(re.findall(r"PMID (\d+)", notes)) == {"17046465", "23177515"}


def test_every_option_of_every_decision_is_reached_by_a_rule(rulebook: Rulebook) -> None:
    """No option is for show."""
    given = {(decision, option) for rule in rulebook.rules.values() for decision, option in rule.then.items()}
    for decision in rulebook.decisions.values():
        assert {(decision.name, option) for option in decision.options} <= given


def test_the_rulebook_in_the_package_is_the_one_at_the_top(rulebook: Rulebook) -> None:
    """One file, found in the same way whether the package is installed or not."""
    assert Path(rulebook.path).read_bytes() == (ROOT / "rules.yaml").read_bytes()
