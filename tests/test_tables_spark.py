"""Tables on Spark, for real, in local mode: the same answers as DuckDB's and as case files'.

Where Spark or Java is missing these are skipped, and say so; with GISTTRIAGE_SPARK=required, as in .ci/run, they fail.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from gisttriage import GistTriageError, Rulebook, load_rulebook
from gisttriage.tables import parse_mapping
from gisttriage.tables.duck import DuckEngine
from gisttriage.tables.engine import Engine

from .conftest import Run
from .tables import read_table, score, write_table
from .test_tables import HOSTILE, assert_answered, rulebook_of, shipped_tables, sketched_tables, wide_rulebook

SHIPPED = load_rulebook()
PHASES = (Phase.explicit, Phase.reuse, Phase.generate)  # a job takes seconds: what fails is not made smaller
# Python workers and sockets of a session that lives as long as the tests are nobody's leak.
pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")


def _missing() -> str:
    try:
        import pyspark  # noqa: F401, PLC0415
    except ImportError:
        return "pyspark is not installed: pip install 'gisttriage[spark]'"
    found = shutil.which("java") or os.path.exists(os.path.join(os.environ.get("JAVA_HOME", ""), "bin", "java"))
    return "" if found else "there is no Java"


@pytest.fixture(scope="module")
def spark() -> Iterator[Engine]:
    """One local Spark for all tests of this file."""
    reason = _missing()
    if reason and os.environ.get("GISTTRIAGE_SPARK") == "required":
        pytest.fail(f"Spark is required here: {reason}")
    if reason:
        pytest.skip(reason)
    from gisttriage.tables.spark import SparkEngine  # noqa: PLC0415 - not importable everywhere

    engine = SparkEngine("local[2]")
    yield engine
    engine.close()


def fresh(path: Path) -> Path:
    """Remove an earlier result: Spark writes over none."""
    shutil.rmtree(path, ignore_errors=True)
    return path


@settings(
    max_examples=8, phases=PHASES, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(rows=shipped_tables(), ending=st.sampled_from(["csv", "tsv", "csv.gz", "parquet", "jsonl"]))
def test_rows_are_answered_as_cases(
    spark: Engine, rows: list[dict[str, str | None]], ending: str, tmp_path: Path
) -> None:
    """Every row gets the answer of a case file with the same words, and the one that DuckDB gives, column by column."""
    text = ending.startswith(("csv", "tsv"))
    if not any(cell not in (None, "") for row in rows for cell in row.values()):
        return
    source = write_table(tmp_path / f"registry.{ending}", rows)
    name = "from-text" if text else "typed"
    score(source, SHIPPED, spark, output=fresh(tmp_path / f"{name}.parquet"))
    assert_answered(tmp_path / f"{name}.parquet", rows, SHIPPED)
    duck = DuckEngine(SHIPPED)
    score(source, SHIPPED, duck, output=tmp_path / "of-duck.parquet")
    duck.close()
    assert read_table(tmp_path / f"{name}.parquet") == read_table(tmp_path / "of-duck.parquet")


@settings(
    max_examples=6, phases=PHASES, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(drawn=sketched_tables())
def test_random_rulebooks(spark: Engine, drawn: tuple[Any, list[dict[str, str | None]]], tmp_path: Path) -> None:
    """With any rulebook, too."""
    sketch, rows = drawn
    rulebook = rulebook_of(sketch)
    source = write_table(tmp_path / "registry.parquet", rows)
    score(source, rulebook, spark, output=fresh(tmp_path / "typed.parquet"))
    assert_answered(tmp_path / "typed.parquet", rows, rulebook)


def test_rulebooks_wider_than_a_key(spark: Engine, tmp_path: Path) -> None:
    """A rulebook of more than 63 bits takes several key columns on Spark, too."""
    rulebook = wide_rulebook()
    rows: list[dict[str, str | None]] = [
        {"f0": f"v{i % 70}", "f1": f"v{i % 30}", "f3": f"v{i % 4}", "size": str(i % 100)} for i in range(140)
    ]
    score(write_table(tmp_path / "r.parquet", rows), rulebook, spark, output=tmp_path / "typed.parquet")
    assert_answered(tmp_path / "typed.parquet", rows, rulebook)


def test_patients_merge_as_on_duckdb(spark: Engine, rulebook: Rulebook, tmp_path: Path) -> None:
    """Grouped rows, rules between rows, lists, codes and constants give what they give on DuckDB."""
    texts = ("limited", "multifocal", "", "PD", "no")
    rows = [
        {
            "who": f"p{i % 9}" if i % 11 else "",
            "progression": texts[i % 5],
            "visit": f"20{10 + i % 7}-0{1 + i % 3}-01" if i % 4 else "",
            "ruptured": ("no", "yes", "")[i % 3],
            "mut": ("KIT11;TP53", "nf1", "9", "wt;KIT11")[i % 4],
        }
        for i in range(60)
    ]
    text = """
    columns:
      progression: {fact: progression, latest by: visit}
      ruptured: {fact: tumor_rupture, rule: any}
      mut: {fact: subtype, separator: ";", values: {KIT11: kit_exon_11, TP53: unknown}, unknown: [9]}
    constants: {tki: imatinib}
    group_by: who
    """
    mapping = parse_mapping(text, rulebook)
    source = write_table(tmp_path / "r.csv", rows)
    duck = DuckEngine(rulebook)
    cohorts = [
        score(source, rulebook, engine, mapping, tmp_path / f"{name}.parquet")
        for name, engine in (("duck", duck), ("spark", spark))
    ]
    duck.close()
    assert cohorts[0] == cohorts[1]
    assert read_table(tmp_path / "duck.parquet") == read_table(tmp_path / "spark.parquet")


@pytest.mark.parametrize("ending", ["csv", "parquet", "jsonl"])
def test_hostile_names_and_values_stay_data(spark: Engine, rulebook: Rulebook, tmp_path: Path, ending: str) -> None:
    """Whatever columns and cells are called, they come out as they went in."""
    rows = [{name: f"{name}{i}" for name in HOSTILE} | {"tki": text} for i, text in enumerate(HOSTILE)]
    folder = tmp_path / "it's; DROP"
    folder.mkdir()
    source = write_table(folder / f"a'b;--.{ending}", rows)
    score(source, rulebook, spark, output=folder / "out'; --.parquet")
    found = read_table(folder / "out'; --.parquet")
    assert [{name: row[name] for name in rows[0]} for row in found] == rows


def test_outputs(spark: Engine, rulebook: Rulebook, tmp_path: Path) -> None:
    """CSV, TSV and JSON Lines are folders of parts, with formulas disarmed; what is there is never written over."""
    rows = [{"tki": "imatinib", "note": text} for text in ("=1+1", "-2", "a\x1b[2J")]
    source = write_table(tmp_path / "r.parquet", rows)
    for ending in ("csv", "tsv", "jsonl"):
        score(source, rulebook, spark, output=tmp_path / f"s.{ending}")
        (part,) = (tmp_path / f"s.{ending}").glob("part-*")
        found = read_table(part.rename(tmp_path / f"part.{ending}"))
        assert [row["note"] for row in found] == (
            ["=1+1", "-2", "a\x1b[2J"] if ending == "jsonl" else ["'=1+1", "-2", "a�[2J"]
        )
    with pytest.raises(GistTriageError, match="there already"):
        score(source, rulebook, spark, output=tmp_path / "s.csv")
    assert not list(tmp_path.glob(".gisttriage*"))


def test_damaged_tables(spark: Engine, rulebook: Rulebook, tmp_path: Path) -> None:
    """Torn rows, truncated files and missing ones are refused as on DuckDB, and leave nothing behind."""
    rows = [{"tki": "imatinib", "progression": "limited", "n": str(i)} for i in range(3000)]
    whole = write_table(tmp_path / "r.parquet", rows).read_bytes()
    for name, data, expected in (
        ("cut.parquet", whole[: len(whole) // 2], "no whole Parquet file"),
        ("torn.csv", b"tki,progression\nimatinib,limited\nimati", "torn"),
        ("twice.csv", b"tki,TKI\na,b\n", "case or spaces"),
        ("torn.jsonl", b'{"tki": "imatinib"}\n{"tki": "ima', "torn"),
        ("empty.csv", b"", "empty"),
    ):
        (tmp_path / name).write_bytes(data)
        with pytest.raises(GistTriageError, match=expected) as error:
            score(tmp_path / name, rulebook, spark, output=tmp_path / "s.parquet")
        assert "imati" not in str(error.value)
        assert not (tmp_path / "s.parquet").exists() and not list(tmp_path.glob(".gisttriage*"))
    with pytest.raises(GistTriageError, match="no such file"):
        score(tmp_path / "nothing.csv", rulebook, spark)


def test_comment_lines(spark: Engine, rulebook: Rulebook, tmp_path: Path) -> None:
    """cBioPortal's lines before the header are passed over; a row that begins the same way is not lost in silence."""
    text = "#a\tb\n#c\td\n#e\tf\n#1\t1\nwho\ttki\np1\timatinib\n"
    (tmp_path / "r.tsv").write_text(text)
    assert score(tmp_path / "r.tsv", rulebook, spark).cases == 1
    (tmp_path / "r.tsv").write_text(f"{text}#p2\timatinib\n")
    with pytest.raises(GistTriageError, match="begin with #"):
        score(tmp_path / "r.tsv", rulebook, spark)


