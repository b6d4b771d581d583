"""A distinct situation of a table with its answer, and the columns that a table gets from it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec import Struct

from ..implications import Contradiction
from ..logic import TRUE, Situation
from ..rulebook import Rulebook
from ..summary import Digest, digest
from ..triage import assess_situation
from ..vocabulary import bits
from .fitting import Fitted
from .keys import Layout


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


class Answering(Struct, frozen=True):
    """Answers keys; of each situation once, whatever else stands in the key."""

    rulebook: Rulebook
    fitted: Fitted
    layout: Layout
    digests: dict[Situation, Digest]

    def answer(self, number: int, key: Sequence[int]) -> Scored:
        """Answer one key: the situation in it, and what is wrong in it."""
        situation = tuple(
            self.layout.mask(fact.name, key)
            if fact.name in self.layout.masks
            else self.fitted.constants.get(fact.name, fact.full)
            for fact in self.rulebook.read
        )
        errors = list(self._wrong(key))
        try:
            known = self._digest(situation)
        except Contradiction as found:
            errors.append(self._contradiction(situation, found))
            known = None
        urgent = (id for id, rule in self.rulebook.rules.items() if rule.urgent and rule.when.truth(situation) is TRUE)
        notices = known.noted if known is not None else tuple(urgent)
        group = known.group if known is not None else "emergency" if notices else "error"
        return Scored(
            number=number,
            situation=situation,
            cases=0,
            digest=known,
            group=group,
            notices=notices,
            clashing=tuple(fact for fact, slot in self.layout.clashes.items() if slot.read(key)),
            errors=tuple(errors),
        )

    def _digest(self, situation: Situation) -> Digest:
        known = self.digests.get(situation)
        if known is None:
            assessment = assess_situation(situation, self.rulebook, brief=True)
            known = self.digests[situation] = digest(assessment, self.rulebook)
        return known

    def _wrong(self, key: Sequence[int]) -> Iterator[str]:
        for k, slot in self.layout.unread.items():
            if slot.read(key):
                column, statement = self.fitted.statements[k]
                yield f"column {self.fitted.names[column]}: no value of {statement.fact}"
        for fact, slot in self.layout.clashes.items():
            if slot.read(key):
                about = self.rulebook.facts[fact]
                said = " or ".join(about.value_name(i) for i in bits(self.layout.mask(fact, key)))
                yield f"{fact}: what is said of it disagrees ({said})"

    def _contradiction(self, situation: Situation, found: Contradiction) -> str:
        said = [
            f"{fact.name}: {fact.names(situation[place])}"
            for place in found.facts
            if situation[place] != (fact := self.rulebook.read[place]).full
        ]
        clash = "contradict each other" if len(said) > 1 else "contradicts what the rulebook implies"
        return f"{' and '.join(said)} {clash}"
