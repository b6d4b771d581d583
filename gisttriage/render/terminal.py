"""What a stream can show: how wide, and whether in colour (no-color.org, force-color.org)."""

from __future__ import annotations

import os
import shutil
from typing import TextIO

from msgspec import Struct


class Looks(Struct, frozen=True):
    """Width in columns, and whether colour may be used."""

    width: int
    colour: bool


def of(stream: TextIO) -> Looks:
    """Return what `stream` can show; what is no terminal gets 80 columns unless COLUMNS says otherwise."""
    terminal = stream.isatty()
    plain = bool(os.environ.get("NO_COLOR")) or (terminal and os.environ.get("TERM") == "dumb")
    colour = (terminal or bool(os.environ.get("FORCE_COLOR"))) and not plain
    return Looks(shutil.get_terminal_size((80, 24)).columns if terminal or "COLUMNS" in os.environ else 80, colour)
