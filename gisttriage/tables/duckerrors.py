"""DuckDB's errors in our words: its own quote rows, which hold patient data."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import duckdb

from ..diagnostics import OutputError, Problem, Span, TableError
from ..output import naming
from .engine import Unforeseen


@contextmanager
def reading(paths: Sequence[str]) -> Iterator[None]:
    """Turn what goes wrong with tables that are read into TableError."""
    try:
        with interruptible():
            yield
    except duckdb.Error as error:
        raise TableError([problem_of(paths, error)]) from None


@contextmanager
def writing(paths: Sequence[str], output: str, guessing: bool) -> Iterator[None]:
    """As `reading`; what is about the output is an OutputError, and a value that was not guessed is Unforeseen."""
    try:
        with naming(output), interruptible():
            yield
    except duckdb.Error as error:
        if guessing and isinstance(error, duckdb.ConversionException):
            raise Unforeseen from None
        about_files = isinstance(error, (duckdb.IOException, duckdb.PermissionException))
        if about_files and not any(path in str(error) for path in paths):
            message = f"cannot be written: {_reason(str(error))}"
            help = "is the folder there, may you write to it, and is there room?"
            raise OutputError([Problem(path=output, message=message, help=help)]) from None
        raise TableError([problem_of(paths, error)]) from None


@contextmanager
def interruptible() -> Iterator[None]:
    """Let an interrupt through as what it is: the engine makes another error of it."""
    try:
        yield
    except RuntimeError as error:
        if "interrupted" in str(error).casefold():
            raise KeyboardInterrupt from None
        raise


def _reason(text: str) -> str:
    """Return what the system said, out of a message of the engine."""
    known = ("No space left on device", "File too large", "Permission denied", "Read-only file system")
    return next((reason for reason in known if reason in text), "the engine could not write")


def problem_of(paths: Sequence[str], error: Exception) -> Problem:
    """Say in our words what the engine could not do; its own words would quote rows."""
    text = str(error)
    line = re.search(r"(?:CSV Error on Line: |in line )(\d+)", text)
    file = re.search(r"^\s*file = (.*)$", text, re.MULTILINE) or re.search(r'in file "(.*?)"', text)
    # Lines of JSON count from where the engine has read one: it names the next.
    span = Span(max(1, int(line.group(1)) - ("JSON" in text))) if line else None
    cells = re.search(r"Expected Number of Columns: (\d+) Found: (\d+)", text)
    again = "was it cut off? Copy or export it again"

    def told(message: str, help: str) -> Problem:
        return Problem(
            path=file.group(1) if file and file.group(1) in paths else ", ".join(paths),
            message=message,
            span=span,
            help=help,
        )

    if cells:
        wanted, found = cells.groups()
        return told(f"this row has {found} cells, and the header {wanted}", f"a last row may be torn: {again}")
    for sign, message, help in (
        ("unterminated quote", "a quote is never closed", again),
        ("Invalid unicode", "this file is not UTF-8", "save it as UTF-8"),
        ("not utf-8", "this file is not UTF-8", "save it as UTF-8"),
        ("Maximum line size", "this row is longer than 10 MB", "is a quote never closed?"),
        (
            "state machine",
            "this is no regular CSV: mixed line ends, or a quote in the middle of a cell",
            "save it again",
        ),
        ("GZIP", "this gzip file is damaged or cut off", again),
        ("gzip", "this gzip file is damaged or cut off", again),
        ("magic bytes", "this is no whole Parquet file", again),
        ("too small to be a Parquet", "this is no whole Parquet file", again),
        ("Malformed JSON", "this line is not JSON", again),
        ("No files found", "no such file", "check the spelling, and the folder you are in"),
        ("Out of Memory", "the table does not fit into the memory allowed", "use --engine spark, or fewer --jobs"),
        ("No space left", "no room is left for temporary files", "free some, or set TMPDIR to another disk"),
        ("Permission denied", "this file may not be read", "check its permissions"),
    ):
        if sign.casefold() in text.casefold():
            return told(message, help)
    kind = type(error).__name__.removesuffix("Exception")
    return told(f"this table cannot be read ({kind})", "is it what its ending says? If so: " + again)
