"""A Markdown table of the cases, for a protocol."""

from __future__ import annotations

from collections.abc import Iterable

from ..batch import Result
from ..diagnostics import visible
from ..rulebook import Rulebook
from ..summary import Digest
from .markdown import plain
from .rows import cells, columns


class MarkdownTable:
    """One line a case; the stamp of the rulebook and the disclaimer stand below, once."""

    whole = False

    def __init__(self, rulebook: Rulebook) -> None:
        self._rulebook = rulebook

    def start(self) -> str:
        """Return the header."""
        names = columns(self._rulebook)[:-2]
        return self._line(names) + self._line(["---"] * len(names), escape=False)

    def row(self, result: Result, digest: Digest | None) -> str:
        """Return one line."""
        return self._line(cells(result, digest, self._rulebook)[:-2])

    def end(self) -> str:
        """Return the stamp and the disclaimer."""
        stamp = self._rulebook.stamp
        text = "; ".join(f"Rulebook {each.id} {each.version}, sha256 {each.sha256}" for each in stamp.chain)
        return f"\n{plain(text)}\n\n**{plain(stamp.disclaimer)}**\n"

    def _line(self, texts: Iterable[str], *, escape: bool = True) -> str:
        return "| " + " | ".join(plain(visible(text)) if escape else text for text in texts) + " |\n"
