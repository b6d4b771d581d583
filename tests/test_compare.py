"""Comparing rulebooks by behaviour: exactly the cases whose answer changes, whatever the text looks like."""

from __future__ import annotations

import json
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings

from gisttriage import Rulebook, assess, assess_situation, load_rulebook, parse_case
from gisttriage.compare import compare

from .conftest import ROOT, Run
from .rulebooks import Sketch, sketches
from .test_triage import loaded

SHIPPED = (ROOT / "rules.yaml").read_text(encoding="utf-8")
SUNITINIB = 'tki: sunitinib, not_multifocal: "yes", operable: "yes"}'


def written(tmp_path: Path, text: str) -> Path:
    """Write a rulebook."""
    path = tmp_path / "new.yaml"
    path.write_text(text, encoding="utf-8")
    return path


@settings(max_examples=200)
@given(sketches(), sketches())
def test_the_regions_are_exactly_where_the_answers_differ(one: Sketch, two: Sketch) -> None:
    """On random rulebooks over one vocabulary: each case lies in a changed region if and only if its answer changes so."""
    two = Sketch(one.facts, _over(two, one), [], ("any", [("in", "f0", one.facts["f0"])]))
    one = Sketch(one.facts, one.rules, [], one.scope)
    comparison = compare(loaded(one), loaded(two))
    names = [fact.name for fact in comparison.facts]
    for case in one.completions({}):
        place = {name: 1 << one.facts[name].index(case[name]) for name in names}
        regions = [c for c in comparison.changes if all(place[names[i]] & mask for i, mask in c.box.items())]
        before, after = one.outcome(case), two.outcome(case)
        assert {(c.old, c.new) for c in regions} == ({(before, after)} if before != after else set())
    # A fact that is open is no condition of a region.
    assert all(0 < mask < comparison.facts[i].full for c in comparison.changes for i, mask in c.box.items())


@settings(max_examples=100)
@given(sketches(), sketches())
def test_the_regions_of_remarks_are_exactly_where_they_differ(one: Sketch, two: Sketch) -> None:
    """On random rulebooks: each known case lies in a region of a remark if and only if `assess` gives it on one side only."""
    two, one = Sketch(one.facts, _over(two, one), [], one.scope), Sketch(one.facts, one.rules, [], one.scope)
    old, new = _with_remarks(one), _with_remarks(two)
    comparison = compare(old, new)
    for case in one.completions({}):
        place = tuple(1 << values.index(case[name]) for name, values in one.facts.items())
        before, after = _given(old, place), _given(new, place)
        answers_alike = one.outcome(case) == two.outcome(case)
        told = {
            (c.remark.kind, c.remark.text, c.new)
            for c in comparison.remarks
            if c.remark and all(place[i] & mask for i, mask in c.box.items())
        }
        kinds = ("notice", "caution", "provided") if answers_alike else ("notice", "caution")
        gone = {(*each, "not given") for each in before - after if each[0] in kinds}
        assert told == gone | {(*each, "given") for each in after - before if each[0] in kinds}


def _with_remarks(sketch: Sketch) -> Rulebook:
    """Load a random rulebook in which some rules give notices and cautions, and some answers are subject to something."""
    text = sketch.text().replace("go: maybe}", "go: maybe}, notice: look out, caution: take care")
    with TemporaryDirectory() as folder:
        path = Path(folder, "rules.yaml")
        path.write_text(text.replace("go: yes_do}", "go: yes_do}, provided: all is well"))
        return load_rulebook(path)


def _given(rulebook: Rulebook, known: tuple[int, ...]) -> set[tuple[str, str]]:
    assessment = assess_situation(known, rulebook)
    return {
        *(("notice", rulebook.rules[id].notice) for id in assessment.notices),
        *(("caution", rulebook.rules[id].caution) for id in assessment.cautions),
        *(("provided", text) for text in assessment.decisions["go"].provided),
    }


def _over(sketch: Sketch, other: Sketch) -> list[tuple[str, object, str, list[str]]]:
    """The rules of one sketch whose conditions another's vocabulary can say."""

    def fits(condition: object) -> bool:
        kind, *rest = condition  # type: ignore[misc]
        if kind == "in":
            return rest[0] in other.facts and set(rest[1]) <= set(other.facts[rest[0]])
        return fits(rest[0]) if kind == "not" else all(map(fits, rest[0]))

    kept = [rule for rule in sketch.rules if fits(rule[1])] or [("r0", ("in", "f0", ["v0"]), "maybe", [])]
    ids = {id for id, *_ in kept}
    return [(id, when, option, [name for name in over if name in ids]) for id, when, option, over in kept]


