"""Tables on Spark, for those that outgrow one machine: the same queries, and the same answers."""

from __future__ import annotations

import json
import logging
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import reduce
from typing import Any, NoReturn

from py4j.protocol import Py4JError, Py4JJavaError
from pyspark.accumulators import AccumulatorTCPServer
from pyspark.errors import PySparkException
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.types import LongType, StringType, StructField, StructType

from ..diagnostics import GistTriageError, OutputError, Problem, TableError, harmless
from ..output import naming
from ..rulebook import Rulebook
from .engine import Target, check_columns
from .forms import WAREHOUSE, form_of
from .headers import check_names, header_of

_HEAD = 60  # lines looked at for the header of a delimited text
_QUIET = {
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.sql.shuffle.partitions": "8",
}
# A machine of its own talks to nobody else.
_ALONE = {"spark.driver.bindAddress": "127.0.0.1", "spark.driver.host": "127.0.0.1"}


class SparkEngine:
    """The engine for a cluster: the session that there is, the one at `master`, or a local one."""

    row_number = "MONOTONICALLY_INCREASING_ID()"
    keeps_order = True

    def __init__(self, rulebook: Rulebook, master: str | None = None, jobs: int | None = None) -> None:
        self._stamp = rulebook.stamp
        self._paths: tuple[str, ...] = ()
        existing = SparkSession.getActiveSession()
        self._owned = existing is None
        self._master = master or (f"local[{jobs}]" if jobs else "")
        session = existing or _start(self._master)
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
            about = {"rulebook": self._stamp.id, "version": self._stamp.version, "sha256": self._stamp.sha256}
            shown = [harmless(name) for name in names] if target.format in ("csv", "tsv") else names
            writer = frame.toDF(*shown).write.option("gisttriage", json.dumps(about))
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
            _raise(path or ", ".join(self._paths), error, writing)


def _start(master: str) -> SparkSession:
    """Start Spark, without what it says while it starts: its errors come back as exceptions."""
    if master.startswith("sc://") or os.environ.get("SPARK_REMOTE"):
        remote = master or os.environ["SPARK_REMOTE"]
        try:
            return SparkSession.builder.remote(remote).getOrCreate()
        except Exception as error:
            _raise(remote, error, False)
    _need_java()
    # A Spark that dies is an exception here; what else hears of it would print tracebacks beside that.
    logging.getLogger("py4j").setLevel(logging.CRITICAL)
    logging.getLogger().addFilter(lambda record: "py4j" not in record.pathname)
    AccumulatorTCPServer.handle_error = lambda *_: None  # type: ignore[method-assign]
    builder = SparkSession.builder.appName("gisttriage")
    if master:
        builder = builder.master(master)
    alone = (master or "local").startswith("local") and "PYSPARK_GATEWAY_PORT" not in os.environ
    for name, value in {**_QUIET, **(_ALONE if alone else {})}.items():
        builder = builder.config(name, value)
    try:
        with _silence():
            return builder.getOrCreate()
    except Exception as error:
        # Whatever goes wrong here is Spark's, and of many types.
        message = f"Spark does not start ({type(error).__name__})"
        help = "is --master right, and is it Java 17 or newer? Without --master, Spark runs here"
        raise TableError([Problem(path="spark", message=message, help=help)]) from None


def _need_java() -> None:
    home = os.environ.get("JAVA_HOME")
    java = os.path.join(home, "bin", "java") if home else "java"
    if "PYSPARK_GATEWAY_PORT" not in os.environ and shutil.which(java) is None:
        help = "install Java 17 or newer (on Debian: apt install default-jre-headless), or set JAVA_HOME"
        where = f"there is no {java}" if home else "there is no java on the path"
        raise TableError([Problem(path="spark", message=f"Spark needs Java: {where}", help=help)])


@contextmanager
def _silence() -> Iterator[None]:
    """Send what the process started meanwhile has to say nowhere."""
    sys.stderr.flush()
    kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)


def _numbers(names: Sequence[str]) -> list[str]:
    return [f"c{i}" for i in range(len(names))]


def _harmless(column: str) -> str:
    """Return a cell that no spreadsheet takes for a formula and no terminal obeys (see `duck`)."""
    control = r"[\\x00-\\x08\\x0b\\x0c\\x0e-\\x1f\\x7f-\\x9f\\x{200e}\\x{200f}\\x{202a}-\\x{202e}\\x{2066}-\\x{2069}]"
    formula = r"^\\s*[-=+@＝＋－＠]"
    number = r"^\\s*[-+]?[0-9]*[.,]?[0-9]+([eE][-+]?[0-9]+)?\\s*$"
    marked = f"IF({column} RLIKE '{formula}' AND NOT {column} RLIKE '{number}', CHR(39), '')"
    return f"CONCAT({marked}, REGEXP_REPLACE({column}, '{control}', '�'))"


_SIGNS = (
    ("MALFORMED_RECORD", "a row is torn, or has more or fewer cells than the header", "copy or export it again"),
    ("PATH_NOT_FOUND", "no such file", "check the spelling, and the folder you are in"),
    ("TABLE_OR_VIEW_NOT_FOUND", "no such table", "check its name, and the catalogue of the session"),
    ("ALREADY_EXISTS", "this is there already", "remove it, or choose another name"),
    ("is not a Parquet file", "this is no whole Parquet file", "was it cut off? Copy or export it again"),
    ("CANNOT_READ_FILE_FOOTER", "this is no whole Parquet file", "was it cut off? Copy or export it again"),
    ("UNABLE_TO_INFER_SCHEMA", "no table is found here", "is it what its ending says?"),
    ("FAILED_READ_FILE", "this file cannot be read to its end", "was it cut off? Copy or export it again"),
    ("No space left on device", "no room is left", "free some, or write elsewhere"),
    ("Permission denied", "this may not be read or written", "check its permissions"),
)


def _raise(path: str, error: Exception, writing: bool) -> NoReturn:
    text = str(error)
    kind: type[GistTriageError] = OutputError if writing else TableError
    if isinstance(error, (ConnectionError, EOFError, Py4JError)) and not isinstance(error, Py4JJavaError):
        message = "Spark stopped while it was at work"
        raise TableError([Problem(path=path, message=message, help="its log says why; nothing was written")]) from None
    for sign, message, help in _SIGNS:
        if sign in text:
            input_is_bad = sign in ("MALFORMED_RECORD", "FAILED_READ_FILE", "is not a Parquet file")
            raise (TableError if input_is_bad else kind)([Problem(path=path, message=message, help=help)]) from None
    message = f"Spark could not {'write' if writing else 'read'} this ({type(error).__name__})"
    raise kind([Problem(path=path, message=message, help="is it what its ending says?")]) from None
