"""The header forms of real CSV and TSV files: what stands before the rows, what separates cells, the columns."""

from __future__ import annotations

import codecs
import csv
import gzip
import io
import zlib
from collections.abc import Sequence

from msgspec import Struct

from ..diagnostics import Problem, TableError, quoted
from .forms import plain_ending

_HEAD = 4_000_000  # bytes looked at for the header: cBioPortal's comment lines and some thousands of column names
_SEPARATORS = (",", "\t", ";", "|")


class Header(Struct, frozen=True):
    """How a delimited file begins: columns, separator, how many `#` lines, and how many lines before the rows."""

    names: tuple[str, ...]
    separator: str
    comments: int
    skip: int


def read_header(path: str) -> Header:
    """Read the header of a CSV or TSV file, gzipped or not. Raises TableError."""
    with _named(path), gzip.open(path) if path.lower().endswith(".gz") else open(path, "rb") as file:
        data = file.read(_HEAD)
    return header_of(path, data)


def header_of(path: str, data: bytes) -> Header:
    """Return the header at the start of a file's bytes. Raises TableError."""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise _error(path, "this file is UTF-16", "save it as UTF-8")
    for sign, kind in ((b"\x1f\x8b", "gzip"), (b"PAR1", "Parquet")):
        if data.startswith(sign):
            raise _error(path, f"this is a {kind} file, and its ending says otherwise", "rename it")
    if b"\0" in data:
        raise _error(path, "this is not a text file", "a table of this ending is a text")
    text = codecs.getincrementaldecoder("utf-8-sig")("replace").decode(data)
    lines = io.StringIO(text, newline="")
    comments = skip = 0
    begin = 0
    while (line := lines.readline()) and (line.startswith("#") or not line.strip()):
        comments, skip = comments + line.startswith("#"), skip + 1
        begin = lines.tell()
    if not line:
        raise _error(path, "this table is empty", "a table has a line of column names, and rows")
    names, separator = _split(path, text[begin:], line)
    return Header(tuple(names), separator, comments, skip + 1)


def _split(path: str, text: str, line: str) -> tuple[list[str], str]:
    bare = "".join(line.split('"')[::2])
    usual = "\t" if plain_ending(path) in (".tsv", ".tab", ".txt") else ","
    separator = max((usual, *_SEPARATORS), key=bare.count)
    try:
        names = next(csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True))
    except (csv.Error, StopIteration):
        raise _error(path, "the line of column names cannot be read", "is a quote never closed?") from None
    return [name if name.strip() else f"column_{i}" for i, name in enumerate(names, 1)], separator


def check_names(path: str, names: Sequence[str]) -> None:
    """Refuse names that stand twice, and those that an output of this program would add. Raises TableError."""
    seen: dict[str, str] = {}
    for name in names:
        first = seen.setdefault(name.strip().casefold(), name)
        if first is not name:
            how = "stands twice" if first == name else f"and the column {quoted(first)} differ in case or spaces only"
            raise _error(path, f"the column {quoted(name)} {how}", "give every column a name of its own")
        if name.strip().casefold().startswith("gisttriage_"):
            help = "answers are added under such names: use the table this one was made from, or drop these columns"
            raise _error(path, f"the column {quoted(name)} is an answer of gisttriage", help)


class _named:
    """Turn what opening a file may raise into an error that names it."""

    def __init__(self, path: str) -> None:
        self._path = path

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, FileNotFoundError):
            raise _error(self._path, "no such file", "check the spelling, and the folder you are in") from None
        if isinstance(error, (EOFError, gzip.BadGzipFile, zlib.error)):
            raise _error(self._path, "this gzip file is damaged or cut off", "copy or export it again") from None
        if isinstance(error, (OSError, ValueError)):
            message = f"cannot be read: {getattr(error, 'strerror', None) or error}"
            raise _error(self._path, message, "check its permissions") from None


def _error(path: str, message: str, help: str) -> TableError:
    return TableError([Problem(path=path, message=message, help=help)])
