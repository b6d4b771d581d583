"""Tables on DuckDB, in this process: no network, and nothing left behind."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import duckdb

from ..diagnostics import harmless
from ..output import staged
from ..rulebook import Rulebook
from .duckerrors import reading, writing
from .ducksources import numbered, source_of, sql_path, sql_text
from .engine import CONTROL, FORMULA, NUMBER, Target, Unforeseen, check_columns
from .forms import form_of
from .headers import check_names

_HEAD = 200_000  # rows looked at first of a delimited text
_LARGE = 100_000_000  # bytes of delimited text from which on reading it twice is dear
_CODED = 50_000  # most different values of a column that is read as codes
_CHUNK = 4096
_MOST_ROWS = 10**12  # of one file
_MEMORY = 3_000  # MB


class DuckEngine:
    """The engine that needs nothing beside it. One table at a time."""

    keeps_order = False

    def __init__(self, rulebook: Rulebook, threads: int | None = None) -> None:
        self._stamp = rulebook.stamp
        # What does not fit into memory goes to a private folder, since it is patient data.
        self._folder = tempfile.TemporaryDirectory(prefix="gisttriage-")
        settings: dict[str, str | bool | int | float | list[str]] = {
            "temp_directory": self._folder.name,
            "memory_limit": f"{_MEMORY}MB",
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
            "allow_community_extensions": False,
        }
        if threads is not None:
            settings["threads"] = threads
        self._connection = duckdb.connect(":memory:", config=settings)
        self._connection.execute("SET enable_progress_bar = false")
        # The small table is always on the right of a join. An optimiser that guesses otherwise, from the size of a CSV,
        # would hold the large one in memory.
        self._connection.execute("SET disabled_optimizers = 'join_order,build_side_probe_side'")
        self._paths: tuple[str, ...] = ()
        self._source = self._looked = self.row_number = ""
        self._guessing = False
        self._output = ""
        self._format = ""
        self._width = 0
        self._coded: dict[int, str] = {}
        self._codes: dict[int, Sequence[Any]] = {}
        self._words: dict[tuple[str, str], str] = {}

    def joined(self, column: str, order: str) -> str:
        text = f"CAST({column} AS VARCHAR)"
        several = f"STRING_AGG(COALESCE({text}, ''), '; ' ORDER BY {order})"
        said = f"NULLIF({text}, '')"
        return f"CASE WHEN MIN({said}) <> MAX({said}) THEN {several} ELSE MAX({text}) END"

    def open(self, paths: Sequence[str]) -> tuple[str, ...]:
        self._paths, self._coded, self._words, self._guessing = tuple(paths), {}, {}, False
        self._format = form_of(paths[0])
        parts = [source_of(path, self._format, self._connection) for path in paths]
        first = parts[0][0]
        for path, (names, _) in zip(paths, parts, strict=True):
            check_names(path, names)
            check_columns(paths[0], first, path, names)
        places = [[names.index(name) for name in first] for names, _ in parts]
        self._width = len(first)
        # Files that are read side by side come in any order, unless their rows say where they stand.
        several = len(paths) > 1
        self.row_number = "place" if several else "ROW_NUMBER() OVER ()"
        self._source = " UNION ALL ".join(
            f"SELECT {', '.join(f'c{i} AS x{j}' for j, i in enumerate(place))}"
            f"{f', {number} * {_MOST_ROWS} + ROW_NUMBER() OVER () AS place' if several else ''} FROM {relation}"
            for number, (place, (_, relation)) in enumerate(zip(places, parts, strict=True))
        )
        self._look(self._without_blanks())
        return first

    def rows(self, query: str) -> Iterator[tuple[Any, ...]]:
        cursor = self._connection.cursor()
        with reading(self._paths):
            cursor.execute(query)
            while chunk := cursor.fetchmany(_CHUNK):
                yield from chunk

    def lookup(self, name: str, column: str, word: str) -> str:
        if (name, word) not in self._words:
            return f"{name}.{word}"
        return f"LIST_EXTRACT({self._words[name, word]}::BIGINT[], CAST(ENUM_CODE({column}) AS BIGINT) + 1)"

    def joining(self, name: str, column: str) -> str:
        coded = any(name == dictionary for dictionary, _ in self._words)
        return "" if coded else f" LEFT JOIN {name} ON {column} = {name}.v"

    def dictionary(self, name: str, column: str, values: Sequence[Any], words: Mapping[str, Sequence[int]]) -> None:
        number = int(column[1:])
        if number in self._coded:
            # In the order of the codes; a dictionary may leave values out, as one of dates does with what is no date.
            for word, cells in words.items():
                known = dict(zip(values, cells, strict=True))
                listed = (str(known[value]) if value in known else "NULL" for value in self._codes[number])
                self._words[name, word] = f"[{', '.join(listed)}]"
            return
        zeros = ", ".join(f"CAST(0 AS BIGINT) AS {word}" for word in words)
        with reading(self._paths):
            self._connection.execute(
                f"CREATE OR REPLACE TABLE {name} AS SELECT {column} AS v, {zeros} FROM input LIMIT 0"
            )
            self._fill(name, [values, *words.values()])

    def table(self, name: str, columns: Mapping[str, Sequence[int | str]]) -> None:
        types = {column: "BIGINT" if isinstance(cells[0], int) else "VARCHAR" for column, cells in columns.items()}
        with reading(self._paths):
            made = ", ".join(f"{column} {type}" for column, type in types.items())
            self._connection.execute(f"CREATE OR REPLACE TABLE {name} ({made})")
            self._fill(name, list(columns.values()))
            # Codes in place of texts: a table of millions of rows has few different answers.
            for column, type in types.items():
                if type == "VARCHAR":
                    self._connection.execute(f"DROP TYPE IF EXISTS {name}_{column}_codes")
                    self._connection.execute(
                        f"CREATE TYPE {name}_{column}_codes AS ENUM (SELECT DISTINCT {column} FROM {name})"
                    )
            coded = ", ".join(
                f"CAST({column} AS {name}_{column}_codes) AS {column}" if type == "VARCHAR" else column
                for column, type in types.items()
            )
            self._connection.execute(f"CREATE OR REPLACE TABLE {name} AS SELECT {coded} FROM {name}")

    def code(self, columns: Mapping[int, Sequence[Any]]) -> None:
        if self._format != "csv":
            return
        for column, values in columns.items():
            if values and len(values) <= _CODED:
                type = f"codes{column}"
                with reading(self._paths):
                    self._connection.execute("CREATE OR REPLACE TABLE codes (v VARCHAR)")
                    self._fill("codes", [values])
                    self._connection.execute(f"DROP TYPE IF EXISTS {type} CASCADE")
                    self._connection.execute(f"CREATE TYPE {type} AS ENUM (SELECT v FROM codes)")
                self._coded[column], self._codes[column] = type, values
        self._look(self._looked)

    def learns_from_part(self, target: Target) -> bool:
        size = sum(os.path.getsize(path) for path in self._paths) if self._format == "csv" else 0
        return target.format == "parquet" and size > _LARGE

    def part(self, only: bool) -> None:
        self._guessing = True
        if only:
            with reading(self._paths):
                self._connection.execute(
                    f"CREATE OR REPLACE TABLE head AS SELECT * FROM {self._without_blanks()} LIMIT {_HEAD}"
                )
        # Looking at every cell takes time; whether a row is blank is seen more easily in what was written.
        self._look("head" if only else f"({self._source})")

    def written(self, place: Target) -> None:
        relation = f"read_parquet({sql_path(place.path)}, hive_partitioning = false)"
        width = len(self._connection.execute(f"DESCRIBE SELECT * FROM {relation}").fetchall())
        columns = numbered(range(width), relation)
        self._connection.execute(f"CREATE OR REPLACE VIEW input AS SELECT * FROM {columns}")
        blank = " AND ".join(f"c{i} IS NULL" for i in range(self._width))
        if self._connection.execute(f"SELECT 1 FROM input WHERE {blank} LIMIT 1").fetchone():
            raise Unforeseen

    @contextmanager
    def staged(self, target: Target) -> Iterator[Target]:
        with staged(target.path) as place:
            self._output = target.path
            yield Target(place, target.format)

    def write(self, query: str, names: Sequence[str], target: Target) -> None:
        delimited = target.format in ("csv", "tsv")
        kinds = self._kinds(f"({query})")
        shown = [harmless(name) for name in names] if delimited else names
        columns = ", ".join(
            f"{_harmless(f'o{i}') if delimited and kind.startswith(('VARCHAR', 'ENUM')) else f'o{i}'} AS {_name(name)}"
            for i, (name, kind) in enumerate(zip(shown, kinds, strict=True))
        )
        with writing(self._paths, self._output, self._guessing):
            self._connection.execute(
                f"COPY (SELECT {columns} FROM ({query})) TO {sql_text(target.path)} {self._how(target)}"
            )

    def close(self) -> None:
        self._connection.close()
        self._folder.cleanup()

    def _how(self, target: Target) -> str:
        stamp = self._stamp
        match target.format:
            case "csv" | "tsv":
                separator = "," if target.format == "csv" else "\t"
                return f"(FORMAT csv, HEADER, DELIMITER {sql_text(separator)}, USE_TMP_FILE false)"
            case "jsonl":
                return "(FORMAT json, USE_TMP_FILE false)"
            case _:
                about = {"rulebook": stamp.id, "version": stamp.version, "sha256": stamp.sha256}
                told = sql_text(json.dumps({**about, "disclaimer": stamp.disclaimer}))
                return f"(FORMAT parquet, KV_METADATA {{gisttriage: {told}}}, USE_TMP_FILE false)"

    def _fill(self, name: str, columns: Sequence[Sequence[Any]]) -> None:
        unnested = ", ".join(f"UNNEST(${i})" for i in range(1, len(columns) + 1))
        if columns[0]:
            self._connection.execute(f"INSERT INTO {name} SELECT {unnested}", [list(column) for column in columns])

    def _without_blanks(self) -> str:
        """Return the rows of the input; in a delimited text, one with nothing in it is no case."""
        if self._format != "csv":
            return f"({self._source})"
        anything = " OR ".join(f"x{i} IS NOT NULL" for i in range(self._width))
        return f"(SELECT * FROM ({self._source}) WHERE {anything})"

    def _look(self, relation: str) -> None:
        """Make the view `input` of x0, x1, …; columns with known values are read as codes."""
        self._looked = relation
        columns = ", ".join(
            f"CAST(x{i} AS {self._coded[i]}) AS c{i}" if i in self._coded else f"x{i} AS c{i}"
            for i in range(self._width)
        )
        columns += ", place" if self.row_number == "place" else ""
        with reading(self._paths):
            self._connection.execute(f"CREATE OR REPLACE VIEW input AS SELECT {columns} FROM {relation}")

    def _kinds(self, relation: str) -> list[str]:
        with reading(self._paths):
            return [
                str(kind) for _, kind, *_ in self._connection.execute(f"DESCRIBE SELECT * FROM {relation}").fetchall()
            ]


def _name(name: str) -> str:
    """Return a column's name as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def _harmless(column: str) -> str:
    """Return a cell that no spreadsheet takes for a formula and no terminal obeys."""
    column = f"NULLIF(CAST({column} AS VARCHAR), '')"  # or an empty text would be written as ""
    plain = f"REGEXP_REPLACE({column}, {sql_text(CONTROL)}, '�', 'g')"
    formula = f"REGEXP_MATCHES({column}, {sql_text(FORMULA)}) AND NOT REGEXP_MATCHES({column}, {sql_text(NUMBER)})"
    return f"CASE WHEN {formula} THEN '''' ELSE '' END || {plain}"
