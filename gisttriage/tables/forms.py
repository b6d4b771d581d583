"""Which paths are tables and which formats can be written, by their endings. Loads no engine."""

from __future__ import annotations

import glob
import os

FORMS = {
    ".csv": "csv",
    ".tsv": "csv",
    ".tab": "csv",
    ".txt": "csv",
    ".parquet": "parquet",
    ".pq": "parquet",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
}
OUTPUTS = {".parquet": "parquet", ".csv": "csv", ".tsv": "tsv", ".jsonl": "jsonl"}
WAREHOUSE = "table:"
"""How a path begins that names a table of a warehouse instead of a file."""


def plain_ending(path: str) -> str:
    """Return the ending of a path in small letters, without that of compression."""
    name = path.rstrip("/").lower()
    return os.path.splitext(name.removesuffix(".gz"))[1]


def form_of(path: str) -> str:
    """Return csv, parquet or jsonl for a path that is a table, or "" if it is none."""
    if path.startswith(WAREHOUSE):
        return "table"
    ending = plain_ending(path)
    if os.path.isdir(path):
        if ending == ".parquet" or _holds_parquet(path):
            return "parquet"
        return FORMS.get(ending, "") if _is_output(path) else ""
    if ending == ".txt" and not _has_tabs(path):
        return ""
    return FORMS.get(ending, "")


def expand(path: str) -> list[str]:
    """Return the paths that a pattern such as registry-*.csv names, sorted; a path that is there names itself."""
    if os.path.exists(path) or not glob.has_magic(path) or "://" in path:
        return [path]
    return sorted(glob.glob(path, recursive=True)) or [path]


def parquet_files(folder: str) -> list[str]:
    """Return the Parquet files of a folder and the folders in it, without what Spark hides: names with . or _ first."""
    found: list[str] = []
    for parent, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith((".", "_")))
        found += [
            os.path.join(parent, name)
            for name in sorted(names)
            if name.lower().endswith((".parquet", ".pq")) and not name.startswith((".", "_"))
        ]
    return found


def _holds_parquet(folder: str) -> bool:
    """Whether a folder is a table in parts: nothing but Parquet files, markers, and folders such as year=2020."""
    try:
        with os.scandir(folder) as entries:
            names = [entry.name for entry in entries if not entry.name.startswith((".", "_"))]
    except OSError:
        return False
    return bool(names) and all(name.lower().endswith(".parquet") or "=" in name for name in names)


def _is_output(folder: str) -> bool:
    return os.path.exists(os.path.join(folder, "_SUCCESS"))


def _has_tabs(path: str) -> bool:
    """Whether the first line of a text that is no comment has tabs in it, as cBioPortal's files do."""
    try:
        with open(path, "rb") as file:
            lines = (line for line in iter(lambda: file.readline(100_000), b"") if not line.startswith(b"#"))
            return b"\t" in next(lines, b"")
    except (OSError, ValueError):
        return False
