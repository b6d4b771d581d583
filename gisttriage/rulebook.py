"""The rulebook as a value: the vocabulary, the rules, and what is needed to answer exactly.

`rulefile` reads it from rules.yaml; nothing changes it afterwards.
"""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from .diagnostics import Span
from .documents import Document
from .implications import Contradiction, Implication, narrow
from .logic import Condition, Situation
from .reach import Outcomes, Reach
from .sources import Cite, Source
from .vocabulary import Fact, bits

NO_GUIDANCE, OUT_OF_SCOPE, CONFLICT = "no_guidance", "out_of_scope", "conflict"


class Stamp(Struct, frozen=True, kw_only=True):
    """Which rulebook this is: every output names it."""

    id: str
    title: str
    version: str
    sha256: str
    reviewed: str
    population: str
    intended_user: str
    not_for: str
    disclaimer: str
    extends: tuple[Stamp, ...] = ()

    @property
    def chain(self) -> tuple[Stamp, ...]:
        """This rulebook, and those it extends."""
        return (self, *self.extends)


class Definition(Struct, frozen=True):
    """A named condition."""

    name: str
    label: str
    when: Condition


class Option(Struct, frozen=True):
    """One answer to a decision, in words; `tone` (for, caution, against or neutral) only colours it."""

    label: str
    tone: str


class Decision(Struct, frozen=True, kw_only=True):
    """A question and its options. `outcomes` are the options, then the three ways of having none."""

    name: str
    label: str
    ask: str
    options: Mapping[str, Option]
    outcomes: tuple[str, ...]
    reach: Reach

    def named(self, outcomes: Outcomes) -> tuple[str, ...]:
        """Return a set of outcomes by name."""
        return tuple(self.outcomes[i] for i in bits(outcomes))


class Rule(Struct, frozen=True, kw_only=True):
    """When something follows, what, why, and on whose word."""

    id: str
    when: Condition
    then: Mapping[str, str]
    because: str
    cites: tuple[Cite, ...]
    overrides: tuple[str, ...]
    provided: str
    caution: str
    notice: str
    extension: bool
    urgent: bool
    path: str
    span: Span


class Rulebook(Struct, frozen=True, kw_only=True):
    """Everything in rules.yaml, and in what extends it.

    `facts` holds all facts by name; `read` those that rules may read, in the order of a situation. `overridden_by`
    names for every rule those that override it, in an order in which they come before it. `consistent` reaches 1
    where a situation has a completion that no implication excludes, else 0. `places` tells where a (kind, name) stands:
    the file, and the place in it. `disabled` names the rules that were taken out, each with the reason.
    """

    stamp: Stamp
    documents: tuple[Document, ...]
    facts: Mapping[str, Fact]
    read: tuple[Fact, ...]
    definitions: Mapping[str, Definition]
    implications: tuple[Implication, ...]
    sources: Mapping[str, Source]
    decisions: Mapping[str, Decision]
    scope: Condition
    scope_because: str
    rules: Mapping[str, Rule]
    disabled: Mapping[str, str]
    overridden_by: Mapping[str, tuple[str, ...]]
    consistent: Reach
    places: Mapping[tuple[str, str], tuple[str, Span]]

    @property
    def path(self) -> str:
        """The name of the file."""
        return self.documents[-1].name

    @property
    def full(self) -> Situation:
        """The situation in which nothing is known."""
        return tuple(fact.full for fact in self.read)

    def narrow(self, situation: Situation) -> Situation:
        """Return `situation` without the values that the implications exclude. Raises Contradiction if none is left."""
        narrowed = narrow(self.implications, situation)
        if not self.consistent.outcomes(narrowed):
            because = "Together they leave no patient whom this could describe."
            raise Contradiction(because, [i for i in self.consistent.facts if situation[i] != self.read[i].full])
        return narrowed

    def assume(self, situation: Situation) -> Situation:
        """Return `situation` with every fact that has a proviso, and of which nothing is known, at its proviso."""
        return tuple(
            fact.read(fact.proviso) if fact.proviso is not None and mask == fact.full else mask
            for fact, mask in zip(self.read, situation, strict=True)
        )
