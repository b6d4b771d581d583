"""`gisttriage batch` of a table, as a user meets it: what is printed, what is written, how it ends."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import duckdb
import jsonschema
import pytest
import yaml

from gisttriage import Rulebook
from gisttriage.schema import mapping_schema

from .conftest import ROOT, Run
from .tables import case_answer, read_table, write_table

ROWS: list[dict[str, Any]] = [
    {"id_": "p1", "Disease Extent": "Metastatic", "subtype": "KIT exon 11", "TKI": "Gleevec", "progression": "UPD"},
    {"id_": "p2", "Disease Extent": "metastatic", "subtype": "CD117+", "TKI": "imatinib", "progression": "PD"},
    {"id_": "p3", "Disease Extent": "localised", "subtype": "", "TKI": "", "progression": ""},
]
CLASH = {"id_": "p4", "Disease Extent": "recurrent", "subtype": "", "TKI": "imatinib", "progression": "limited"}


def test_summary(gisttriage: Run, tmp_path: Path, rulebook: Rulebook) -> None:
    """A table is summed up: how many are settled, what to ask for, its situations, and how its columns were read."""
    write_table(tmp_path / "r.csv", ROWS)
    ran = gisttriage("batch", "r.csv")
    assert ran.code == 0
    for told in (
        "3 rows: 2 open, 1 out of scope",
        "What to ask for",
        "3 different situations",
        "tki from TKI: 2 different",
    ):
        assert told in ran.out
    assert (
        "id from id_: shown only" in ran.out and rulebook.stamp.sha256[:12] in ran.out and "does not replace" in ran.out
    )
    assert "r.csv: warning: 'CD117+' in the column 'subtype' is no value of subtype" in ran.err
    assert "Staining is not a mutation" in ran.err
    narrow = gisttriage("batch", "r.csv", env={"COLUMNS": "60"})
    assert max(map(len, narrow.out.splitlines())) <= 60


@pytest.mark.parametrize("ending", ["parquet", "csv", "tsv", "jsonl"])
def test_outputs(gisttriage: Run, tmp_path: Path, rulebook: Rulebook, ending: str) -> None:
    """Every format has the input's columns and the answers, under the same names, for its owner only."""
    write_table(tmp_path / "r.csv", ROWS)
    ran = gisttriage("batch", "r.csv", "-o", f"s.{ending}")
    assert ran.code == 0 and ran.err.endswith(f"wrote s.{ending}\n")
    found = read_table(tmp_path / f"s.{ending}")
    assert [{name: row[name] for name in ROWS[0]} for row in found] == ROWS
    added = list(found[0])[len(ROWS[0]) :]
    assert added[:4] == ["gisttriage_status", *(f"gisttriage_{name}" for name in rulebook.decisions)]
    assert set(added[4:]) == {
        f"gisttriage_{name}"
        for name in [
            "missing",
            "rules",
            "cautions",
            "notices",
            "errors",
            "situation",
            "rulebook",
            "rulebook_version",
            "rulebook_sha256",
        ]
    }
    words = {"disease_extent": "metastatic", "subtype": "kit_exon_11", "tki": "imatinib", "progression": "limited"}
    expected = case_answer(rulebook, words)
    assert {name: found[0][name] for name in expected} == expected
    assert (tmp_path / f"s.{ending}").stat().st_mode & 0o777 == 0o600


