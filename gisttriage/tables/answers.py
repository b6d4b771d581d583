"""A distinct situation of a table with its answer, and the columns that a table gets from it."""

from __future__ import annotations

from msgspec import Struct

from ..logic import Situation
from ..rulebook import Rulebook
from ..summary import Digest


class Scored(Struct, frozen=True, kw_only=True):
    """A distinct situation of a table, with how many cases are in it and its answer; no digest if it cannot hold.

    `group` is its place in `summary.ORDER`. `notices` are there even without an answer: what cannot wait does not wait
    for the rest of a row to be mended. `clashing` are the facts of which rows, columns or the items of a list say what
    cannot all hold.
    """

    number: int
    situation: Situation
    cases: int
    digest: Digest | None
    group: str
    notices: tuple[str, ...]
    clashing: tuple[str, ...]
    errors: tuple[str, ...]


def answer_names(rulebook: Rulebook) -> tuple[str, ...]:
    """Return the names of the columns that a table gets."""
    names = (
        "status", *rulebook.decisions, "missing", "rules", "cautions", "notices", "errors", "situation",
        "rulebook", "rulebook_version", "rulebook_sha256",
    )  # fmt: skip
    return tuple(f"gisttriage_{name}" for name in names)


def answer_cells(scored: Scored, rulebook: Rulebook) -> tuple[int | str, ...]:
    """Return the cells of these columns; a list of names is joined by "; "."""
    digest = scored.digest
    if digest is None:
        answered = ("error", *("",) * (len(rulebook.decisions) + 3))
    else:
        lists = ("; ".join(names) for names in (digest.missing, digest.rules, digest.cautions))
        answered = (digest.status, *digest.answers.values(), *lists)
    stamp = rulebook.stamp
    id, *chained = ("; ".join(getattr(each, name) for each in stamp.chain) for name in ("id", "version", "sha256"))
    told = ("; ".join(scored.notices), "; ".join(scored.errors), scored.number)
    return (*answered, *told, f"{id}. {stamp.disclaimer}", *chained)
