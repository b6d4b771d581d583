"""Tables on Spark, for those that outgrow one machine: the same queries, and the same answers."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import reduce
from typing import Any

from py4j.protocol import Py4JError
from pyspark.errors import PySparkException
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.types import LongType, StringType, StructField, StructType

from ..diagnostics import OutputError, Problem, TableError, harmless
from ..output import naming
from .engine import CONTROL, FORMULA, NUMBER, Target, check_columns
from .forms import WAREHOUSE, form_of
from .headers import check_names, header_of
from .sparksession import raise_as_ours, start

_HEAD = 60  # lines looked at for the header of a delimited text


class SparkEngine:
    """The engine for a cluster: the session that there is, the one at `master`, or a local one."""

    row_number = "MONOTONICALLY_INCREASING_ID()"
    keeps_order = True

    def __init__(self, master: str | None = None, jobs: int | None = None) -> None:
        self._paths: tuple[str, ...] = ()
        existing = SparkSession.getActiveSession()
        self._owned = existing is None
        self._master = master or (f"local[{jobs}]" if jobs else "")
        session = existing or start(self._master)
        # A session of its own on the same cluster: names given here collide with nobody's.
        self._base, self._spark = session, session.newSession()
        # Without this a row with too few cells goes unnoticed where the missing ones are not asked for.
        self._spark.conf.set("spark.sql.csv.parser.columnPruning.enabled", "false")
        self._spark.conf.set("spark.sql.caseSensitive", "false")
        self._input: DataFrame | None = None
        self._output = ""

    def joined(self, column: str, order: str) -> str:
        text = f"CAST({column} AS STRING)"
        sorted = f"ARRAY_SORT(COLLECT_LIST(STRUCT({order}, COALESCE({text}, '') AS cell)))"
        several = f"ARRAY_JOIN(TRANSFORM({sorted}, each -> each.cell), '; ')"
        said = f"NULLIF({text}, '')"
        return f"CASE WHEN MIN({said}) <> MAX({said}) THEN {several} ELSE MAX({text}) END"

    def open(self, paths: Sequence[str]) -> tuple[str, ...]:
        self._paths = tuple(paths)
        frames: list[DataFrame] = []
        names: tuple[str, ...] = ()
        for path in paths:
            with self._reading(path):
                found, frame = self._frame(path)
            check_names(path, found)
            names = names or found
            check_columns(paths[0], names, path, found)
            frames.append(frame.select(*(f"c{found.index(name)}" for name in names)).toDF(*_numbers(names)))
        with self._reading():
            self._input = reduce(DataFrame.unionAll, frames)
            self._input.createOrReplaceTempView("input")
        return names

    def rows(self, query: str) -> Iterator[tuple[Any, ...]]:
        with self._reading():
            found = self._spark.sql(query).collect()
        yield from found

    def lookup(self, name: str, column: str, word: str) -> str:
        return f"{name}.{word}"

    def joining(self, name: str, column: str) -> str:
        return f" LEFT JOIN {name} ON {column} = {name}.v"

    def dictionary(self, name: str, column: str, values: Sequence[Any], words: Mapping[str, Sequence[int]]) -> None:
        assert self._input is not None
        type = self._input.schema[column].dataType
        schema = StructType([StructField("v", type), *(StructField(word, LongType()) for word in words)])
        self._make(name, schema, list(zip(values, *words.values(), strict=True)))

    def table(self, name: str, columns: Mapping[str, Sequence[int | str]]) -> None:
        kinds = {column: LongType() if isinstance(cells[0], int) else StringType() for column, cells in columns.items()}
        schema = StructType([StructField(column, kind) for column, kind in kinds.items()])
        self._make(name, schema, list(zip(*columns.values(), strict=True)))

    def code(self, columns: Mapping[int, Sequence[Any]]) -> None:
        """Nothing to do: Spark joins small tables fast enough."""

    def learns_from_part(self, target: Target) -> bool:
        return False

    def part(self, only: bool) -> None:
        """Never asked for."""

    def written(self, place: Target) -> None:
        """Never asked for."""

    @contextmanager
    def staged(self, target: Target) -> Iterator[Target]:
        self._output = target.path
        if target.format == "table" or not self._is_local(target.path):
            # What a failed job has written is not visible: Spark gives it its name at the end.
            yield target
            return
        path = target.path.removeprefix("file://")
        if os.path.lexists(path):
            help = "Spark writes a folder, and never over another; remove it, or choose another name"
            raise OutputError([Problem(path=path, message="this is there already", help=help)])
        with naming(path):
            place = tempfile.mkdtemp(dir=os.path.dirname(os.path.realpath(path)), prefix=".gisttriage-")
        try:
            inside = os.path.join(place, "table")
            yield Target(inside, target.format)
            with naming(path):
                os.rename(inside, path)
        finally:
            shutil.rmtree(place, ignore_errors=True)

    def write(self, query: str, names: Sequence[str], target: Target) -> None:
        with self._reading(self._output, writing=True):
            frame = self._spark.sql(query)
            if target.format in ("csv", "tsv"):
                texts = {field.name for field in frame.schema.fields if isinstance(field.dataType, StringType)}
                cells = (f"{_harmless(name)} AS {name}" if name in texts else name for name in frame.columns)
                frame = frame.selectExpr(*cells)
            shown = [harmless(name) for name in names] if target.format in ("csv", "tsv") else names
            writer = frame.toDF(*shown).write
            match target.format:
                case "table":
                    writer.saveAsTable(target.path)
                case "csv" | "tsv":
                    separator = "," if target.format == "csv" else "\t"
                    writer.csv(target.path, header=True, sep=separator, escape='"', emptyValue="")
                case "jsonl":
                    writer.json(target.path, ignoreNullFields=False)
                case _:
                    writer.parquet(target.path)

    def close(self) -> None:
        if self._owned:
            with suppress(Exception):
                self._base.stop()

    def _frame(self, path: str) -> tuple[tuple[str, ...], DataFrame]:
        """Return the columns of one table, and it with the columns c0, c1, …"""
        match form_of(path) or "parquet":
            case "csv":
                return self._delimited(path)
            case "jsonl":
                frame = self._spark.read.json(path, mode="FAILFAST")
            case "table":
                frame = self._spark.table(path.removeprefix(WAREHOUSE))
            case _:
                frame = self._spark.read.parquet(path)
        return tuple(frame.columns), frame.toDF(*_numbers(frame.columns))

    def _delimited(self, path: str) -> tuple[tuple[str, ...], DataFrame]:
        lines = self._spark.read.text(path)
        head = [str(row[0]) for row in lines.limit(_HEAD).collect()]
        header = header_of(path, "\n".join(head).encode())
        schema = StructType([StructField(name, StringType()) for name in _numbers(header.names)])
        comment = "#" if header.comments else None
        if comment and lines.where("value LIKE '#%'").count() > header.comments * len(lines.inputFiles()):
            message = "rows begin with #, and so do lines before the header"
            help = "remove the lines before the header, or use --engine duckdb"
            raise TableError([Problem(path=path, message=message, help=help)])
        frame = self._spark.read.csv(
            path,
            schema=schema,
            sep=header.separator,
            quote='"',
            escape='"',
            header=True,
            comment=comment,
            mode="FAILFAST",
            multiLine=self._breaks_in_cells(lines),
        )
        return header.names, frame.dropna(how="all")

    def _breaks_in_cells(self, lines: DataFrame) -> bool:
        """Whether a quoted cell goes over several lines: a file is then read by one task."""
        quotes = "LENGTH(value) - LENGTH(REPLACE(value, '\"', ''))"
        return not lines.where(f"({quotes}) % 2 = 1").limit(1).isEmpty()

    def _make(self, name: str, schema: StructType, rows: list[tuple[Any, ...]]) -> None:
        with self._reading():
            self._spark.createDataFrame(rows, schema).createOrReplaceTempView(name)

    def _is_local(self, path: str) -> bool:
        if path.startswith("file://"):
            return True
        return "://" not in path and (self._master or "local").startswith("local")

    @contextmanager
    def _reading(self, path: str | None = None, *, writing: bool = False) -> Iterator[None]:
        """Turn Spark's errors into ours; its own messages may quote rows, and do not go out."""
        try:
            yield
        except (PySparkException, Py4JError, ConnectionError, EOFError) as error:
            raise_as_ours(path or ", ".join(self._paths), error, writing)


def _numbers(names: Sequence[str]) -> list[str]:
    return [f"c{i}" for i in range(len(names))]


def _harmless(column: str) -> str:
    """Return a cell that no spreadsheet takes for a formula and no terminal obeys."""
    formula, number, control = (each.replace("\\", "\\\\") for each in (FORMULA, NUMBER, CONTROL))
    marked = f"IF({column} RLIKE '{formula}' AND NOT {column} RLIKE '{number}', CHR(39), '')"
    return f"CONCAT({marked}, REGEXP_REPLACE({column}, '{control}', '�'))"
