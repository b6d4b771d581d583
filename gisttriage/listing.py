"""Which case files there are: folders, files and lists of paths, in an order that does not depend on the machine."""

from __future__ import annotations

import fnmatch
import os
import stat
from collections.abc import Callable, Iterable, Iterator

from msgspec import Struct

from .diagnostics import Problem

ENDINGS = (".yaml", ".yml", ".json")
Listed = str | Problem
"""A file to read, or why something that may hold cases cannot be looked at."""


class Listing(Struct, frozen=True, kw_only=True):
    """How to look: which names to take in folders, and whether links that lead out of a folder are followed."""

    pattern: str | None = None
    follow_links: bool = False

    def takes(self, name: str) -> bool:
        """Whether a file of this name in a folder is a case."""
        return fnmatch.fnmatch(name, self.pattern) if self.pattern else name.lower().endswith(ENDINGS)


def list_cases(paths: Iterable[str], how: Listing, warn: Callable[[Problem], None]) -> Iterator[Listed]:
    """Yield every case file once, folders from top to bottom and sorted; what is passed over is told to `warn`.

    A path that does not exist is yielded too: it is an error of its own when it is read. A folder that cannot be read
    is yielded as a problem, since the cases in it are missing.
    """
    files, folders = dict[tuple[int, int], str](), dict[tuple[int, int], str]()
    for path in paths:
        for found in _walk(path, how, warn, folders) if _is_folder(path) else (path,):
            identity = None if isinstance(found, Problem) else _identity(found)
            if isinstance(found, str) and identity in files:
                help = "it was answered once; name or link it once"
                warn(Problem(path=found, message=f"the same file as {files[identity]}", help=help))
                continue
            if isinstance(found, str) and identity is not None:
                files[identity] = found
            yield found


def _identity(path: str) -> tuple[int, int] | None:
    """Return what two names of one file share; None where there is no file, or one that has no content of its own."""
    try:
        status = os.stat(path)
    except (OSError, ValueError):
        return None
    return (status.st_dev, status.st_ino) if stat.S_ISREG(status.st_mode) or stat.S_ISDIR(status.st_mode) else None


def _is_folder(path: str) -> bool:
    try:
        return os.path.isdir(path)
    except ValueError:
        return False


def _walk(
    top: str, how: Listing, warn: Callable[[Problem], None], seen: dict[tuple[int, int], str]
) -> Iterator[Listed]:
    """Walk with a stack of its own: folders may be nested deeper than Python calls may."""
    waiting: list[Iterator[os.DirEntry[str]]] = []
    problem = _enter(top, waiting, warn, seen)
    if problem is not None:
        yield problem
    while waiting:
        entry = next(waiting[-1], None)
        if entry is None:
            waiting.pop()
        elif entry.is_symlink() and not how.follow_links and not _leads_inside(entry.path, top):
            help = "use --follow-links to follow it"
            warn(Problem(path=entry.path, message="this link leads out of the folder and was not followed", help=help))
        elif _leads_to_folder(entry):
            problem = _enter(entry.path, waiting, warn, seen)
            if problem is not None:
                yield problem
        elif how.takes(entry.name):
            if _is_special(entry.path):
                warn(Problem(path=entry.path, message="no regular file, and passed over", help="name it to read it"))
            else:  # a link to nothing, or to itself, is an error of its own
                yield entry.path


def _enter(
    folder: str,
    waiting: list[Iterator[os.DirEntry[str]]],
    warn: Callable[[Problem], None],
    seen: dict[tuple[int, int], str],
) -> Problem | None:
    """Push a folder's entries; return a problem if it cannot be read. A folder is entered once, under one name."""
    identity = _identity(folder)
    if identity in seen:
        warn(Problem(path=folder, message=f"the same folder as {seen[identity]}", help="it was searched once"))
        return None
    if identity is not None:
        seen[identity] = folder
    try:
        with os.scandir(folder) as entries:
            shown = [entry for entry in entries if not entry.name.startswith(".")]
    except OSError as problem:
        message = f"this folder cannot be read: {problem.strerror}"
        return Problem(path=folder, message=message, help="check its permissions; cases in it are missing here")
    waiting.append(iter(sorted(shown, key=lambda entry: entry.name)))
    return None


def _leads_to_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False


def _is_special(path: str) -> bool:
    try:
        return not stat.S_ISREG(os.stat(path).st_mode)
    except OSError:
        return False


def _leads_inside(link: str, top: str) -> bool:
    folder = os.path.realpath(top)
    return os.path.commonpath((folder, os.path.realpath(link))) == folder
