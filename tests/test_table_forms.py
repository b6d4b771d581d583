"""The forms that real tables come in, and the ways in which they are broken."""

from __future__ import annotations

import gzip
import json
import os
import resource
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from gisttriage import GistTriageError, Rulebook
from gisttriage.tables import parse_mapping
from gisttriage.tables.duck import DuckEngine

from .conftest import ROOT, Run
from .tables import read_table, score, write_table

HEAD = "patient,tki,progression\n"
ROWS = "a,imatinib,limited\nb,,multifocal\n"


@pytest.fixture
def duck(rulebook: Rulebook) -> Iterator[DuckEngine]:
    """A DuckDB engine."""
    engine = DuckEngine(rulebook, 2)
    yield engine
    engine.close()


@pytest.mark.parametrize(
    "text",
    [
        HEAD + ROWS,
        "\ufeff" + HEAD + ROWS,
        (HEAD + ROWS).replace("\n", "\r\n"),
        HEAD + "\n\n" + ROWS.replace("\n", "\n\n"),
        HEAD + ROWS + ",,\n,,\n",
        (HEAD + ROWS).rstrip(),
        (HEAD + ROWS).replace(",", ";"),
        (HEAD + ROWS).replace(",", "\t"),
        (HEAD + ROWS).replace(",", "|"),
        " patient, tki , Progression\n" + ROWS,
        '"patient","tki","progression"\n"a","imatinib","limited"\n"b","","multifocal"\n',
        "#Patient\tDrug\n#what\twhich\n#STRING\tSTRING\n#1\t1\n" + (HEAD + ROWS).replace(",", "\t"),
        "\ufeff\r\n#x\r\n" + (HEAD + ROWS).replace("\n", "\r\n"),
        "patient,tki,progression,note\n" + 'a,imatinib,limited,"x, ""y""\nz"\nb,,multifocal,\n',
        "patient,tki,progression,\na,imatinib,limited,1\nb,,multifocal,2\n",
    ],
)
def test_header_forms(duck: DuckEngine, rulebook: Rulebook, tmp_path: Path, text: str) -> None:
    """Byte-order marks, line ends, blank rows, separators, quotes, spaces and comment lines change nothing."""
    source = tmp_path / "r.csv"
    source.write_bytes(text.encode())
    cohort = score(source, rulebook, duck, output=tmp_path / "s.jsonl")
    assert cohort.cases == 2 and sorted(column.fact for column in cohort.columns) == ["progression", "tki"]
    first, second = read_table(tmp_path / "s.jsonl")
    assert [value.strip() for value in list(first.values())[:3]] == ["a", "imatinib", "limited"]
    assert list(second.values())[:3] == ["b", "", "multifocal"]
    assert first["gisttriage_errors"] == second["gisttriage_errors"] == ""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "this table is empty"),
        ("\n\n#x\n", "this table is empty"),
        ("tki\n", "no rows"),
        ("tki,tki\na,b\n", "'tki' stands twice"),
        ("tki,TKI\na,b\n", "differ in case or spaces only"),
        ("tki,gisttriage_status\na,b\n", "is an answer of gisttriage"),
        ("x,y\n1,2\n", "no column is named like a fact"),
        (HEAD + ROWS + "c,imati", ":4:1: error: this row has 2 cells, and the header 3"),
        (HEAD + ROWS + "c,d,e,f\n", ":4:1: error: this row has 4 cells, and the header 3"),
        (HEAD + ROWS + 'c,"imati', "a quote is never closed"),
        (HEAD + ROWS.replace("\n", "\r\n"), "mixed line ends"),
        ('"patient,tki\na,b\n', "the line of column names cannot be read"),
    ],
)
def test_broken_texts(duck: DuckEngine, rulebook: Rulebook, tmp_path: Path, text: str, expected: str) -> None:
    """A text that is no table is refused with its place, and nothing is written; no row is quoted."""
    source = tmp_path / "r.csv"
    source.write_text(text, newline="")
    with pytest.raises(GistTriageError) as error:
        score(source, rulebook, duck, output=tmp_path / "s.parquet")
    assert expected in str(error.value) and "imati" not in str(error.value).replace("imatinib", "")
    assert os.listdir(tmp_path) == ["r.csv"]


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (HEAD.encode() + b"\xe4,imatinib,limited\n", "not UTF-8"),
        ("tki\nimatinib\n".encode("utf-16"), "UTF-16"),
        (b"\x00\xff" * 2000, "error: "),
    ],
)
def test_texts_in_other_encodings(
    duck: DuckEngine, rulebook: Rulebook, tmp_path: Path, data: bytes, expected: str
) -> None:
    """What is not UTF-8 is refused, with what to do."""
    (tmp_path / "r.csv").write_bytes(data)
    with pytest.raises(GistTriageError, match=expected):
        score(tmp_path / "r.csv", rulebook, duck)


