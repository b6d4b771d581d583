"""The files that DuckDB reads, each as a relation with the columns c0, c1, …"""

from __future__ import annotations

import glob
import os
import re
from collections.abc import Sequence

import duckdb

from ..diagnostics import Problem, TableError
from .duckerrors import reading
from .engine import check_columns
from .forms import parquet_files
from .headers import check_names, read_header

_JSON_TEXTS = ("DATE", "TIMESTAMP", "TIMESTAMP WITH TIME ZONE", "TIME", "UUID", "JSON", "VARCHAR")


def source_of(path: str, form: str, connection: duckdb.DuckDBPyConnection) -> tuple[tuple[str, ...], str]:
    """Return the columns of one file, and a relation with the columns c0, c1, … that reads it."""
    if re.match(r"[a-zA-Z][a-zA-Z0-9+.-]+:", path):
        help = "name a file on this machine, or use --engine spark"
        raise TableError([Problem(path=path, message="this engine reads files of this machine only", help=help)])
    try:
        path.encode()
    except UnicodeEncodeError:
        help = "give it a name in UTF-8"
        raise TableError([Problem(path=path, message="this name is not UTF-8", help=help)]) from None
    _check_there(path)
    match form:
        case "csv":
            return _delimited(path)
        case "jsonl":
            return _json_lines(path, connection)
        case _:
            return _parquet(path, connection)


def _delimited(path: str) -> tuple[tuple[str, ...], str]:
    header = read_header(path)
    columns = ", ".join(f"'c{i}': 'VARCHAR'" for i in range(len(header.names)))
    options = (
        f"auto_detect = false, header = false, skip = {header.skip}, delim = {sql_text(header.separator)}, "
        f"quote = '\"', escape = '\"', columns = {{{columns}}}, strict_mode = true, null_padding = false, "
        f"compression = '{'gzip' if path.lower().endswith('.gz') else 'none'}', hive_partitioning = false, "
        f"max_line_size = 10000000"
    )
    return header.names, f"read_csv({sql_path(path)}, {options})"


def _json_lines(path: str, connection: duckdb.DuckDBPyConnection) -> tuple[tuple[str, ...], str]:
    zipped = "gzip" if path.lower().endswith(".gz") else "uncompressed"
    plain = f"{sql_path(path)}, compression = '{zipped}'"
    keys = f"SELECT DISTINCT UNNEST(JSON_KEYS(json)) FROM read_ndjson_objects({plain})"
    found = f"read_json({plain}, format = 'newline_delimited', sample_size = -1, hive_partitioning = false"
    with reading([path]):
        # The engine would rename keys that differ in case only, and lose what they hold.
        check_names(path, sorted(str(key) for (key,) in connection.execute(keys).fetchall()))
        described = connection.execute(f"DESCRIBE SELECT * FROM {found})").fetchall()
    # A date in JSON is a text; so is whatever is a number in one line and a text in another.
    kinds = {name: "VARCHAR" if kind in _JSON_TEXTS else kind for name, kind, *_ in described}
    columns = ", ".join(f"{sql_text(name)}: {sql_text(kind)}" for name, kind in kinds.items())
    names = tuple(kinds)
    return names, numbered(names, f"{found}, columns = {{{columns}}})")


def _parquet(path: str, connection: duckdb.DuckDBPyConnection) -> tuple[tuple[str, ...], str]:
    """Return the columns of a Parquet file, or of a folder of files that are alike."""
    files = parquet_files(path) if os.path.isdir(path) else [path]
    if not files:
        help = "is it the folder of the table itself?"
        raise TableError([Problem(path=path, message="no Parquet file is found here", help=help)])
    listed = f"[{', '.join(map(sql_path, files))}]"
    relation = f"read_parquet({listed}, hive_partitioning = {'true' if os.path.isdir(path) else 'false'})"
    with reading([path]):
        schema = f"SELECT file_name, name, type, num_children FROM parquet_schema({listed})"
        _check_alike(connection.execute(schema).fetchall())
        described = connection.execute(f"DESCRIBE SELECT * FROM {relation}").fetchall()
    names = tuple(str(name) for name, *_ in described)
    return names, numbered(names, relation)


def _check_alike(schema: Sequence[tuple[str, str, str, int | None]]) -> None:
    """Refuse names that stand twice in a file, and files of other columns or types. Raises TableError."""
    files: dict[str, list[tuple[str, str, int | None]]] = {}
    for file, name, kind, children in schema:
        files.setdefault(file, []).append((name, kind, children))
    first = next(iter(files))
    for file, elements in files.items():
        if file == first:
            check_names(file, _outermost(elements))
        elif elements != files[first]:
            check_columns(first, _outermost(files[first]), file, _outermost(elements))
            message = f"its columns are of other types, or in another order, than those of {first}"
            help = "name the files one by one instead of their folder"
            raise TableError([Problem(path=file, message=message, help=help)])


def _outermost(elements: Sequence[tuple[str, str, int | None]]) -> tuple[str, ...]:
    """Return the names of the columns in a Parquet schema, which lists the root and what is inside columns, too."""
    names: list[str] = []
    inside = 0
    for name, _, children in elements[1:]:
        if not inside:
            names.append(name)
        inside += (children or 0) - (1 if inside else 0)
    return tuple(names)


def numbered(names: Sequence[object], relation: str) -> str:
    """Return a relation with its columns called c0, c1, …: no name of a table gets into a query."""
    return f"(SELECT * FROM {relation} AS t({', '.join(f'c{i}' for i in range(len(names)))}))"


def _check_there(path: str) -> None:
    if not os.path.exists(path):
        help = "check the spelling, and the folder you are in"
        raise TableError([Problem(path=path, message="no such file", help=help)])
    if not (os.path.isfile(path) or os.path.isdir(path)):
        help = "write what comes through it to a file first: a table is read more than once"
        raise TableError([Problem(path=path, message="this is no file", help=help)])
    if os.path.isfile(path) and not os.path.getsize(path):
        help = "a table has a line of column names, and rows"
        raise TableError([Problem(path=path, message="this table is empty", help=help)])


def sql_text(text: str) -> str:
    """Return a text as an SQL literal."""
    return "'" + text.replace("'", "''") + "'"


def sql_path(path: str) -> str:
    """Return a path as a literal in which nothing is taken for a pattern."""
    return sql_text(path if os.path.exists(path) and not glob.has_magic(path) else glob.escape(path))
