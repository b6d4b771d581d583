"""A department's own rules on top of the shipped ones: added, overriding, disabling; never silently."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from gisttriage import RulebookError, assess, load_rulebook, parse_case
from gisttriage.verify import verify

from .conftest import ROOT, Run

OVERLAY = """\
extends: builtin
rulebook: {id: department, version: 3, not_known: [tbd]}
facts:
  performance_status:
    type: number
    label: Performance status
    ask: What is the ECOG performance status?
    unit: ECOG
    whole: yes
    min: 0
    max: 4
definitions:
  frail: {label: frail, when: {performance_status: ">= 3"}}
sources:
  board:
    type: document
    title: Decision of our tumour board
    short: Board
    design: local consensus
    findings:
      frail: {statement: Frail patients are not operated on here., locator: minutes, agreement: agrees}
rules:
  - id: dept-frail
    when: {disease_extent: [recurrent, metastatic], frail: "yes", tki: imatinib, progression: [none, limited], fit_for_surgery: "yes", resection_expected: resectable}
    then: {surgery: not_favoured}
    overrides: [surgery-controlled-on-imatinib, surgery-limited-progression-on-imatinib, surgery-incomplete, surgery-nf1, surgery-sdh-symptomatic]
    because: Frail patients are not operated on in this department.
    cites: [{source: board, finding: frail}]
disable:
  - {rule: caution-exon-9, because: the pharmacy sets doses here}
"""
CASE = "disease_extent: metastatic, subtype: kit_exon_9, tki: imatinib, progression: limited, fit_for_surgery: yes, resection_expected: R0"


@pytest.fixture
def overlay(tmp_path: Path) -> Path:
    """A department's rulebook."""
    path = tmp_path / "department.yaml"
    path.write_text(OVERLAY)
    return path


def test_an_overlay_adds_overrides_and_disables(overlay: Path) -> None:
    """The new fact is asked for, the new rule gives its answer, the disabled one is gone, and all else is as shipped."""
    rulebook, shipped = load_rulebook(overlay), load_rulebook()
    frail = assess(parse_case(f"{{{CASE}, performance_status: 3}}", rulebook), rulebook)
    assert frail.decisions["surgery"].option == "not_favoured"
    assert frail.decisions["surgery"].rules == ("dept-frail",)
    fit = assess(parse_case(f"{{{CASE}, performance_status: 1}}", rulebook), rulebook)
    before = assess(parse_case(f"{{{CASE}}}", shipped), shipped)
    assert fit.decisions["surgery"].option == before.decisions["surgery"].option == "consider"
    unknown = assess(parse_case(f"{{{CASE}, performance_status: tbd}}", rulebook), rulebook)
    assert unknown.decisions["surgery"].status == "open"
    assert unknown.missing[0].fact == "performance_status"
    assert "caution-exon-9" in before.cautions
    assert "caution-exon-9" not in rulebook.rules
    assert rulebook.disabled == {"caution-exon-9": "the pharmacy sets doses here"}


def test_an_overlay_is_proved_with_what_it_extends(overlay: Path) -> None:
    """The whole is free of conflicts; a rule that forgets to override one is found, at its place in the overlay."""
    assert not [found for found in verify(load_rulebook(overlay)).findings if found.severity == "error"]
    overlay.write_text(OVERLAY.replace("overrides: [surgery-controlled-on-imatinib, ", "overrides: ["))
    conflict = next(found for found in verify(load_rulebook(overlay)).findings if found.code == "conflict")
    assert "surgery-controlled-on-imatinib and dept-frail" in conflict.message
    assert conflict.place is not None
    assert conflict.place[0] == str(overlay)


def test_every_output_shows_the_chain_of_rulebooks(gisttriage: Run, overlay: Path, tmp_path: Path) -> None:
    """Both rulebooks, each with version and hash, stand in JSON, the panel, the table, `rules check` and --version."""
    shipped, case = load_rulebook().stamp, tmp_path / "a.yaml"
    case.write_text(f"{{{CASE}}}")
    told = json.loads(gisttriage("assess", case, "--rules", overlay, "--format", "json").out)["rulebook"]
    assert told["id"] == "department"
    assert told["extends"] == [{"id": shipped.id, "version": shipped.version, "sha256": shipped.sha256}]
    for words in (("assess", case), ("batch", case), ("rules", "check")):
        flat = " ".join(gisttriage(*words, "--rules", overlay).out.split())
        assert f"department 3, sha256 {told['sha256'][:12]}" in flat
        assert f"gist-surgery {shipped.version}, sha256 {shipped.sha256[:12]}" in flat
    gisttriage("batch", case, "--rules", overlay, "-o", "out.csv")
    assert f"{told['sha256']}; {shipped.sha256}" in (tmp_path / "out.csv").read_text()
    assert len(gisttriage("--rules", overlay, "--version").out.splitlines()) == 2
    assert "disabled: the pharmacy sets doses here" in gisttriage("rules", "list", "--rules", overlay).out