def test_a_rulebook_does_not_differ_from_itself_reworded(gisttriage: Run, tmp_path: Path) -> None:
    """Another version, another reason, other thresholds for cautions: no answer changes, exit 0."""
    text = (
        SHIPPED.replace("version: 1.0.0", "version: 2.0.0")
        .replace('">= 5"', '">= 4"')
        .replace("Operating without", "Surgery without")
    )
    ran = gisttriage("rules", "diff", "builtin", written(tmp_path, text))
    assert ran.code == 0
    assert ran.out.splitlines()[-1].endswith("no case is answered otherwise")


def test_a_change_is_told_as_a_region_with_a_witness(gisttriage: Run, tmp_path: Path) -> None:
    """Taking limited progression out of the rule for sunitinib: one region, in words, that `assess` confirms on both sides."""
    new = written(tmp_path, SHIPPED.replace(SUNITINIB, 'tki: sunitinib, progression: none, operable: "yes"}'))
    ran = gisttriage("rules", "diff", "builtin", new)
    assert ran.code == 1
    assert "sunitinib, limited progression" in ran.out
    assert "surgery caution → no_guidance" in ran.out
    told = json.loads(gisttriage("rules", "diff", "builtin", new, "--format", "json").out)
    for change in told["changes"]:
        for book, side in ((load_rulebook(), "old"), (load_rulebook(new), "new")):
            answer = assess(parse_case(change["witness"], book), book).decisions[change["decision"]]
            assert answer.possible == (change[side],)


def test_one_branch_for_focal_and_multifocal_progression_is_flagged(gisttriage: Run, tmp_path: Path) -> None:
    """A tree from practice that treats every progression alike differs from the shipped one exactly in multifocal progression."""
    text = SHIPPED.replace(
        "tki: imatinib, progression: limited, operable", "tki: imatinib, progression: progressed, operable"
    )
    text = text.replace(
        'when: {metastatic_disease: "yes", tki: imatinib, progression: multifocal}',
        'when: {metastatic_disease: "yes", tki: imatinib, progression: multifocal, not_operable: "yes"}',
    )
    told = json.loads(gisttriage("rules", "diff", "builtin", written(tmp_path, text), "--format", "json").out)
    surgery = [change for change in told["changes"] if change["decision"] == "surgery"]
    assert surgery
    assert all(change["when"]["progression"] == ["multifocal"] for change in surgery)
    assert {(change["old"], change["new"]) for change in surgery} >= {("not_favoured", "consider")}


def test_real_cases_are_compared_too(gisttriage: Run, tmp_path: Path) -> None:
    """--cases names every case of a folder whose answer changes; an empty folder is an error."""
    new = written(
        tmp_path, SHIPPED.replace("then: {systemic_therapy: start_imatinib}", "then: {systemic_therapy: no_guidance}")
    )
    ran = gisttriage("rules", "diff", "builtin", new, "--cases", ROOT / "examples")
    assert "board-21: systemic_therapy start_imatinib → no_guidance" in ran.out
    assert "board-06:" not in ran.out
    (tmp_path / "empty").mkdir()
    assert gisttriage("rules", "diff", "builtin", new, "--cases", "empty").code == 2


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("  tumor_rupture:\n    type: yes_no", "  mitotic_index:\n    type: yes_no", "the fact mitotic_index is new"),
        (
            "      avapritinib: {label: avapritinib, aliases: [ayvakit, ayvakyt]}\n",
            "      avapritinib: {label: avapritinib}\n      pimitespib: {label: pimitespib}\n",
            "tki: the value pimitespib is new",
        ),
    ],
)
def test_another_vocabulary_is_told(gisttriage: Run, tmp_path: Path, old: str, new: str, told: str) -> None:
    """Facts and values that only one side knows are named."""
    text = (
        SHIPPED.replace(old, new).replace("- tumor_rupture:", "- mitotic_index:")
        if "mitotic" in new
        else SHIPPED.replace(old, new)
    )
    ran = gisttriage("rules", "diff", "builtin", written(tmp_path, text))
    assert ran.code == 1
    assert told in ran.out