def test_command_line_and_a_job_that_dies(spark: Engine, gisttriage: Run, tmp_path: Path) -> None:
    """`--engine spark` prints what DuckDB prints, and nothing of Spark's own; when Spark dies, the run says so."""
    rows = [{"who": f"p{i}", "tki": "imatinib", "progression": "limited" if i % 2 else "PD"} for i in range(50)]
    write_table(tmp_path / "r.csv", rows)
    here = gisttriage("batch", "r.csv")
    there = gisttriage("batch", "r.csv", "--engine", "spark", "--master", "local[1]", "-o", "s.parquet")
    assert (there.code, there.out) == (0, here.out) and there.err == "wrote s.parquet\n"
    lost = gisttriage("batch", "r.csv", "--engine", "spark", "--master", "nowhere")
    assert lost.code == 2 and "Spark does not start" in lost.err and "Traceback" not in lost.err


def test_a_spark_that_is_killed(spark: Engine, rulebook: Rulebook, tmp_path: Path) -> None:
    """When the Java process is killed in the middle, the run ends with an error and without a result."""
    script = (
        "import os, signal, subprocess, sys\n"
        "from gisttriage.tables import spark as module\n"
        "write = module.SparkEngine.write\n"
        "def killed(self, *arguments):\n"
        "    pids = subprocess.run(['pgrep', '-P', str(os.getpid()), 'java'], capture_output=True, text=True).stdout\n"
        "    for pid in pids.split():\n"
        "        os.kill(int(pid), signal.SIGKILL)\n"
        "    write(self, *arguments)\n"
        "module.SparkEngine.write = killed\n"
        "from gisttriage.cli import main\n"
        "sys.argv = ['gisttriage', 'batch', 'r.csv', '--engine', 'spark', '-o', 's.parquet']\n"
        "main()\n"
    )
    write_table(tmp_path / "r.csv", [{"tki": "imatinib"}])
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, cwd=tmp_path, check=False, timeout=300
    )
    assert done.returncode == 2 and "Spark stopped" in done.stderr and "Traceback" not in done.stderr, done.stderr
    assert sorted(os.listdir(tmp_path)) == ["r.csv"]


def test_catalogue_tables_in_the_session_that_is_there(spark: Engine, tmp_path: Path) -> None:
    """A session that exists is used and left running; its tables are read and written by name, and never replaced."""
    script = """
from pyspark.sql import SparkSession
from gisttriage import GistTriageError, load_rulebook
from gisttriage.tables import Target, score_table
from gisttriage.tables.spark import SparkEngine

session = SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false").getOrCreate()
rows = [("a", "imatinib", "limited"), ("b", None, "PD")]
session.createDataFrame(rows, "who string, tki string, progression string").write.saveAsTable("patients")
engine = SparkEngine()
scored = Target("scored", "table")
print(score_table(["table:patients"], load_rulebook(), engine, target=scored).cases)
for path, target in (("table:patients", scored), ("table:nothing", None)):
    try:
        score_table([path], load_rulebook(), engine, target=target)
    except GistTriageError as error:
        print(error)
engine.close()
print(sorted(row["gisttriage_status"] for row in session.table("scored").collect()))
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=tmp_path, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        "2",
        "scored: error: this is there already",
        "  help: remove it, or choose another name",
        "table:nothing: error: no such table",
        "  help: check its name, and the catalogue of the session",
        "['needs_data', 'needs_data']",
    ]