def test_situations(gisttriage: Run, tmp_path: Path) -> None:
    """The situations are written with their counts, the most frequent first, and joined to rows by their number."""
    write_table(tmp_path / "r.csv", [*ROWS, ROWS[0], ROWS[0]])
    for ending in ("csv", "tsv", "md", "json", "jsonl"):
        ran = gisttriage("batch", "r.csv", "-o", "s.csv", "--situations", f"t.{ending}")
        assert ran.code == 0, ran.err
    with open(tmp_path / "t.csv", newline="") as file:
        table = list(csv.DictReader(file))
    assert [row["cases"] for row in table] == ["3", "1", "1"]
    assert (table[0]["tki"], table[0]["progression"], table[0]["fit_for_surgery"]) == ("imatinib", "limited", "")
    numbers = [row["gisttriage_situation"] for row in read_table(tmp_path / "s.csv")]
    assert numbers.count(table[0]["gisttriage_situation"]) == 3
    whole = json.loads((tmp_path / "t.json").read_text())
    assert whole["cases"] == 5 and whole["situations"][0]["cases"] == 3 and "disclaimer" in whole
    assert "does not replace" in (tmp_path / "t.md").read_text()
    assert gisttriage("batch", "r.csv", "--situations", "t.xlsx").code == 2


def test_rows_that_contradict_themselves(gisttriage: Run, tmp_path: Path) -> None:
    """They are not answered, say why, and end the run with 2; the others are answered all the same."""
    rows = [{**row, "progressing_lesions": ""} for row in ROWS] + [{**CLASH, "progressing_lesions": "0"}]
    write_table(tmp_path / "r.csv", rows)
    ran = gisttriage("batch", "r.csv", "-o", "s.jsonl")
    assert ran.code == 2 and "1 of 4 rows could not be answered" in ran.err
    found = read_table(tmp_path / "s.jsonl")
    assert [row["gisttriage_status"] for row in found] == ["needs_data", "needs_data", "out_of_scope", "error"]
    assert "contradict each other" in found[3]["gisttriage_errors"] and found[3]["gisttriage_surgery"] == ""
    assert gisttriage("batch", "r.csv", "--exit-zero").code == 0


def test_emergencies_are_seen(gisttriage: Run, tmp_path: Path) -> None:
    """A row that cannot wait is counted as such, even if something else in it contradicts itself."""
    rows = [{**CLASH, "progressing_lesions": "0", "presentation": "perforation"}]
    write_table(tmp_path / "r.csv", rows)
    ran = gisttriage("batch", "r.csv", "-o", "s.jsonl")
    assert "1 emergency among them: do not wait" in ran.out and "emergency: do not wait" in ran.out
    assert read_table(tmp_path / "s.jsonl")[0]["gisttriage_notices"] == "notice-emergency"


def test_strict(gisttriage: Run, tmp_path: Path) -> None:
    """--strict refuses a table with a value that is not known, and names it; nothing is written."""
    write_table(tmp_path / "r.csv", ROWS)
    ran = gisttriage("batch", "r.csv", "--strict", "-o", "s.csv", "--situations", "t.csv")
    assert ran.code == 2 and ran.out == "" and "r.csv: error: 'CD117+'" in ran.err
    assert os.listdir(tmp_path) == ["r.csv"]


def test_grouped(gisttriage: Run, tmp_path: Path) -> None:
    """Rows of one patient are one case; whose rows disagree is listed."""
    rows = [
        {"who": "a", "tki": "imatinib", "progression": ""},
        {"who": "a", "tki": "", "progression": "limited"},
        {"who": "b", "tki": "imatinib", "progression": ""},
        {"who": "b", "tki": "sunitinib", "progression": "PD"},
        {"who": "", "tki": "imatinib", "progression": "PD"},
    ]
    write_table(tmp_path / "r.csv", rows)
    (tmp_path / "m.yaml").write_text("group_by: who\n")
    ran = gisttriage("batch", "r.csv", "--map", "m.yaml", "-o", "s.csv")
    assert ran.code == 0 and "3 patients in 5 rows" in ran.out and "1 patient whose rows disagree" in ran.out
    assert (
        "rows disagree on tki, which is only partly known then: of 'b'" in ran.err
        and "1 row without a patient" in ran.err
    )
    found = read_table(tmp_path / "s.csv")
    assert [(row["who"], row["tki"], row["gisttriage_rows"]) for row in found] == [
        ("a", "imatinib", "2"),
        ("b", "imatinib; sunitinib", "2"),
        ("", "imatinib", "1"),
    ]


