"""Which case files there are: folders, files and lists of paths, in an order that does not depend on the machine."""

from __future__ import annotations

import fnmatch
import os
import stat
from collections.abc import Callable, Iterable, Iterator

from msgspec import Struct

from .diagnostics import Problem

ENDINGS = (".yaml", ".yml", ".json")


class Listing(Struct, frozen=True, kw_only=True):
    """How to look: which names to take in folders, and whether links that lead out of a folder are followed."""

    pattern: str | None = None
    follow_links: bool = False


def list_cases(paths: Iterable[str], how: Listing, warn: Callable[[Problem], None]) -> Iterator[str]:
    """Yield every case file once, folders from top to bottom and sorted; what is passed over is told to `warn`.

    A path that does not exist is yielded too: it is an error of its own when it is read.
    """
    seen: dict[tuple[int, int], str] = {}
    for path in paths:
        found = _in_folder(path, path, how, warn, set()) if os.path.isdir(path) else iter((path,))
        for file in found:
            try:
                status = os.stat(file)
            except OSError:
                yield file
                continue
            first = seen.setdefault((status.st_dev, status.st_ino), file)
            if first is file or not stat.S_ISREG(status.st_mode):
                yield file
            else:
                help = "it was answered once; name or link it once"
                warn(Problem(path=file, message=f"the same file as {first}", help=help))


def _in_folder(folder: str, top: str, how: Listing, warn: Callable[[Problem], None], above: set[str]) -> Iterator[str]:
    try:
        with os.scandir(folder) as entries:
            names = sorted((entry for entry in entries if not entry.name.startswith(".")), key=lambda entry: entry.name)
    except OSError as problem:
        warn(
            Problem(
                path=folder, message=f"this folder cannot be read: {problem.strerror}", help="check its permissions"
            )
        )
        return
    real = os.path.realpath(folder)
    for entry in names:
        if entry.is_symlink() and not how.follow_links and not _leads_inside(entry.path, top):
            help = "use --follow-links to follow it"
            warn(Problem(path=entry.path, message="this link leads out of the folder and was not followed", help=help))
        elif _is_folder(entry):
            if os.path.realpath(entry.path) not in above | {real}:  # a link to a folder above would go round for ever
                yield from _in_folder(entry.path, top, how, warn, above | {real})
        elif fnmatch.fnmatch(entry.name, how.pattern) if how.pattern else entry.name.lower().endswith(ENDINGS):
            if entry.is_file() or entry.is_symlink():  # a link to nothing is an error of its own
                yield entry.path
            else:
                warn(Problem(path=entry.path, message="no regular file, and passed over", help="name it to read it"))


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False


def _leads_inside(link: str, top: str) -> bool:
    folder = os.path.realpath(top)
    return os.path.commonpath((folder, os.path.realpath(link))) == folder
