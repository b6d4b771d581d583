"""Tests of a rulebook: cases with the answer they expect, and how much of the rulebook they try.

A case file may end in an ``expect`` block: ``status``, each decision with its outcome or a list of the possible ones,
``first_missing``, ``cautions``, ``notices``; or in nothing but ``error``, with a part of the message.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct

from .assessment import STATUSES, Assessment
from .case import LIMIT, CaseReader
from .diagnostics import CaseError, Problem
from .documents import compose, read_document
from .fields import Fields
from .logic import Test, Truth, tests
from .rulebook import Rulebook
from .triage import assess

_OTHER = ("status", "first_missing", "cautions", "notices", "error")


class Tested(Struct, frozen=True, kw_only=True):
    """One case with an expectation: what did not come out as expected, and the answer, if there was one."""

    file: str
    failures: tuple[str, ...]
    assessment: Assessment | None


class Tried(Struct, frozen=True):
    """How often a rule, or a test in its condition, was true, false and unknown."""

    counts: Mapping[Truth, int]

    @property
    def both(self) -> bool:
        """Whether it was seen true and seen false."""
        return bool(self.counts[Truth.TRUE] and self.counts[Truth.FALSE])


class Coverage(Struct, frozen=True, kw_only=True):
    """How much of a rulebook its tests try: rules, and the tests in their conditions by (rule, number)."""

    rules: Mapping[str, Tried]
    conditions: Mapping[tuple[str, int], tuple[Test, Tried]]

    @property
    def percent(self) -> float:
        """The share of rules' two sides, true and false, that were seen."""
        seen = sum(bool(t.counts[side]) for t in self.rules.values() for side in (Truth.TRUE, Truth.FALSE))
        return 100 * seen / (2 * len(self.rules)) if self.rules else 100.0


def run_tests(files: Sequence[str], rulebook: Rulebook) -> Iterator[Tested]:
    """Run every case that has an expectation; others are left out. A file that cannot be read fails."""
    reader = CaseReader(rulebook)
    for file in files:
        expected, problems = _expectation(file, rulebook)
        if problems:
            yield Tested(file=file, failures=tuple(map(_told, problems)), assessment=None)
        elif expected is not None:
            yield _run(file, expected, reader, rulebook)


def measure(tested: Sequence[Tested], rulebook: Rulebook) -> Coverage:
    """Count what the tests tried."""
    rules: dict[str, Counter[Truth]] = {id: Counter() for id in rulebook.rules}
    conditions: dict[tuple[str, int], tuple[Test, Counter[Truth]]] = {
        (id, i): (test, Counter())
        for id, rule in rulebook.rules.items()
        for i, (test, _) in enumerate(tests(rule.when))
    }
    for assessment in (each.assessment for each in tested if each.assessment is not None):
        for id in rulebook.rules:
            rules[id][assessment.rules[id].truth] += 1
        for test, counter in conditions.values():
            counter[test.truth(assessment.situation)] += 1
    return Coverage(
        rules={id: Tried(counter) for id, counter in rules.items()},
        conditions={key: (test, Tried(counter)) for key, (test, counter) in conditions.items()},
    )


def _expectation(file: str, rulebook: Rulebook) -> tuple[Fields | None, list[Problem]]:
    """Return the `expect` block of a case file, and what is wrong with it."""
    problems: list[Problem] = []
    try:
        document = read_document(file, LIMIT, CaseError)
        root = Fields(document, compose(document, CaseError), [], "a case")
    except CaseError as error:
        return None, list(error.problems)
    if "expect" not in root.values:
        return None, []
    expected = Fields(document, root.values["expect"], problems, "expect")
    expected.only((*_OTHER, *rulebook.decisions))
    if not expected.values and not problems:
        help = "name an answer, such as `status: settled`; or leave expect out"
        expected.fail(root.keys["expect"], "expect asks for nothing", help)
    for name, known in _words(rulebook).items():
        for node in expected.scalars(name):
            if node.value not in known:
                expected.unknown_at(node, name, node.value, known)
    for name in ("status", *rulebook.decisions):
        if name in expected.values and not expected.texts(name):
            expected.fail(expected.keys[name], f"{name!r} asks for nothing", "name the outcome, or leave it out")
    if "error" in expected.values:
        expected.text("error", required=True)
        for name in expected.keys:
            if name != "error":
                help = "a case with an error has no answer: expect the one or the other"
                expected.fail(expected.keys[name], f"{name!r} cannot be expected beside an error", help)
    return expected, problems


def _words(rulebook: Rulebook) -> dict[str, tuple[str, ...]]:
    """Return what each expectation may name."""
    rules = rulebook.rules.values()
    return {
        "status": STATUSES,
        "first_missing": tuple(fact.name for fact in rulebook.read),
        "cautions": tuple(rule.id for rule in rules if rule.caution),
        "notices": tuple(rule.id for rule in rules if rule.notice),
        **{name: decision.outcomes for name, decision in rulebook.decisions.items()},
    }


def _run(file: str, expected: Fields, reader: CaseReader, rulebook: Rulebook) -> Tested:
    wanted = expected.text("error")
    try:
        assessment = assess(reader.read(file), rulebook)
    except CaseError as error:
        said = " | ".join(problem.message for problem in error.problems)
        failed = () if wanted and wanted in said else (f"expected {_what(wanted)}, got the error: {said}",)
        return Tested(file=file, failures=failed, assessment=None)
    failures = [f"expected the error {wanted!r}, got an answer"] if wanted else []
    return Tested(file=file, failures=(*failures, *_compared(expected, assessment)), assessment=assessment)


def _what(wanted: str) -> str:
    return f"the error {wanted!r}" if wanted else "an answer"


def _compared(expected: Fields, assessment: Assessment) -> Iterator[str]:
    got: dict[str, tuple[str, ...]] = {name: answer.possible for name, answer in assessment.decisions.items()}
    got |= {"status": (assessment.status,), "cautions": assessment.cautions, "notices": assessment.notices}
    got["first_missing"] = tuple(missing.fact for missing in assessment.missing[:1])
    for name in expected.values:
        if name != "error" and set(expected.texts(name)) != set(got[name]):
            yield f"{name}: expected {_listed(expected.texts(name))}, got {_listed(got[name])}"


def _listed(names: Sequence[str]) -> str:
    return " or ".join(names) or "nothing"


def _told(problem: Problem) -> str:
    place = f":{problem.span.line}:{problem.span.column}" if problem.span else ""
    return f"{problem.path}{place}: {problem.message}{f'; {problem.help}' if problem.help else ''}"
