"""What an answer consists of. `triage` makes it; the renderers show it."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from .logic import Situation, Truth
from .sources import Cite

STATUSES = ("settled", "needs_data", "out_of_scope", "no_guidance", "conflict")
"""What a case as a whole may be."""


class Branch(Struct, frozen=True, kw_only=True):
    """If `fact` is one of `values`, these outcomes are possible; `branches` go on from there.

    An empty `branches` beside several outcomes means that more facts are needed than are shown.
    """

    fact: str
    values: int
    possible: tuple[str, ...]
    rules: tuple[str, ...]
    branches: tuple[Branch, ...]


class Answer(Struct, frozen=True, kw_only=True):
    """One decision: what is possible, and by which rules.

    `rules` hold for certain and give the answer (or, where every completion agrees for different reasons, may
    give it); `undetermined` may still apply; `overridden` hold but give way. `proviso` are the facts that were
    assumed and on which the answer depends; `provided` is what must hold that a case file cannot say.
    """

    decision: str
    status: str
    option: str | None
    possible: tuple[str, ...]
    branches: tuple[Branch, ...]
    rules: tuple[str, ...]
    overridden: tuple[str, ...]
    undetermined: tuple[str, ...]
    proviso: tuple[str, ...]
    provided: tuple[str, ...]
    extension: bool


class Checked(Struct, frozen=True):
    """One rule: whether its condition holds, whether it applies, and who overrides it."""

    truth: Truth
    applies: Truth
    overridden_by: tuple[str, ...]


class Missing(Struct, frozen=True, kw_only=True):
    """A fact that is not or only partly known. `then` gives, for each value, the outcomes of the decisions it bears on.

    `remarks` are the cautions and notices that are not ruled out and for which the fact could make a difference.
    `settles` is how many decisions would be answered if the fact were known, on average over its values.
    """

    fact: str
    matters: bool
    assumed: bool
    settles: float
    then: Mapping[int, Mapping[str, tuple[str, ...]]]
    remarks: tuple[str, ...]


class Change(Struct, frozen=True):
    """One fact with another value, and the decisions that would then be answered otherwise."""

    fact: str
    value: int
    decisions: Mapping[str, str]


class Assessment(Struct, frozen=True, kw_only=True):
    """The answer to a situation. `situation` is what was gone by: narrowed by implications, with provisos assumed."""

    situation: Situation
    assumed: tuple[str, ...]
    status: str
    decisions: Mapping[str, Answer]
    rules: Mapping[str, Checked]
    missing: tuple[Missing, ...]
    what_if: tuple[Change, ...]
    cautions: tuple[str, ...]
    possible_cautions: tuple[str, ...]
    notices: tuple[str, ...]
    possible_notices: tuple[str, ...]
    citations: tuple[Cite, ...]
