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
    """Another version, another reason, a condition said otherwise: no answer changes, exit 0."""
    text = (
        SHIPPED.replace("version: 1.0.0", "version: 2.0.0")
        .replace("when: {presentation: emergency}", "when: {not: {presentation: [asymptomatic, symptomatic]}}")
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


OVERLAY = "extends: builtin\nrulebook: {id: department, version: 1}\n"


def test_a_notice_that_is_no_longer_given_is_told(gisttriage: Run, tmp_path: Path) -> None:
    """An overlay that disables the emergency notice changes what is told: where, with the reason and a witness; exit 1."""
    new = written(tmp_path, OVERLAY + "disable: [{rule: notice-emergency, because: we know}]\n")
    ran = gisttriage("rules", "diff", "builtin", new)
    assert ran.code == 1
    assert "the rule notice-emergency is disabled: we know" in ran.out
    assert "urgent notice ‘Unstable bleeding" in ran.out
    assert "no longer given" in ran.out
    assert not ran.out.endswith("no case is answered otherwise\n")
    told = json.loads(gisttriage("rules", "diff", "builtin", new, "--format", "json").out)
    assert told["disabled"] == {"notice-emergency": "we know"}
    assert told["changes"] == []
    assert {(each["kind"], each["old"], each["new"]) for each in told["remarks"]} == {
        ("urgent notice", "given", "not given")
    }
    old, book = load_rulebook(), load_rulebook(new)
    for each in told["remarks"]:
        assert each["when"]["presentation"] == ["emergency"]
        assert "notice-emergency" in assess(parse_case(each["witness"], old), old).notices
        assert not assess(parse_case(each["witness"], book), book).notices


def test_a_notice_that_is_no_longer_urgent_is_told(gisttriage: Run, tmp_path: Path) -> None:
    """What is urgent stands at the head of a list of patients: the same words without it are another notice."""
    ran = gisttriage("rules", "diff", "builtin", written(tmp_path, SHIPPED.replace("    urgent: yes\n", "")))
    assert ran.code == 1
    assert ": urgent notice ‘Unstable" in ran.out
    assert ": notice ‘Unstable" in ran.out


def test_a_caution_with_another_threshold_is_told(gisttriage: Run, tmp_path: Path) -> None:
    """The region is exactly the numbers between the two thresholds."""
    new = written(tmp_path, SHIPPED.replace('">= 5"', '">= 4"'))
    told = json.loads(gisttriage("rules", "diff", "builtin", new, "--format", "json").out)
    assert {each["new"] for each in told["remarks"]} == {"given"}
    assert {tuple(each["when"]["mitoses_per_50_hpf"]) for each in told["remarks"]} == {(">= 4, < 5",)}


def test_what_is_provided_with_an_answer_is_compared(gisttriage: Run, tmp_path: Path) -> None:
    """Another proviso in words beside the same answer: told where that answer is given, by decision."""
    text = SHIPPED.replace("provided: imatinib was not tried and given up before", "provided: the heart is sound")
    ran = gisttriage("rules", "diff", "builtin", written(tmp_path, text))
    assert ran.code == 1
    assert "provided ‘the heart is sound; earlier drugs are not part of a case’ now given" in ran.out
    assert (
        "provided ‘imatinib was not tried and given up before; earlier drugs are not part of a case’ no longer given"
        in ran.out
    )


WORDS = {
    "a proviso": ('    proviso: "no"\n', '    proviso: "yes"\n', "tki_contraindicated: the proviso was no and is yes"),
    "no proviso": ('    proviso: "no"\n', "", "tki_contraindicated: the proviso no is gone"),
    "an alias gone": ("imatinib, aliases: [gleevec, ", "imatinib, aliases: [", "tki: the word ‘gleevec’ is gone, and meant imatinib"),
    "an alias moved": (
        "aliases: [unifocal, focal, upd,", "aliases: [focal, upd, mpd2, ",
        "progression: the word ‘mpd2’ is new, and means limited",
    ),
    "an alias of another value": (
        "[sutent, sunitinib malate]}\n      regorafenib: {label: regorafenib, aliases: [stivarga]}",
        "[stivarga, sunitinib malate]}\n      regorafenib: {label: regorafenib, aliases: [sutent]}",
        "tki: the word ‘sutent’ meant sunitinib and means regorafenib",
    ),
    "a group": (
        "values: [sunitinib, regorafenib, ripretinib]}", "values: [sunitinib, regorafenib]}",
        "tki: the group after_imatinib was sunitinib or regorafenib or ripretinib and is sunitinib or regorafenib",
    ),
    "a new group": ("      after_imatinib: {", "      late_lines: {", "tki: the group late_lines is new"),
    "a unit": ("unit: cm", "unit: mm", "largest_tumor_cm: the unit was cm and is mm"),
    "a spelling of a unit": ("units: [centimetres, ", "units: [", "largest_tumor_cm: the spelling of the unit ‘centimetres’ is gone"),
    "a bound": ("max: 60\n", "max: 80\n", "largest_tumor_cm: max was 60 and is 80"),
    "a lower bound": ("unit: cm\n    units: [centimetres, centimeters]\n    min: 0", "unit: cm\n    units: [centimetres, centimeters]\n    min: 1", "largest_tumor_cm: min was 0 and is 1"),
    "whole": ("    whole: yes\n", "", "progressing_lesions: whole was yes and is no"),
    "not known anywhere": ("    - no data\n", "    - no data\n    - tbd\n", "the spelling of not known ‘tbd’ is new"),
    "not known of one fact": ("type: choice\n    label: Molecular", "type: choice\n    not_known: [tbd]\n    label: Molecular", "subtype: the spelling of not known ‘tbd’ is new"),
    "a fact for show": ("diverse, intersex", "diverse", "sex: the word ‘intersex’ is gone, and meant other"),
}  # fmt: skip


@pytest.mark.parametrize(("old", "new", "told"), WORDS.values(), ids=WORDS.keys())
def test_words_that_mean_something_else_are_told(
    gisttriage: Run, tmp_path: Path, old: str, new: str, told: str
) -> None:
    """What a case file says may mean something else although no rule changed: told, exit 1, and the last line says so."""
    assert SHIPPED.count(old) == 1
    ran = gisttriage("rules", "diff", "builtin", written(tmp_path, SHIPPED.replace(old, new)))
    assert told in ran.out.splitlines()
    assert ran.code == 1
    assert ran.out.splitlines()[-1].endswith("answered alike, while words mean something else")


def test_what_holds_of_every_fact_is_told_once(gisttriage: Run, tmp_path: Path) -> None:
    """A spelling of not known for the whole rulebook is one line, not one for each fact; a group changes once for all its words."""
    ran = gisttriage(
        "rules", "diff", "builtin", written(tmp_path, SHIPPED.replace("    - no data\n", "    - no data\n    - tbd\n"))
    )
    assert ran.out.count("tbd") == 1
    text = SHIPPED.replace("values: [limited, multifocal], aliases", "values: [multifocal], aliases")
    told = json.loads(gisttriage("rules", "diff", "builtin", written(tmp_path, text), "--format", "json").out)
    assert told["vocabulary"] == ["progression: the group progressed was limited or multifocal and is multifocal"]


def test_a_fact_of_another_type_is_another_fact(gisttriage: Run, tmp_path: Path) -> None:
    """The type is told, and what the rules make of the old fact and of the new one are told apart."""
    text = SHIPPED.replace(
        "  tumor_rupture:\n    type: yes_no\n",
        "  tumor_rupture:\n    type: number\n    unit: times\n    min: 0\n    max: 9\n",
    ).replace('- tumor_rupture: "yes"', '- tumor_rupture: ">= 1"')
    new = written(tmp_path, text)
    ran = gisttriage("rules", "diff", "builtin", new)
    assert (ran.code, ran.err) == (1, "")
    assert "tumor_rupture: the type was yes_no and is number" in ran.out.splitlines()
    told = json.loads(gisttriage("rules", "diff", "builtin", new, "--format", "json").out)
    assert any({"tumor_rupture", "tumor_rupture (old)"} <= each["when"].keys() for each in told["remarks"])
    assert gisttriage("rules", "diff", new, "builtin").code == 1


CASE = "disease_extent: metastatic\ntki: none\nsubtype: kit_exon_11\n"


def test_a_case_that_only_one_side_reads_is_not_passed_over(gisttriage: Run, tmp_path: Path) -> None:
    """Refused where it was answered: changed, with the reason. With a fact that only one has: not compared, and counted."""
    facts = "facts:\n  frail: {type: yes_no, label: Frail, ask: Frail?}\n"
    (tmp_path / "cases").mkdir()
    (tmp_path / "cases" / "a.yaml").write_text("id: one\n" + CASE)
    (tmp_path / "cases" / "b.yaml").write_text("id: two\n" + CASE + "frail: yes\n")
    (tmp_path / "cases" / "c.yaml").write_text("id: three\n" + CASE.replace("tki: none", "tki: gleevec"))
    (tmp_path / "department.yaml").write_text(OVERLAY.replace("builtin", "new.yaml") + facts)
    written(tmp_path, SHIPPED.replace("aliases: [gleevec, ", "aliases: ["))
    ran = gisttriage("rules", "diff", "builtin", "department.yaml", "--cases", "cases")
    assert "three: answered → refused (tki cannot be 'gleevec')" in ran.out
    assert f"{Path('cases', 'b.yaml')}: not compared: only one rulebook has frail" in ran.out
    assert "1 of 3 cases would be answered otherwise, 1 could not be compared" in ran.out
    assert ran.code == 1
    back = gisttriage("rules", "diff", "department.yaml", "builtin", "--cases", "cases", "--format", "json")
    told = json.loads(back.out)
    (refused,) = told["cases"]
    assert refused["refused"]["new"] == "answered"
    assert [each["file"] for each in told["not_compared"]] == [str(Path("cases", "b.yaml"))]


def test_cases_that_neither_side_can_read_are_an_error(gisttriage: Run, tmp_path: Path) -> None:
    """A folder that is not there, and a case that no rulebook can read: exit 2, and the problem is printed."""
    assert gisttriage("rules", "diff", "builtin", "builtin", "--cases", "gone").code == 2
    (tmp_path / "cases").mkdir()
    (tmp_path / "cases" / "a.yaml").write_text(CASE)
    (tmp_path / "cases" / "b.yaml").write_text("tki: [\n")
    ran = gisttriage("rules", "diff", "builtin", "builtin", "--cases", "cases")
    assert ran.code == 2
    assert "b.yaml:" in ran.err
    assert "0 of 2 cases would be answered otherwise, 1 could not be compared" in ran.out


def test_notices_and_decisions_of_real_cases_are_compared(gisttriage: Run, tmp_path: Path) -> None:
    """What is no longer told of a case is a change, and so is a question that is asked no more."""
    (tmp_path / "cases").mkdir()
    (tmp_path / "cases" / "a.yaml").write_text("id: one\npresentation: emergency\n" + CASE)
    new = written(tmp_path, OVERLAY + "disable: [{rule: notice-emergency, because: we know}]\n")
    ran = gisttriage("rules", "diff", "builtin", new, "--cases", "cases")
    assert "one: urgent notice ‘Unstable bleeding" in ran.out
    assert "given → not given" in ran.out
    small = SHIPPED[: SHIPPED.index("  # ---- Local therapy")] + SHIPPED[SHIPPED.index("  # ---- Notices") :]
    start = small.index("  local_therapy:\n")
    new.write_text(small[:start] + small[small.index("\nscope:") :])
    ran = gisttriage("rules", "diff", "builtin", new, "--cases", "cases")
    assert "one: local_therapy no_guidance → not asked" in ran.out
    told = json.loads(gisttriage("rules", "diff", new, "builtin", "--cases", "cases", "--format", "json").out)
    assert told["cases"][0]["decisions"] == {"local_therapy": {"old": "not asked", "new": "no_guidance"}}


def test_of_many_regions_the_largest_are_printed(gisttriage: Run, tmp_path: Path) -> None:
    """Beyond 200 regions the text says how many more there are; JSON has them all."""
    rows = [(f"v{i}", [f"w{j}" for j in range(8) if i >> j & 1]) for i in range(1, 231)]
    when = ", ".join(f"{{a: {value}, b: [{', '.join(others)}]}}" for value, others in rows)
    text = f"""\
rulebook: {{id: wide, version: 1, not_known: ['']}}
facts:
  id: {{type: text, label: id, ask: id?}}
  notes: {{type: text, label: notes, ask: notes?}}
  a: {{type: choice, label: a, ask: a?, values: {{{", ".join(f"{value}: {{}}" for value, _ in rows)}}}}}
  b: {{type: choice, label: b, ask: b?, values: {{{", ".join(f"w{j}: {{}}" for j in range(8))}}}}}
sources: {{}}
decisions: {{go: {{label: go, options: {{go: {{}}, stay: {{}}}}}}}}
scope: {{when: {{a: [v1, v2]}}}}
rules:
  - {{id: wide, when: {{any: [{when}]}}, then: {{go: go}}, because: so}}
""".replace("{a: [v1, v2]}", f"{{a: [{', '.join(value for value, _ in rows)}]}}")
    (tmp_path / "old.yaml").write_text(text)
    new = written(tmp_path, text.replace("then: {go: go}", "then: {go: stay}"))
    ran = gisttriage("rules", "diff", "old.yaml", new)
    told = json.loads(gisttriage("rules", "diff", "old.yaml", new, "--format", "json").out)
    assert len(told["changes"]) == 230
    assert ran.out.count("go go → stay") == 200
    assert "… and 30 more; --format json has all" in ran.out.splitlines()
    sizes = [each["cases"] for each in told["changes"]]
    assert sizes == sorted(sizes, reverse=True)