def test_damaged_files(duck: DuckEngine, rulebook: Rulebook, tmp_path: Path) -> None:
    """A truncated Parquet file, a torn line of JSON and a cut-off gzip are refused, and nothing is written."""
    rows = [{"tki": "imatinib", "progression": "limited", "n": str(i)} for i in range(5000)]
    whole = write_table(tmp_path / "r.parquet", rows).read_bytes()
    for name, data, expected in (
        ("cut.parquet", whole[: len(whole) // 2], "no whole Parquet file"),
        ("empty.parquet", b"", "this table is empty"),
        ("text.parquet", b"tki\nimatinib\n", "no whole Parquet file"),
        ("hole.parquet", whole[:2000] + bytes(2000) + whole[4000:], "error: "),
        ("torn.jsonl", b'{"tki": "imatinib"}\n{"tki": "ima', "not JSON"),
        ("cut.csv.gz", gzip.compress(b"tki\n" + os.urandom(9000).hex().encode())[:-3000], "gzip"),
    ):
        (tmp_path / name).write_bytes(data)
        with pytest.raises(GistTriageError, match=expected):
            score(tmp_path / name, rulebook, duck, output=tmp_path / "s.csv")
        assert not (tmp_path / "s.csv").exists() and not list(tmp_path.glob(".gisttriage*"))


def test_a_column_that_changes_type_half_way(duck: DuckEngine, rulebook: Rulebook, tmp_path: Path) -> None:
    """Numbers that become texts in the middle are read as what each of them says."""
    lines = [f'{{"progressing_lesions": {i % 3}, "tki": "imatinib"}}' for i in range(30_000)]
    lines += ['{"progressing_lesions": ">= 2", "tki": null}', '{"progressing_lesions": "many", "new": [1]}']
    (tmp_path / "r.jsonl").write_text("\n".join(lines))
    cohort = score(tmp_path / "r.jsonl", rulebook, duck, output=tmp_path / "s.parquet")
    assert cohort.cases == 30_002
    assert [(each.text, each.rows) for column in cohort.columns for each in column.unread] == [("many", 1)]


def test_files_of_one_table(duck: DuckEngine, rulebook: Rulebook, tmp_path: Path) -> None:
    """Several files are one table, whatever the order of their columns; files of other columns are refused."""
    write_table(tmp_path / "a[1].csv", [{"tki": "imatinib", "progression": "limited"}])
    write_table(tmp_path / "b.csv", [{"progression": "multifocal", "tki": "sunitinib"}])
    write_table(tmp_path / "c.csv", [{"progression": "multifocal", "drug": "sunitinib"}])
    paths = [tmp_path / "a[1].csv", tmp_path / "b.csv"]
    assert score(paths, rulebook, duck, output=tmp_path / "s.jsonl").cases == 2
    assert [row["tki"] for row in read_table(tmp_path / "s.jsonl")] == ["imatinib", "sunitinib"]
    with pytest.raises(GistTriageError, match=r"c\.csv.* has no column 'tki'"):
        score([*paths, tmp_path / "c.csv"], rulebook, duck)


def test_a_pattern_names_files_of_one_table(gisttriage: Run, tmp_path: Path) -> None:
    """A pattern in quotes names several files, sorted; one that names none is told as such."""
    for year in (2021, 2020):
        write_table(tmp_path / f"registry-{year}.csv", [{"tki": "imatinib", "year": str(year)}])
    ran = gisttriage("batch", "registry-*.csv", "-o", "s.jsonl")
    assert ran.code == 0 and [row["year"] for row in read_table(tmp_path / "s.jsonl")] == ["2020", "2021"]
    ran = gisttriage("batch", "nothing-*.csv")
    assert ran.code == 2 and "no such file" in ran.err


def test_a_folder_of_parquet_files(gisttriage: Run, tmp_path: Path) -> None:
    """A folder of Parquet files is one table, as Spark writes it; a folder of cases is not."""
    folder = tmp_path / "scored"
    (folder / "year=2020").mkdir(parents=True)
    (folder / "year=2021").mkdir()
    write_table(folder / "year=2020" / "a.parquet", [{"tki": "imatinib"}])
    write_table(folder / "year=2021" / "b.parquet", [{"tki": "sunitinib"}])
    ran = gisttriage("batch", "scored", "-o", "out.jsonl")
    assert ran.code == 0, ran.err
    assert [row["year"] for row in read_table(tmp_path / "out.jsonl")] == [2020, 2021]


def test_large_texts_are_learned_from_their_beginning(
    rulebook: Rulebook, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a large text holds further down, and its beginning did not, is answered as well, and counted."""
    monkeypatch.setattr("gisttriage.tables.duck._HEAD", 50)
    monkeypatch.setattr("gisttriage.tables.duck._LARGE", 0)
    monkeypatch.setattr("gisttriage.tables.scoring._ORDERED", 0)
    usual = {"tki": "imatinib", "progression": "limited"}
    for last, unread in (
        ({}, 0),
        ({"tki": "sunitinib"}, 0),
        ({"tki": "sunitinb"}, 1),
        ({"tki": "", "progression": ""}, 0),
    ):
        rows = [{**usual, "n": str(i)} for i in range(300)] + [
            {**usual, "n": "" if not all(last.values()) else "x", **last}
        ]
        engine = DuckEngine(rulebook)
        cohort = score(write_table(tmp_path / "r.csv", rows), rulebook, engine, output=tmp_path / "s.parquet")
        engine.close()
        found = read_table(tmp_path / "s.parquet")
        blank = last == {"tki": "", "progression": ""}
        assert len(found) == cohort.cases == 301 - blank
        assert all(row["gisttriage_status"] for row in found)
        assert sum(each.rows for column in cohort.columns for each in column.unread) == unread
        assert sum(scored.cases for scored in cohort.situations) == cohort.cases


def test_spreadsheet_formulas_are_disarmed(duck: DuckEngine, rulebook: Rulebook, tmp_path: Path) -> None:
    """In CSV and TSV no text is a formula or moves a cursor; numbers stay numbers. Parquet keeps what it got."""
    texts = ["=1+1", "+x", "@SUM(A1)", " =cmd", "-2", "+3.5", "-", "a\x1b[2J", "1-2", "-1,5", "\u202eevil"]
    rows = [{"tki": "imatinib", "note": text} for text in texts]
    source = write_table(tmp_path / "r.parquet", rows)
    for ending in ("csv", "tsv"):
        score(source, rulebook, duck, output=tmp_path / f"s.{ending}")
        found = [row["note"] for row in read_table(tmp_path / f"s.{ending}")]
        assert found == ["'=1+1", "'+x", "'@SUM(A1)", "' =cmd", "-2", "+3.5", "'-", "a�[2J", "1-2", "-1,5", "�evil"]
    score(source, rulebook, duck, output=tmp_path / "s.parquet")
    assert [row["note"] for row in read_table(tmp_path / "s.parquet")] == texts


def test_parquet_names_the_rulebook(duck: DuckEngine, rulebook: Rulebook, tmp_path: Path) -> None:
    """A Parquet result says in its own metadata which rulebook it was, and what it is not."""
    score(write_table(tmp_path / "r.csv", [{"tki": "imatinib"}]), rulebook, duck, output=tmp_path / "s.parquet")
    query = "SELECT CAST(value AS VARCHAR) FROM parquet_kv_metadata($1)"
    ((told,),) = duckdb.execute(query, [str(tmp_path / "s.parquet")]).fetchall()
    assert rulebook.stamp.sha256 in told and "does not replace" in told
    row = read_table(tmp_path / "s.parquet")[0]
    assert (
        row["gisttriage_rulebook_sha256"] == rulebook.stamp.sha256
        and rulebook.stamp.disclaimer in row["gisttriage_rulebook"]
    )


def test_no_room_left(tmp_path: Path) -> None:
    """A disk that is full ends the run with an error, and leaves nothing that looks like a result."""
    rows = [{"tki": "imatinib", "note": os.urandom(30).hex()} for _ in range(20_000)]
    write_table(tmp_path / "r.parquet", rows)
    (tmp_path / "old.csv").write_text("what was there\n")
    for output in ("s.parquet", "s.csv", "s.jsonl", "old.csv"):
        done = subprocess.run(
            [sys.executable, "-m", "gisttriage", "batch", "r.parquet", "-o", output],
            capture_output=True,
            text=True,
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000)),
            check=False,
        )
        assert done.returncode == 2 and "cannot be written" in done.stderr, done.stderr
        assert output in done.stderr and "Traceback" not in done.stderr and done.stdout == ""
    assert sorted(os.listdir(tmp_path)) == ["old.csv", "r.parquet"]
    assert (tmp_path / "old.csv").read_text() == "what was there\n"


def test_missing_extra(gisttriage: Run, tmp_path: Path) -> None:
    """Without the package, one line says what to install; a folder of cases needs none of it."""
    for package, extra in (("duckdb", "tables"), ("pyspark", "spark")):
        folder = tmp_path / f"without-{package}"
        folder.mkdir()
        (folder / f"{package}.py").write_text("raise ImportError('not here')\n")
        write_table(tmp_path / "r.csv", [{"tki": "imatinib"}])
        env = {"PYTHONPATH": f"{folder}:{ROOT}"}
        ran = gisttriage("batch", "r.csv", "--engine", "spark" if extra == "spark" else "duckdb", env=env)
        assert ran.code == 2 and f"pip install 'gisttriage[{extra}]'" in ran.err and "Traceback" not in ran.err
        assert gisttriage("assess", ROOT / "examples" / "d6-resistant-site.yaml", env=env).code == 0


def test_missing_java(gisttriage: Run, tmp_path: Path) -> None:
    """Without Java, one line says what to install."""
    pytest.importorskip("pyspark", reason="the extra `spark` is not installed")
    write_table(tmp_path / "r.csv", [{"tki": "imatinib"}])
    for env in ({"PATH": str(tmp_path), "JAVA_HOME": ""}, {"JAVA_HOME": str(tmp_path)}):
        ran = gisttriage("batch", "r.csv", "--engine", "spark", env=env)
        assert ran.code == 2 and "Spark needs Java" in ran.err and "apt install" in ran.err


def test_mappings_are_checked(rulebook: Rulebook, tmp_path: Path, duck: DuckEngine) -> None:
    """Every mistake in a mapping is told with its place and what may have been meant."""
    for text, expected in (
        ("colums: {}", "did you mean columns"),
        ("columns: {A: tkii}", "did you mean tki?"),
        ("columns: {A: {fact: tki, values: {1: imatinb}}}", "did you mean imatinib"),
        ("columns: {A: {fact: tki, values: {a: none, A: imatinib}}}", "two meanings"),
        ("columns: {A: {fact: tki, rule: any}}\ngroup_by: p", "yes and no"),
        ("columns: {A: {fact: tki, rule: first}}\ngroup_by: p", "no rule 'first'"),
        ("columns: {A: {fact: fit_for_surgery, rule: any}}", "add group_by"),
        ("columns: {A: {fact: fit_for_surgery, latest by: d}}", "add group_by"),
        ("columns: {A: tki}\nconstants: {tki: none}", "is a constant"),
        ("constants: {tki: blank}", "tki cannot be 'blank'"),
        ("constants: {nothing: 1}", "no fact 'nothing'"),
        ("columns: [a, b]", "must be a list of"),
        ("columns: {A: {values: {1: none}}}", "needs 'fact'"),
        ("- a", "not a list"),
    ):
        with pytest.raises(GistTriageError, match="<mapping>") as error:
            parse_mapping(text, rulebook)
        assert expected in str(error.value), text
    source = write_table(tmp_path / "r.csv", [{"Drug": "x", "day": "spring", "p": "1", "fit": "yes"}])
    for text, expected in (
        ("columns: {Drugs: tki}", "did you mean Drug?"),
        ("columns: {Drug: tki}\ngroup_by: patient", "no column 'patient'"),
        ("columns: {fit: {fact: fit_for_surgery, latest by: date}}\ngroup_by: p", "no column 'date'"),
        (
            "columns: {fit: {fact: fit_for_surgery, latest by: day}}\ngroup_by: p",
            "'spring' in the column 'day' is no date",
        ),
    ):
        with pytest.raises(GistTriageError) as error:
            score(source, rulebook, duck, parse_mapping(text, rulebook))
        assert expected in str(error.value), text


def test_a_situation_that_is_new_in_a_large_text(
    rulebook: Rulebook, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Further down in a large text, known values in a combination that is new are answered, too."""
    monkeypatch.setattr("gisttriage.tables.duck._HEAD", 50)
    monkeypatch.setattr("gisttriage.tables.duck._LARGE", 0)
    monkeypatch.setattr("gisttriage.tables.scoring._ORDERED", 0)
    pairs = [("imatinib", "limited"), ("sunitinib", "multifocal")] * 100 + [("imatinib", "multifocal")]
    engine = DuckEngine(rulebook)
    source = write_table(tmp_path / "r.csv", [{"tki": tki, "progression": text} for tki, text in pairs])
    cohort = score(source, rulebook, engine, output=tmp_path / "s.parquet")
    engine.close()
    assert [scored.cases for scored in cohort.situations] == [100, 100, 1]
    assert all(row["gisttriage_status"] for row in read_table(tmp_path / "s.parquet"))


def test_a_column_that_begins_blank(rulebook: Rulebook, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A column that says nothing in the beginning of a large text is read where it does (once it was lost)."""
    monkeypatch.setattr("gisttriage.tables.duck._HEAD", 50)
    monkeypatch.setattr("gisttriage.tables.duck._LARGE", 0)
    monkeypatch.setattr("gisttriage.tables.scoring._ORDERED", 0)
    rows = [{"tki": "imatinib", "progression": "limited" if i > 200 else "", "n": str(i)} for i in range(300)]
    engine = DuckEngine(rulebook)
    cohort = score(write_table(tmp_path / "r.csv", rows), rulebook, engine, output=tmp_path / "s.parquet")
    engine.close()
    assert sorted(scored.cases for scored in cohort.situations) == [99, 201]


def test_folders_of_files_that_are_not_alike(duck: DuckEngine, rulebook: Rulebook, tmp_path: Path) -> None:
    """A folder of Parquet files is refused if one has other columns or types; no file of it is missed, no marker read."""
    folder = tmp_path / "r.parquet"
    (folder / "_temporary").mkdir(parents=True)
    write_table(folder / "a.parquet", [{"tki": "imatinib"}])
    write_table(folder / "b.parquet", [{"tki": "sunitinib"}]).rename(folder / "b.PARQUET")
    write_table(folder / "_temporary" / "c.parquet", [{"tki": "none"}])
    assert score(folder, rulebook, duck).cases == 2
    write_table(folder / "d.parquet", [{"tki": "imatinib", "progression": "limited"}])
    with pytest.raises(GistTriageError, match="has no column 'progression'"):
        score(folder, rulebook, duck)
    duckdb.execute("COPY (SELECT 5 AS tki) TO $1 (FORMAT parquet)", [str(folder / "d.parquet")])
    with pytest.raises(GistTriageError, match="of other types"):
        score(folder, rulebook, duck)


def test_names_that_an_engine_would_change(duck: DuckEngine, rulebook: Rulebook, tmp_path: Path) -> None:
    """Columns that differ in case only are refused in every form: an engine would rename one, and lose what it says."""
    (tmp_path / "r.jsonl").write_text('{"tki": "imatinib"}\n{"TKI": "sunitinib"}\n')
    data = write_table(tmp_path / "x.parquet", [{"tki": "imatinib", "xki": "sunitinib"}]).read_bytes()
    (tmp_path / "r.parquet").write_bytes(data.replace(b"xki", b"TKI"))
    (tmp_path / "s.parquet").write_bytes(data.replace(b"xki", b"tki"))
    for name, expected in (("r.jsonl", "in case"), ("r.parquet", "in case"), ("s.parquet", "stands twice")):
        with pytest.raises(GistTriageError, match=expected):
            score(tmp_path / name, rulebook, duck)


def test_json_lists_and_negative_zeros(duck: DuckEngine, rulebook: Rulebook, tmp_path: Path) -> None:
    """Lists of JSON are lists, and a zero is a zero whatever its sign."""
    rows = [
        {"progression": ["limited"], "mitoses_per_50_hpf": -0.0},
        {"progression": ["limited", "multifocal"], "mitoses_per_50_hpf": 0.5},
        {"progression": None, "mitoses_per_50_hpf": 0.0},
    ]
    (tmp_path / "r.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    cohort = score(tmp_path / "r.jsonl", rulebook, duck)
    assert not any(column.unread for column in cohort.columns)
    known = [
        [fact.names(mask) for fact, mask in zip(rulebook.read, each.situation, strict=True)]
        for each in cohort.situations
    ]
    assert sum("limited" in each for each in known) == 1 and cohort.clashes == 1


def test_codes_for_unknown_hold_everywhere(duck: DuckEngine, rulebook: Rulebook, tmp_path: Path) -> None:
    """Codes of the whole table hold for patients and dates, too, and 99 is 99.0; a name to ignore must be there."""
    rows = [
        {"who": "1", "tki": "imatinib", "visit": "1", "n": "99.0"},
        {"who": "1", "tki": "sunitinib", "visit": "99", "n": "7"},
        {"who": "99", "tki": "imatinib", "visit": "1", "n": "7"},
        {"who": "not-known", "tki": "imatinib", "visit": "1", "n": "7"},
        {"who": "99", "tki": "sunitinib", "visit": "1", "n": "7"},
    ]
    source = write_table(tmp_path / "r.csv", rows)
    text = """
    columns: {tki: {fact: tki, latest by: visit}, n: {fact: mitoses_per_50_hpf, values: {99: unknown}}}
    group_by: who
    unknown: [99]
    """
    cohort = score(source, rulebook, duck, parse_mapping(text, rulebook))
    assert (cohort.cases, cohort.alone, cohort.clashes) == (4, 3, 1)
    with pytest.raises(GistTriageError, match="did you mean visit"):
        score(source, rulebook, duck, parse_mapping("ignore: [visitt]", rulebook))


def test_errors_quote_no_rows(duck: DuckEngine, rulebook: Rulebook, tmp_path: Path) -> None:
    """What stands in a torn row is not taken for the name of a file."""
    (tmp_path / "r.csv").write_text('PAT,tki\n"Jo\nfile = JOHN DOE 1950\nx",imatinib,7\n')
    with pytest.raises(GistTriageError) as error:
        score(tmp_path / "r.csv", rulebook, duck)
    assert "DOE" not in str(error.value) and "r.csv:" in str(error.value)


def test_headers_are_disarmed(duck: DuckEngine, rulebook: Rulebook, tmp_path: Path) -> None:
    """In CSV no column's name is a formula, either."""
    source = write_table(tmp_path / "r.jsonl", [{"tki": "imatinib", "=1+1": "x", "a\x1b[2J": "y"}])
    score(source, rulebook, duck, output=tmp_path / "s.csv")
    assert list(read_table(tmp_path / "s.csv")[0])[:3] == ["tki", "'=1+1", "a\\x1b[2J"]


def test_inputs_are_never_written_over(gisttriage: Run, tmp_path: Path) -> None:
    """No result, draft or table of situations takes the place of what is read, or of another result."""
    write_table(tmp_path / "r.csv", [{"tki": "imatinib"}])
    (tmp_path / "m.yaml").write_text("unknown: [9]\n")
    (tmp_path / "t.parquet").mkdir()
    write_table(tmp_path / "t.parquet" / "a.parquet", [{"tki": "imatinib"}])
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    for arguments in (
        ("r.csv", "--situations", "r.csv"),
        ("--suggest-map", "r.csv", "-o", "r.csv"),
        ("r.csv", "-o", "x.csv", "--situations", "x.csv"),
        ("r.csv", "--map", "m.yaml", "-o", "./m.yaml"),
        ("t.parquet", "-o", "t.parquet/a.parquet"),
        ("r.csv", "-o", "x.csv", "--situations", "nowhere/s.csv"),
    ):
        ran = gisttriage("batch", *arguments)
        assert ran.code == 2 and "Traceback" not in ran.err and ran.out == "", (arguments, ran)
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


def test_what_is_no_table_of_its_kind(gisttriage: Run, tmp_path: Path) -> None:
    """A file of another kind, a pipe, or a name that is not UTF-8 is refused with the way out."""
    (tmp_path / "a.csv").write_bytes(gzip.compress(b"tki\nimatinib\n"))
    write_table(tmp_path / "b.parquet", [{"tki": "imatinib"}]).rename(tmp_path / "b.csv")
    (tmp_path / "c.csv").write_bytes(b"tki\n\0\0\n")
    os.mkfifo(tmp_path / "d.csv")
    write_table(tmp_path / "e.csv", [{"tki": "imatinib"}]).rename(os.fsdecode(os.fsencode(tmp_path) + b"/x\xff.csv"))
    for name, expected in (
        ("a.csv", "this is a gzip file"),
        ("b.csv", "this is a Parquet file"),
        ("c.csv", "not a text file"),
        ("d.csv", "this is no file"),
        (os.fsdecode(b"x\xff.csv"), "not UTF-8"),
    ):
        ran = gisttriage("batch", name)
        assert ran.code == 2 and expected in ran.err and "Traceback" not in ran.err, ran.err


def test_wide_tables(duck: DuckEngine, rulebook: Rulebook, tmp_path: Path) -> None:
    """Hundreds of columns that nobody reads are carried along, grouped or not."""
    rows = [{"who": str(i // 2), "tki": "imatinib"} | {f"x{j}": f"{i}" for j in range(400)} for i in range(20)]
    source = write_table(tmp_path / "r.csv", rows)
    score(source, rulebook, duck, parse_mapping("group_by: who", rulebook), tmp_path / "s.parquet")
    found = read_table(tmp_path / "s.parquet")
    assert len(found) == 10 and found[0]["x399"] == "0; 1"
