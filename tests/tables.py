"""Tables for tests: written in every form, scored by an engine, and answered row by row as case files would be."""

from __future__ import annotations

import csv
import gzip
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb

from gisttriage import CaseError, Rulebook, assess_situation, parse_case
from gisttriage.summary import digest
from gisttriage.tables import Cohort, ColumnMapping, Target, score_table
from gisttriage.tables.engine import Engine
from gisttriage.vocabulary import Misread

Row = Mapping[str, Any]


def write_table(path: Path, rows: Sequence[Row], names: Sequence[str] | None = None) -> Path:
    """Write rows as the ending of the path says; None is left out or blank."""
    names = list(names or rows[0])
    name = path.name.removesuffix(".gz")
    if name.endswith((".csv", ".tsv")):
        with gzip.open(path, "wt", newline="") if path.name.endswith(".gz") else open(path, "w", newline="") as file:
            writer = csv.writer(file, delimiter="\t" if name.endswith(".tsv") else ",", lineterminator="\n")
            writer.writerow(names)
            writer.writerows([["" if row.get(n) is None else row.get(n) for n in names] for row in rows])
    elif name.endswith(".jsonl"):
        path.write_text("".join(json.dumps({n: row.get(n) for n in names}) + "\n" for row in rows))
    else:
        connection = duckdb.connect()
        columns = ", ".join('"' + n.replace('"', '""') + '" VARCHAR' for n in names)
        connection.execute(f"CREATE TABLE t ({columns})")
        connection.executemany(
            f"INSERT INTO t VALUES ({', '.join('?' for _ in names)})", [[row.get(n) for n in names] for row in rows]
        )
        connection.execute("COPY t TO $1 (FORMAT parquet)", [str(path)])
        connection.close()
    return path


def read_table(path: Path) -> list[dict[str, Any]]:
    """Read a result, file or folder, as a list of rows by column name; blank and missing texts are ""."""
    where = f"{path}/*.parquet" if path.is_dir() and path.suffix == ".parquet" else str(path)
    if path.suffix in (".csv", ".tsv"):
        with open(path, newline="") as file:
            return list(csv.DictReader(file, delimiter="\t" if path.suffix == ".tsv" else ","))
    if path.suffix == ".jsonl":
        found = [json.loads(line) for line in path.read_text().splitlines()]
    else:
        cursor = duckdb.connect().execute("SELECT * FROM read_parquet($1)", [where])
        assert cursor.description is not None
        names = [column[0] for column in cursor.description]
        found = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    return [{name: "" if cell is None else cell for name, cell in row.items()} for row in found]


def score(
    paths: Path | Sequence[Path],
    rulebook: Rulebook,
    engine: Engine,
    mapping: ColumnMapping | None = None,
    output: Path | None = None,
    *,
    strict: bool = False,
) -> Cohort:
    """Score a table."""
    target = None if output is None else Target(str(output), output.suffix[1:])
    some = [paths] if isinstance(paths, Path) else paths
    return score_table([str(path) for path in some], rulebook, engine, mapping, target, strict=strict)


def answer(rulebook: Rulebook, facts: Mapping[str, str]) -> dict[str, str]:
    """Answer one row as a case file: a value that is not known leaves its fact out, and a contradiction is an error."""
    known = dict(facts)
    for name, text in facts.items():
        fact = rulebook.facts[name]
        try:
            fact.is_unknown(text) or fact.read(text)
        except Misread:
            del known[name]
    return case_answer(rulebook, known)


def case_answer(rulebook: Rulebook, facts: Mapping[str, str]) -> dict[str, str]:
    """Answer one case, in the columns of a table."""
    try:
        case = parse_case(json.dumps(dict(facts)), rulebook)
    except CaseError:
        return {"gisttriage_status": "error"}
    found = digest(assess_situation(case.situation, rulebook, brief=True), rulebook)
    lists = {"missing": found.missing, "rules": found.rules, "cautions": found.cautions, "notices": found.noted}
    cells = {"status": found.status, **found.answers, **{name: "; ".join(each) for name, each in lists.items()}}
    return {f"gisttriage_{name}": cell for name, cell in cells.items()}


def answered(row: Row, expected: Mapping[str, str]) -> dict[str, Any]:
    """Return the part of a row that an expected answer speaks of."""
    return {name: row[name] for name in expected}
