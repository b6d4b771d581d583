"""Results as rows: what every table format has in common."""

from __future__ import annotations

from typing import Protocol

from ..batch import Result
from ..rulebook import Rulebook
from ..summary import Digest, error_text


class RowFormat(Protocol):
    """One file format. Texts are written as they are returned, so nothing grows with the number of cases."""

    whole: bool
    """Whether rows show every fact of a case, and not only the answer."""

    def start(self) -> str:
        """Return what stands before the rows."""

    def row(self, result: Result, digest: Digest | None) -> str:
        """Return one row; without a digest, of a file that could not be read."""

    def end(self) -> str:
        """Return what stands after the rows."""


def columns(rulebook: Rulebook) -> tuple[str, ...]:
    """Return the names of the columns."""
    decisions = tuple(rulebook.decisions)
    return (
        "id", "file", "status", *decisions, "missing", "rules", "cautions", "notices", "error",
        "rulebook_version", "rulebook_sha256",
    )  # fmt: skip


def cells(result: Result, digest: Digest | None, rulebook: Rulebook) -> tuple[str, ...]:
    """Return one row, column by column; a list of names is joined by "; "."""
    return (result.id, result.file, *shared_cells(result, digest, rulebook))


def shared_cells(result: Result, digest: Digest | None, rulebook: Rulebook) -> tuple[str, ...]:
    """Return the columns after the file; cases in one situation share them."""
    stamp = tuple("; ".join(getattr(each, name) for each in rulebook.stamp.chain) for name in ("version", "sha256"))
    if digest is None:
        return ("error", *("",) * (len(rulebook.decisions) + 4), error_text(result.problems), *stamp)
    lists = ("; ".join(names) for names in (digest.missing, digest.rules, digest.cautions, digest.noted))
    return (digest.status, *digest.answers.values(), *lists, "", *stamp)
