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
