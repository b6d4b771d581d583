"""What many answers come to: counts, the facts worth asking for, and the cases to discuss first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from msgspec import Struct

from .assessment import Assessment
from .batch import Result
from .diagnostics import Problem
from .logic import TRUE, Situation
from .rulebook import CONFLICT, NO_GUIDANCE, OUT_OF_SCOPE, Rulebook

# Who cannot wait stands first, then what only people can mend or resolve, then what one more fact may settle.
MAYBE = "maybe_emergency"
ORDER = ("emergency", MAYBE, "error", CONFLICT, "needs_data", "settled", NO_GUIDANCE, OUT_OF_SCOPE)


class Digest(Struct, frozen=True, kw_only=True):
    """The part of an assessment that tables and counts need; small, since one is kept for each situation."""

    group: str
    status: str
    answers: Mapping[str, str]
    missing: tuple[str, ...]
    settling: tuple[str, ...]
    rules: tuple[str, ...]
    cautions: tuple[str, ...]
    notices: tuple[str, ...]
    possible_notices: tuple[str, ...]

    @property
    def noted(self) -> tuple[str, ...]:
        """The notices, and the urgent ones that what is partly known does not rule out."""
        return (*self.notices, *(f"possible: {id}" for id in self.possible_notices))


class Listed(Struct, frozen=True):
    """One case in the list to discuss."""

    id: str
    file: str
    group: str
    digest: Digest | None
    error: str


def digest(assessment: Assessment, rulebook: Rulebook) -> Digest:
    """Condense an assessment. `settling` are the facts each of which alone would settle every open decision."""
    urgent = any(rulebook.rules[id].urgent for id in assessment.notices)
    hints = {} if urgent else _hints_of_emergency(assessment, rulebook)
    possible = tuple(id for id in assessment.possible_notices if id in hints)
    matter = (missing.fact for missing in assessment.missing if missing.matters and not missing.assumed)
    answers = assessment.decisions
    open_ones = {name for name, answer in answers.items() if answer.status == "open"}
    settling = tuple(
        missing.fact
        for missing in assessment.missing
        if open_ones
        and missing.then
        and all(
            open_ones <= then.keys() and all(len(outcomes) == 1 for outcomes in then.values())
            for then in missing.then.values()
        )
    )
    return Digest(
        group="emergency" if urgent else MAYBE if possible else assessment.status,
        status=assessment.status,
        answers={name: answer.option or answer.status for name, answer in answers.items()},
        missing=tuple(dict.fromkeys((*hints.values(), *matter))),
        settling=settling,
        rules=tuple(dict.fromkeys(id for answer in answers.values() for id in answer.rules)),
        cautions=assessment.cautions,
        notices=assessment.notices,
        possible_notices=possible,
    )


def _hints_of_emergency(assessment: Assessment, rulebook: Rulebook) -> dict[str, str]:
    """Return the urgent notices that may hold by what was said, and not only because nothing was; and by which fact."""
    masks = dict(zip((fact.name for fact in rulebook.read), assessment.situation, strict=True))
    return {
        id: missing.fact
        for missing in assessment.missing
        for id in missing.remarks
        if id in assessment.possible_notices
        and rulebook.rules[id].urgent
        and masks[missing.fact] != rulebook.facts[missing.fact].full
    }


class Summary:
    """Counts results as they pass by, and keeps the first `most` cases of each group; its size is bounded."""

    def __init__(self, rulebook: Rulebook, most: int | None) -> None:
        self._most = most
        self.cases = self.open = 0
        self.groups: Counter[str] = Counter()
        self.statuses: Counter[str] = Counter()
        self.answers: dict[str, Counter[str]] = {name: Counter() for name in rulebook.decisions}
        self.settling: Counter[str] = Counter()
        self.asked_first: Counter[str] = Counter()
        self._urgent = [rule for rule in rulebook.rules.values() if rule.urgent]
        self._lists: dict[str, list[Listed]] = {group: [] for group in ORDER}

    def add(self, result: Result, digest: Digest | None) -> None:
        """Count one result."""
        group = digest.group if digest is not None else self._group(result.situation)
        self.count(group, digest)
        if self._most is None or len(self._lists[group]) < self._most:
            error = error_text(result.problems)
            self._lists[group].append(Listed(result.id, result.file, group, digest, error))

    def count(self, group: str, digest: Digest | None, cases: int = 1) -> None:
        """Count cases that have one answer, or none."""
        self.cases += cases
        self.groups[group] += cases
        self.statuses[digest.status if digest is not None else "error"] += cases
        if digest is None:
            return
        for name, outcome in digest.answers.items():
            self.answers[name][outcome] += cases
        if digest.status == "needs_data":
            self.open += cases
            self.settling.update(dict.fromkeys(digest.settling, cases))
            self.asked_first.update(dict.fromkeys(digest.missing[:1], cases))

    def _group(self, situation: Situation) -> str:
        """A file that cannot be answered may still say that the patient cannot wait."""
        urgent = (rule.when.truth(situation) is TRUE for rule in self._urgent if situation)
        return "emergency" if any(urgent) else "error"

    def first(self) -> list[Listed]:
        """Return the cases that were kept, those to discuss first at the head."""
        found = [listed for group in ORDER for listed in self._lists[group]]
        return found if self._most is None else found[: self._most]

    @property
    def errors(self) -> int:
        """How many files could not be answered."""
        return self.statuses["error"]


def error_text(problems: Sequence[Problem]) -> str:
    """Return a file's problems in one line."""
    return "; ".join((f"line {problem.span.line}: " if problem.span else "") + problem.message for problem in problems)
