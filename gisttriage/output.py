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
    with staged(path) as place:
        with naming(path):
            file = open(place, "wb")  # noqa: SIM115 - closed below, whatever happens

        def write(text: str) -> None:
            with naming(path):
                file.write(text.encode("utf-8", "backslashreplace"))

        try:
            yield write
            with naming(path):
                file.flush()
        finally:
            with suppress(OSError):
                file.close()


@contextmanager
def staged(path: str) -> Iterator[str]:
    """Give the name of an empty file that takes the place of `path` when all went well, and vanishes otherwise.

    A device or a pipe takes the data itself. Raises OutputError as `replacing` does.
    """
    import tempfile  # noqa: PLC0415 - only -o needs it

    temporary = ""
    try:
        with naming(path):
            if not os.path.basename(path):
                raise IsADirectoryError(errno.EISDIR, "this names a folder and no file")
            target = os.path.realpath(path)
            if os.path.isdir(path):
                raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
            if not os.path.exists(path) or stat.S_ISREG(os.stat(path).st_mode):
                number, temporary = tempfile.mkstemp(dir=os.path.dirname(target), prefix=".gisttriage-")
                os.close(number)
        yield temporary or path
        if temporary:
            with naming(path):
                _flush(temporary)
                if os.path.exists(target):
                    os.chmod(temporary, stat.S_IMODE(os.stat(target).st_mode))
                os.replace(temporary, target)
                temporary = ""
    finally:
        if temporary:
            with suppress(OSError):
                os.unlink(temporary)


def _flush(path: str) -> None:
    """Make sure that a file is on the disk before it takes another's place."""
    number = os.open(path, os.O_RDWR)
    try:
        os.fsync(number)
    finally:
        os.close(number)


def same_file(one: str, two: str) -> bool:
    """Whether two names lead to one file that is there."""
    try:
        return os.path.samefile(one, two)
    except (OSError, ValueError):
        return False


@contextmanager
def naming(path: str) -> Iterator[None]:
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
