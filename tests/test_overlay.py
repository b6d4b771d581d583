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


def test_an_overlay_adds_to_the_disclaimer_and_never_replaces_it(
    gisttriage: Run, overlay: Path, tmp_path: Path
) -> None:
    """What the answers are for and not for stays as shipped, followed by what the overlay adds; each review by its name."""
    shipped, case = load_rulebook().stamp, tmp_path / "a.yaml"
    case.write_text(f"{{{CASE}}}")
    head = "rulebook: {id: department, version: 3, not_known: [tbd]"
    added = 'disclaimer: Ask the board., not_for: inpatients, population: adults, reviewed: "2026-12-01"'
    overlay.write_text(OVERLAY.replace(head, f"{head}, {added}"))
    stamp = load_rulebook(overlay).stamp
    assert stamp.disclaimer == f"{shipped.disclaimer} Ask the board."
    assert stamp.not_for == f"{shipped.not_for}; inpatients"
    assert stamp.population == f"{shipped.population}; adults"
    told = json.loads(gisttriage("assess", case, "--rules", overlay, "--format", "json").out)
    assert told["disclaimer"] == f"{shipped.disclaimer} Ask the board."
    flat = gisttriage("assess", case, "--rules", overlay, "--format", "markdown").out.replace("\\", "")
    assert f"sha256 {stamp.sha256[:12]}, of 2026-12-01, extending gist-surgery" in flat
    assert f"sha256 {shipped.sha256[:12]}, of {shipped.reviewed}" in flat
    overlay.write_text(OVERLAY)
    plain = load_rulebook(overlay).stamp
    assert (plain.disclaimer, plain.not_for, plain.reviewed) == (shipped.disclaimer, shipped.not_for, "")
    flat = gisttriage("rules", "list", "--rules", overlay).out
    assert f"department 3, sha256 {plain.sha256[:12]}, extending gist-surgery" in flat


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
    "disabling for blanks": (", because: the pharmacy sets doses here}", ', because: "  "}', "needs 'because'"),
    "disabling twice": ("disable:", "disable:\n  - {rule: caution-exon-9, because: first}", "'caution-exon-9' is disabled already | it was disabled because: first"),
    "an implication that is there": ("disable:", "implications: [{id: no-growing-lesion, when: {tki: none}, then: {progression: none}}]\ndisable:", "a second implication 'no-growing-lesion' | give it an id of its own"),
    "implications without ids": ("disable:", "implications: [{when: {tki: none}, then: {progression: none}}, {when: {tki: none}, then: {tki: none}}]\ndisable:", "needs 'id'"),
    "the id of what it extends": ("id: department", "id: gist-surgery", "'gist-surgery' is the id of a rulebook that this one extends | give it an id of its own"),
    "no id": ("{id: department, ", "{", "rulebook needs 'id'"),
    "no condition": ("when: {performance_status: \">= 3\"}", "when: {}", "a condition is `fact: value` lines, and there is none here | name at least one fact, such as `disease_extent: localized`"),
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


def refused(overlay: Path, text: str) -> list[str]:
    """Return the problems of an overlay, each as ``line:column message | help``; all of them stand in the overlay."""
    overlay.write_text(text)
    with pytest.raises(RulebookError) as caught:
        load_rulebook(overlay)
    assert {problem.path for problem in caught.value.problems} == {str(overlay)}
    return [f"{p.span and f'{p.span.line}:{p.span.column}'} {p.message} | {p.help}" for p in caught.value.problems]


@pytest.mark.parametrize(
    ("word", "reading"),
    [
        ("5", "progressing_lesions reads it as 5"),
        ("> 5", "reads it as > 5"),
        ("45", "reads it as 45"),
        ("5 CM", "largest_tumor_cm reads it as 5"),
        ("5-10", "reads it as 5-10"),
        ("imatinib", "tki reads it as imatinib"),
        ("Gleevec", "tki reads it as imatinib"),
        ("progressed", "progression reads it as progressed"),
        ("no", "reads it as none"),
        ("n", "fit_for_surgery reads it as no"),
    ],
)
def test_a_word_that_a_fact_reads_cannot_come_to_mean_not_known(overlay: Path, word: str, reading: str) -> None:
    """What a case states is never lost: such a word is refused in the list of an overlay, and in that of a fact."""
    (told,) = refused(overlay, OVERLAY.replace("not_known: [tbd]", f'not_known: [tbd, "{word}"]'))
    assert told.startswith(f"2:57 {word!r} cannot mean not known: ")
    assert reading in told
    assert "leave it out" in told
    own = OVERLAY.replace("unit: ECOG", 'unit: ECOG\n    not_known: [refused, "3"]')
    assert refused(overlay, own)[0].startswith("9:26 '3' cannot mean not known: performance_status reads it as 3 | ")


