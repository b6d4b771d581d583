"""CSV (RFC 4180) and TSV, for spreadsheets: no cell can be taken for a formula, whatever a case says."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable

from ..batch import Result
from ..diagnostics import harmless
from ..logic import Situation
from ..rulebook import Rulebook
from ..summary import Digest
from .rows import columns, shared_cells


class Delimited:
    """Rows of cells with a separator between them."""

    whole = False

    def __init__(self, rulebook: Rulebook, separator: str) -> None:
        self._rulebook, self._separator = rulebook, separator
        self._shared: dict[Situation, str] = {}

    def start(self) -> str:
        """Return the header."""
        return self._line(columns(self._rulebook))

    def row(self, result: Result, digest: Digest | None) -> str:
        """Return one line. What cases in one situation share is written out once."""
        shared = self._shared.get(result.situation) if digest is not None else None
        if shared is None:
            shared = self._line(shared_cells(result, digest, self._rulebook))
            if digest is not None:
                self._shared[result.situation] = shared
        return f"{self._line((result.id, result.file))[:-1]}{self._separator}{shared}"

    def end(self) -> str:
        """Return nothing: a table just ends."""
        return ""

    def _line(self, texts: Iterable[str]) -> str:
        safe = [harmless(text) for text in texts]
        if not any('"' in text or self._separator in text for text in safe):
            return self._separator.join(safe) + "\n"
        buffer = io.StringIO()
        csv.writer(buffer, delimiter=self._separator, lineterminator="\n").writerow(safe)
        return buffer.getvalue()
