"""Reading the rulebook: rules in words, and references that other programs can read."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import rispy
from citeproc.source.json import CiteProcJSON
from pybtex.database import parse_string

from gisttriage import Rulebook

from .conftest import Run


def test_list_and_show_tell_every_rule(gisttriage: Run, rulebook: Rulebook) -> None:
    """Every rule is listed; `show` gives its reason, evidence with disagreements, neighbours and a case in which it applies."""
    listed = gisttriage("rules", "list").out
    lines = listed.split("\n\n")[0].splitlines()
    assert [line.split()[0] for line in lines] == [*rulebook.rules]
    for told in (listed, gisttriage("rules", "show", "surgery-nf1").out, gisttriage("rules", "sources").out):
        assert rulebook.stamp.sha256[:12] in told
        assert "Supports clinical review and does not replace it." in told
    shown = gisttriage("rules", "show", "surgery-nf1").out
    for part in (
        "then surgery: Consider",
        "overrides surgery-alone",
        "imprecise X10:",
        "n = 45",
        "applies, for example, to\n",
        "subtype: nf1",
    ):
        assert part in shown
    assert "gives way to surgery-nf1" in gisttriage("rules", "show", "surgery-alone").out
    missed = gisttriage("rules", "show", "surgery-nf2")
    assert missed.code == 2
    assert "did you mean surgery-nf1?" in missed.err


def test_every_rule_can_be_shown_and_its_example_applies(gisttriage: Run, rulebook: Rulebook, tmp_path: Path) -> None:
    """The case that `show` prints is one to which `assess` says the rule applies."""
    for id in list(rulebook.rules)[::5]:
        shown = gisttriage("rules", "show", id).out
        case = tmp_path / "case.yaml"
        case.write_text(
            "".join(
                f"{line.strip()}\n"
                for line in shown.split("applies, for example, to\n")[1].split("\n\n")[0].splitlines()
            )
        )
        answer = json.loads(gisttriage("assess", case, "--format", "json").out)
        assert next(rule["applies"] for rule in answer["rules"] if rule["id"] == id)


def test_sources_are_listed_with_what_they_say(gisttriage: Run, rulebook: Rulebook) -> None:
    """Every source with its design and every finding with its note."""
    told = gisttriage("rules", "sources").out
    for source in rulebook.sources.values():
        assert source.design in told
        for finding in source.findings.values():
            assert finding.statement in told
            assert finding.note in told


def test_bibtex_is_read_by_a_reference_parser(gisttriage: Run, rulebook: Rulebook) -> None:
    """pybtex reads every entry, with the identifiers that were seen in print and no others."""
    parsed = parse_string(gisttriage("rules", "sources", "--format", "bibtex").out, "bibtex").entries
    assert set(parsed) == set(rulebook.sources)
    demetri = parsed["demetri-2002"]
    assert demetri.fields["doi"] == "10.1056/NEJMoa020461"
    assert demetri.persons["author"][0].last_names == ["Demetri"]
    assert {id for id, entry in parsed.items() if "doi" in entry.fields} == {"demetri-2002"}


def test_ris_is_read_by_a_reference_parser(gisttriage: Run, rulebook: Rulebook) -> None:
    """rispy reads every record."""
    parsed = {record["id"]: record for record in rispy.loads(gisttriage("rules", "sources", "--format", "ris").out)}
    assert set(parsed) == set(rulebook.sources)
    assert parsed["mudan-2000"]["start_page"] == "66"
    assert parsed["mudan-2000"]["journal_name"] == "Cancer"


@pytest.mark.filterwarnings("ignore")
def test_csl_json_is_read_by_a_reference_processor(gisttriage: Run, rulebook: Rulebook) -> None:
    """citeproc reads every item."""
    items = json.loads(gisttriage("rules", "sources", "--format", "csl-json").out)
    parsed = CiteProcJSON(items)
    assert set(parsed) == set(rulebook.sources)
    assert str(parsed["fairweather-2018"]["volume"]) == "268"


def test_a_year_that_is_no_number_is_exported_as_it_is_written(gisttriage: Run, tmp_path: Path) -> None:
    """A paper in press has no year yet, and a number of patients may be told in words: neither stops an export or an answer."""
    (tmp_path / "ours.yaml").write_text(
        "extends: builtin\nrulebook: {id: ours, version: 1}\nsources:\n"
        + "".join(
            f"  {id}: {{type: publication, title: T, authors: A B, journal: J, year: {year}, design: d, n: {n}, "
            "findings: {F: {statement: s, locator: l, agreement: agrees}}}\n"
            for id, year, n in (("coming", "in press", "²"), ("none", '""', '""'), ("far", "9" * 5000, "9" * 5000))
        )
        + "rules: [{id: told, when: {tki: none}, caution: c, cites: ["
        + ", ".join(f"{{source: {id}, finding: F}}" for id in ("coming", "none", "far"))
        + "]}]\n"
    )
    exported = gisttriage("rules", "sources", "--format", "csl-json", "--rules", "ours.yaml")
    assert exported.code == 0, exported.err
    issued = {item["id"]: item.get("issued") for item in json.loads(exported.out)}
    assert issued["coming"] == {"literal": "in press"}
    assert issued["none"] is None
    assert issued["mudan-2000"] == {"date-parts": [[2000]]}
    case = "{disease_extent: metastatic, tki: none}"
    answer = gisttriage("assess", "-", "--format", "json", "--rules", "ours.yaml", stdin=case)
    assert [cite["n"] for cite in json.loads(answer.out)["citations"][-3:]] == [None, None, None]


def test_a_disabled_rule_is_shown_with_the_reason(gisttriage: Run, rulebook: Rulebook, tmp_path: Path) -> None:
    """`show` does not deny that it is there; where every rule is disabled, the list says so."""
    disabled = ", ".join(f"{{rule: {id}, because: not here}}" for id in rulebook.rules)
    (tmp_path / "none.yaml").write_text(
        f"extends: builtin\nrulebook: {{id: ours, version: 1}}\ndisable: [{disabled}]\n"
    )
    shown = gisttriage("rules", "show", "surgery-nf1", "--rules", "none.yaml")
    assert (shown.code, shown.out.splitlines()[0]) == (0, "surgery-nf1 is disabled: not here")
    assert rulebook.stamp.disclaimer in shown.out
    listed = gisttriage("rules", "list", "--rules", "none.yaml")
    assert listed.code == 0, listed.err
    assert len([line for line in listed.out.splitlines() if line.endswith("disabled: not here")]) == len(rulebook.rules)
    missed = gisttriage("rules", "show", "surgery-nf2", "--rules", "none.yaml")
    assert "did you mean surgery-nf1?" in missed.err


def test_a_rule_is_shown_where_the_search_for_an_example_is_too_large(gisttriage: Run, tmp_path: Path) -> None:
    """The rule is told all the same, and why no example follows."""
    facts = "".join(f"  x{i}: {{type: yes_no, label: x{i}, ask: x?}}\n" for i in range(40))
    pairs = ", ".join(f"{{any: [{{x{2 * i}: yes}}, {{x{2 * i + 1}: yes}}]}}" for i in range(20))
    (tmp_path / "wide.yaml").write_text(
        f"extends: builtin\nrulebook: {{id: wide, version: 1}}\nfacts:\n{facts}"
        f"rules: [{{id: wide, when: {{all: [{pairs}]}}, caution: much}}]\n"
    )
    shown = gisttriage("rules", "show", "wide", "--rules", "wide.yaml")
    assert shown.code == 0, shown.err
    assert "  caution: much\n  no example: too many cases would have to be searched for one\n" in shown.out
