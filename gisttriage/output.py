"""Result files: written whole or not at all, and readable by their owner only, since they hold patient data."""

from __future__ import annotations

import errno
import os
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import BinaryIO

from .diagnostics import OutputError, Problem


def write_whole(path: str, text: str) -> None:
    """Write a text file in one step: whoever looks sees the old file or the new one. Raises OutputError."""
    with replacing(path) as file:
        file.write(text.encode("utf-8", "backslashreplace"))


@contextmanager
def replacing(path: str) -> Iterator[BinaryIO]:
    """Give a file to write to that takes the place of `path` when all went well, and vanishes otherwise."""
    import tempfile  # noqa: PLC0415 - only -o needs it

    temporary = ""
    try:
        if not os.path.basename(path):
            raise IsADirectoryError(errno.EISDIR, "this names a folder and no file")
        if os.path.exists(path) and not stat.S_ISREG(os.stat(path).st_mode):
            # A device or a pipe takes the data itself; a folder is refused by open().
            with open(path, "wb") as file:
                yield file
            return
        target = os.path.realpath(path)
        number, temporary = tempfile.mkstemp(dir=os.path.dirname(target), prefix=".gisttriage-")
        with os.fdopen(number, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        if os.path.exists(target):
            os.chmod(temporary, stat.S_IMODE(os.stat(target).st_mode))
        os.replace(temporary, target)
        temporary = ""
    except OSError as problem:
        if isinstance(problem, BrokenPipeError):
            raise
        help = "is the folder there, may you write to it, and is there room?"
        raise OutputError([Problem(path=path, message=f"cannot be written: {problem.strerror}", help=help)]) from None
    finally:
        if temporary:
            with suppress(OSError):
                os.unlink(temporary)


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
