"""Result files: written whole or not at all, and readable by their owner only, since they hold patient data."""

from __future__ import annotations

import errno
import os
import stat
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from .diagnostics import OutputError, Problem


def write_whole(path: str, text: str) -> None:
    """Write a text file in one step: whoever looks sees the old file or the new one. Raises OutputError."""
    with replacing(path) as write:
        write(text)


@contextmanager
def replacing(path: str) -> Iterator[Callable[[str], None]]:
    """Give what writes to a file that takes the place of `path` when all went well, and vanishes otherwise.

    Raises OutputError when the file cannot be made, written or put in place; other errors are the caller's own.
    """
    import tempfile  # noqa: PLC0415 - only -o needs it

    temporary = ""
    try:
        with _named(path):
            if not os.path.basename(path):
                raise IsADirectoryError(errno.EISDIR, "this names a folder and no file")
            if os.path.exists(path) and not stat.S_ISREG(os.stat(path).st_mode):
                # A device or a pipe takes the data itself; a folder is refused by open().
                target, file = "", open(path, "wb")  # noqa: SIM115 - closed below, whatever happens
            else:
                target = os.path.realpath(path)
                number, temporary = tempfile.mkstemp(dir=os.path.dirname(target), prefix=".gisttriage-")
                file = os.fdopen(number, "wb")

        def write(text: str) -> None:
            with _named(path):
                file.write(text.encode("utf-8", "backslashreplace"))

        try:
            yield write
            with _named(path):
                file.flush()
                if target:
                    os.fsync(file.fileno())
        finally:
            with suppress(OSError):
                file.close()
        if target:
            with _named(path):
                if os.path.exists(target):
                    os.chmod(temporary, stat.S_IMODE(os.stat(target).st_mode))
                os.replace(temporary, target)
                temporary = ""
    finally:
        if temporary:
            with suppress(OSError):
                os.unlink(temporary)


def same_file(one: str, two: str) -> bool:
    """Whether two names lead to one file that is there."""
    try:
        return os.path.samefile(one, two)
    except (OSError, ValueError):
        return False


@contextmanager
def _named(path: str) -> Iterator[None]:
    """Turn an error of the system into one that names the output; a reader that stopped is no error of the output."""
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as problem:
        help = "is the folder there, may you write to it, and is there room?"
        raise OutputError([Problem(path=path, message=f"cannot be written: {problem.strerror}", help=help)]) from None


def write_out(text: str, *, as_utf8: bool = False) -> None:
    """Write to standard output: for a terminal in its encoding, for programs always in UTF-8. Raises OutputError."""
    if sys.stdout is None:
        raise OutputError([Problem(path="<stdout>", message="standard output is closed", help="use -o FILE")])
    if as_utf8:
        sys.stdout.flush()
        sys.stdout.buffer.write(text.encode("utf-8", "backslashreplace"))
    else:
        sys.stdout.write(text)
    sys.stdout.flush()