TEMPTING = {
    "SAMPLE_TYPE": ["Primary", "Metastasis"],
    "SPECIMEN_TYPE": ["Biopsy", "metastatic"],
    "METASTATIC_SITE": ["Liver", ""],
    "FOCALITY_AT_DIAGNOSIS": ["unifocal", "multifocal"],
    "MULTIFOCAL": ["yes", "no"],
    "PROGRESSION_FREE_SURVIVAL": ["12", "30"],
    "NF1": ["p.R1276*", ""],
    "SDHA_MUTATION": ["yes", ""],
    "MUTATION_SUBTYPE": ["nf1", "kit"],
    "FIRST_LINE_TKI": ["imatinib", ""],
    "PRIOR_TKI": ["imatinib", "none"],
    "DRUG": ["imatinib", ""],
    "RESECTION_MARGIN": ["R0", "R1"],
}


def test_drafts_conclude_nothing(gisttriage: Run, tmp_path: Path, rulebook: Rulebook) -> None:
    """A draft places columns that are called like facts, and none that only tempts to; it runs as it is."""
    rows = [{name: cells[i % 2] for name, cells in TEMPTING.items()} | dict(ROWS[i % 3]) for i in range(12)]
    rows[0]["TKI"], rows[0]["PATIENT_ID"] = "None", "x"
    write_table(tmp_path / "r.csv", rows, list(rows[0]))
    ran = gisttriage("batch", "--suggest-map", "r.csv")
    draft = yaml.safe_load(ran.out)
    assert ran.code == 0 and list(draft["columns"]) == ["Disease Extent", "subtype", "TKI", "progression"]
    assert not any(name in ran.out.split("# Not placed")[0] for name in TEMPTING)
    assert "may bear on" not in ran.out
    assert '"CD117+":' in ran.out and "Staining is not a mutation" in ran.out and "unknown: [None]" in ran.out
    jsonschema.validate(draft, mapping_schema(rulebook))
    (tmp_path / "m.yaml").write_text(ran.out)
    mapped = gisttriage("batch", "r.csv", "--map", "m.yaml")
    assert mapped.code == 0 and "12 rows: 8 open, 4 out of scope" in mapped.out
    assert gisttriage("batch", "--suggest-map", "r.csv", "-o", "d.yaml").out == ""
    assert (tmp_path / "d.yaml").read_text() == ran.out


def test_drafts_carry_no_patients(gisttriage: Run, tmp_path: Path) -> None:
    """Ids, names and notes do not get into a draft, and what a cell says stays in its comment."""
    rows = [{"tki": "imatinib", "name": f"Person {i}", "note": f"x\n  tki: {i}\x1b[2J"} for i in range(40)]
    write_table(tmp_path / "r.csv", [*rows, {"tki": "a\nconstants: {fit_for_surgery: yes}", "name": "", "note": "y"}])
    ran = gisttriage("batch", "--suggest-map", "r.csv")
    assert "Person" not in ran.out and "\x1b" not in ran.out and "40 different values" in ran.out
    assert list(yaml.safe_load(ran.out)) == ["columns"]