def test_none_stays_a_value_where_it_is_one_and_codes_out_of_range_may_mean_not_known(overlay: Path) -> None:
    """`none` is no drug, although for other facts it may come to mean that nothing was said; 9999 is no number of any fact."""
    overlay.write_text(OVERLAY.replace("not_known: [tbd]", 'not_known: [none, "9999"]'))
    rulebook = load_rulebook(overlay)
    case = parse_case("{tki: none, subtype: none, performance_status: 9999, mitoses_per_50_hpf: 9999}", rulebook)
    assert {name: given.value for name, given in case.given.items()} == {
        "tki": "none",
        "subtype": None,
        "performance_status": None,
        "mitoses_per_50_hpf": None,
    }


@pytest.mark.parametrize(
    ("values", "place", "told"),
    [
        ("unknown: {}, low: {}", "4:68", "'unknown' means not known, and can be no spelling of 'unknown'"),
        ("not_tested: {}, low: {}", "4:68", "'not tested' means not known, and can be no spelling of 'not_tested'"),
        ("low: {aliases: [NA]}, high: {}", "4:84", "'na' means not known, and can be no spelling of 'low'"),
        ("low: {aliases: [tbd]}, high: {}", "4:84", "'tbd' means not known, and can be no spelling of 'low'"),
    ],
)
def test_no_value_is_spelled_like_not_known(overlay: Path, values: str, place: str, told: str) -> None:
    """Unknown is never read as known: a value or an alias that means not known is refused at its place."""
    fact = f"  ki67: {{type: choice, label: Ki-67, ask: What is Ki-67?, values: {{{values}}}}}\n"
    problem = refused(overlay, OVERLAY.replace("facts:\n", f"facts:\n{fact}"))[0]
    assert problem.startswith(f"{place} {told} | choose another word")


def test_extending_nothing_or_itself_is_refused(overlay: Path) -> None:
    """A base that is not there, and a circle of rulebooks, are told where they are named; a slip of the pen is guessed."""
    for base, expected in (
        ("gone.yaml", "1:10 this cannot be extended: no such file | `builtin`, or a path from the folder of this file"),
        ("bulitin", "1:10 this cannot be extended: no such file | did you mean builtin?"),
        (".", "1:10 this cannot be extended: this is a directory, not a file"),
        ("[builtin]", "1:10 'extends' must be a text, not a list"),
        ("", "1:1 the rulebook needs 'extends'"),
        ("department.yaml", "1:10 rulebooks extend each other without end | extend a rulebook that does not"),
    ):
        assert refused(overlay, OVERLAY.replace("extends: builtin", f"extends: {base}"))[0].startswith(expected)


def test_a_stack_of_overlays_has_an_end(tmp_path: Path) -> None:
    """Eight rulebooks may stand on the shipped one; a ninth is told that there are too many, since nothing goes round."""
    for i in range(9):
        base = f"{i - 1}.yaml" if i else "builtin"
        (tmp_path / f"{i}.yaml").write_text(f"extends: {base}\nrulebook: {{id: layer-{i}, version: 1}}\n")
    assert len(load_rulebook(tmp_path / "7.yaml").stamp.chain) == 9
    with pytest.raises(RulebookError) as caught:
        load_rulebook(tmp_path / "8.yaml")
    assert caught.value.problems[0].message == "more than 8 rulebooks would be extended by one"


@pytest.mark.parametrize(
    "text",
    [
        '{"rulebook": {"id": "ward", "version": 1}, "extends": "builtin"}',
        '{\n\t"extends":\t"builtin",\n\t"rulebook":\t{"id": "ward", "version": 1}\n}\n',
        "--- {rulebook: {id: ward, version: 1}, extends: builtin}",
        "rulebook: {id: ward, version: 1}\n'extends' : builtin\n",
        "? extends\n: builtin\n? rulebook\n: {id: ward, version: 1}\n",
        "rulebook:\n  id: ward\n  version: 1\n  title: >-\n    what it\n    extends: nothing\nextends: builtin\n",
    ],
    ids=["JSON", "tabs", "document start", "quoted", "explicit", "in a text"],
)
def test_an_overlay_may_be_written_in_any_form_of_yaml(overlay: Path, text: str) -> None:
    """What is extended is found wherever it stands and however it is quoted."""
    overlay.write_text(text)
    assert [stamp.id for stamp in load_rulebook(overlay).stamp.chain] == ["ward", load_rulebook().stamp.id]


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