def test_what_an_overlay_changes_shows_up_in_diff(gisttriage: Run, overlay: Path) -> None:
    """The new fact and the regions that are answered otherwise, all of them among the frail."""
    told = json.loads(gisttriage("rules", "diff", "builtin", overlay, "--format", "json").out)
    assert "the fact performance_status is new" in told["vocabulary"]
    assert told["changes"]
    for change in told["changes"]:
        assert change["decision"] == "surgery"
        assert change["new"] == "not_favoured"
        assert change["when"]["performance_status"] == [">= 3"]


def test_overlays_may_stand_on_overlays(overlay: Path, tmp_path: Path) -> None:
    """A path is looked for beside the file that names it; the chain is kept."""
    (tmp_path / "ward").mkdir()
    ward = tmp_path / "ward" / "ward.yaml"
    ward.write_text(
        "extends: ../department.yaml\nrulebook: {id: ward, version: 1}\ndisable: [{rule: dept-frail, because: not on this ward}]\n"
    )
    rulebook = load_rulebook(ward)
    assert [stamp.id for stamp in rulebook.stamp.chain] == ["ward", "department", "gist-surgery"]
    assert "dept-frail" not in rulebook.rules


WRONG = {
    "a rule of the same id": ("id: dept-frail", "id: surgery-nf1", "a second rule 'surgery-nf1' | give it an id of its own; disable the other"),
    "a fact that is there": ("  performance_status:\n", "  tki:\n", "has the fact 'tki' already"),
    "a definition that is there": ("  frail: {label: frail, when", "  operable: {label: frail, when", "has the definition 'operable' already"),
    "a source that is there": ("  board:\n", "  deck:\n", "the source 'deck' is there already"),
    "disabling no rule": ("{rule: caution-exon-9,", "{rule: caution-exon-8,", "no rule 'caution-exon-8' | did you mean caution-exon-9?"),
    "disabling without a reason": (", because: the pharmacy sets doses here}", "}", "needs 'because'"),
    "a new scope": ("definitions:", "scope: {when: {tki: none}}\ndefinitions:", "the rulebook has no 'scope'"),
    "an override of no rule": ("overrides: [surgery-controlled", "overrides: [surgery-kontrolled", "no rule 'surgery-kontrolled-on-imatinib' | did you mean surgery-controlled-on-imatinib"),
}  # fmt: skip


@pytest.mark.parametrize(("old", "new", "expected"), WRONG.values(), ids=WRONG.keys())
def test_a_mistake_in_an_overlay_is_named_in_the_overlay(overlay: Path, old: str, new: str, expected: str) -> None:
    """Nothing shipped is changed silently: what is there already cannot be given again, and every mistake has its place."""
    text = OVERLAY.replace(old, new)
    assert text != OVERLAY
    overlay.write_text(text)
    with pytest.raises(RulebookError) as caught:
        load_rulebook(overlay)
    problem = next(p for p in caught.value.problems if expected in f"{p.message} | {p.help}")
    assert problem.path == str(overlay)
    assert problem.span is not None


def test_extending_nothing_or_itself_is_refused(overlay: Path) -> None:
    """A base that is not there, and a circle of rulebooks, are errors and no hang."""
    for base, expected in (
        ("gone.yaml", "no such file"),
        ("department.yaml", "rulebooks extend each other without end"),
    ):
        overlay.write_text(OVERLAY.replace("extends: builtin", f"extends: {base}"))
        with pytest.raises(RulebookError, match=expected):
            load_rulebook(overlay)


def test_the_overlay_in_the_readme_works(overlay: Path) -> None:
    """The example can be copied: it loads, and its rules contradict no other."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    block = next(part.split("```")[0] for part in readme.split("```yaml\n")[1:] if part.startswith("extends: builtin"))
    overlay.write_text(block)
    assert not [found for found in verify(load_rulebook(overlay)).findings if found.severity == "error"]


def test_the_python_in_the_readme_works(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The few lines for Python run on the case of the README and print its answer."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    case = next(part.split("```")[0] for part in readme.split("```yaml\n")[1:] if part.startswith("disease_extent"))
    (tmp_path / "case.yaml").write_text(case)
    monkeypatch.chdir(tmp_path)
    exec(readme.split("```python\n")[1].split("```")[0], {})
    assert capsys.readouterr().out.startswith("consider ")