def test_mapping_schema_takes_what_the_reader_takes(rulebook: Rulebook) -> None:
    """The README's mapping is valid by the schema, and by the reader; the schema refuses mistakes."""
    text = (ROOT / "README.md").read_text().split("```yaml\ncolumns:")[1].split("```")[0]
    schema = mapping_schema(rulebook)
    mapping = yaml.load(f"columns:{text}", Loader=yaml.BaseLoader)
    jsonschema.validate(mapping, schema)
    for wrong in ({"colums": {}}, {"columns": {"A": "drug"}}, {"columns": {"A": {"fact": "tki", "rule": "any"}}}):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(wrong, schema)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("r.csv", "-o", "s.xlsx"), "-o cannot write a table as .xlsx"),
        (("r.csv", "-o", "s.json"), "known endings: .parquet, .csv, .tsv, .jsonl"),
        (("r.csv", "-o", "r.csv"), "r.csv is read here"),
        (("r.csv", "cases"), "need a run each"),
        (("r.csv", "r.parquet"), "not tables of one kind"),
        (("r.csv", "--pattern", "*.x"), "for folders of cases"),
        (("cases", "--map", "m.yaml"), "--map is for tables"),
        (("cases", "--strict"), "--strict is for tables"),
        (("r.csv", "--master", "local"), "for --engine spark"),
        (("table:x", "-o", "s.csv"), "need --engine spark"),
        (("s3://bucket/r.csv",), "files of this machine only"),
        (("nothing.csv",), "no such file"),
        (("r.csv", "--map", "nothing.yaml"), "no such file"),
        (("r.csv", "-o", "nowhere/s.csv"), "cannot be written"),
        (("r.csv", "--engine", "duckdb", "m.yaml"), "m.yaml is no table"),
    ],
)
def test_usage(gisttriage: Run, tmp_path: Path, arguments: tuple[str, ...], expected: str) -> None:
    """What cannot be done is said in a line, with the way to do it, and nothing is written."""
    write_table(tmp_path / "r.csv", ROWS)
    write_table(tmp_path / "r.parquet", ROWS)
    (tmp_path / "m.yaml").write_text("columns: {}\n")
    (tmp_path / "cases").mkdir()
    before = sorted(os.listdir(tmp_path))
    ran = gisttriage("batch", *arguments)
    assert ran.code == 2 and expected in ran.err and "Traceback" not in ran.err, ran.err
    assert sorted(os.listdir(tmp_path)) == before


def test_interrupted(tmp_path: Path) -> None:
    """Ctrl-C ends the work of the engine, too, and leaves no file behind."""
    duckdb.execute(
        "COPY (SELECT range AS n, 'imatinib' AS tki, HASH(range) AS note FROM range(6000000)) TO $1 (FORMAT parquet)",
        [str(tmp_path / "r.parquet")],
    )
    for number, code in ((signal.SIGINT, 130), (signal.SIGTERM, 128 + signal.SIGTERM)):
        process = subprocess.Popen(
            [sys.executable, "-m", "gisttriage", "batch", "r.parquet", "-o", "s.csv"],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(ROOT), "TMPDIR": str(tmp_path)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        deadline = time.monotonic() + 60
        while (
            not any(path.stat().st_size > 0 for path in tmp_path.glob(".gisttriage-*")) and time.monotonic() < deadline
        ):
            time.sleep(0.01)
        process.send_signal(number)
        out, err = process.communicate(timeout=60)
        assert process.returncode == code and out == "" and "nothing more was written" in err, err
        assert os.listdir(tmp_path) == ["r.parquet"]


def test_example(gisttriage: Run, tmp_path: Path) -> None:
    """The example in examples/ comes to what its patients are: eight of them, each answered by the latest visit."""
    examples = ROOT / "examples"
    ran = gisttriage("batch", examples / "registry.csv", "--map", examples / "registry.map", "-o", "s.jsonl")
    assert ran.code == 0 and "8 patients in 10 rows: 3 settled, 4 open, 1 out of scope" in ran.out, ran.out
    assert "rows disagree on progression, which is only partly known then: of 'G-07'" in ran.err
    assert "'CD117+' in the column 'GENOTYPE' is no value of subtype" in ran.err
    found = {row["PATIENT"]: row for row in read_table(tmp_path / "s.jsonl")}
    assert found["G-01"]["gisttriage_systemic_therapy"] == "resume_tki"
    assert found["G-02"]["gisttriage_surgery"] == "not_favoured"
    assert found["G-03"]["gisttriage_status"] == "out_of_scope"
