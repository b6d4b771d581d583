"""What a stream can show: how wide, and whether in colour (no-color.org, force-color.org)."""

from __future__ import annotations

import os
import shutil
import sys
from typing import TextIO

from msgspec import Struct

_PLAIN = str.maketrans(
    {"→": "->", "≈": "~", "·": "-", "✓": "+", "✗": "x", "…": "...", "≤": "<=", "≥": ">=", "–": "-", "’": "'"}
)


class Looks(Struct, frozen=True):
    """Width in columns, whether colour may be used, and whether only plain ASCII signs can be printed."""

    width: int
    colour: bool
    plain: bool


def of(stream: TextIO | None) -> Looks:
    """Return what `stream` can show; what is no terminal gets the width beside it, COLUMNS, or 80."""
    terminal = stream is not None and stream.isatty()
    bare = bool(os.environ.get("NO_COLOR")) or (terminal and os.environ.get("TERM") == "dumb")
    colour = (terminal or bool(os.environ.get("FORCE_COLOR"))) and not bare
    width = shutil.get_terminal_size((80, 24)).columns if terminal or "COLUMNS" in os.environ else _width_beside()
    return Looks(width, colour, not _can_print_signs(stream))


def _width_beside() -> int:
    """The width of the terminal that standard error goes to: what is piped to a pager is read there too."""
    try:
        return os.get_terminal_size(sys.stderr.fileno()).columns
    except (OSError, AttributeError, ValueError):
        return 80


def _can_print_signs(stream: TextIO | None) -> bool:
    try:
        "→≈✓╭│…".encode(getattr(stream, "encoding", None) or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def signs(text: str, plain: bool) -> str:
    """Return `text`, for a terminal that has only ASCII with plain characters for the signs the program prints."""
    return text.translate(_PLAIN) if plain else text
