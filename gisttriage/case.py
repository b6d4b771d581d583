"""Case files (YAML or JSON) → Case → Situation."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct
from yaml.nodes import Node, ScalarNode, SequenceNode

from .diagnostics import CaseError, Problem, Span, suggest
from .documents import Document, Fields, compose, kind, read_document, span_of
from .implications import Contradiction, narrow
from .logic import Situation
from .rulebook import Rulebook
from .vocabulary import Fact, Misread, Text

LIMIT = 1_000_000
"""Largest case file, in bytes."""

Value = str | int | float | tuple[str, ...]


class Given(Struct, frozen=True):
    """What a case says of one fact: the value in the fact's own terms, its mask, and where it was said.

    `value` is None where the case says that the fact is not known; `span` where it was said on the command line.
    """

    value: Value | None
    mask: int
    span: Span | None


class Case(Struct, frozen=True):
    """One patient as described: an id, where the description came from, and what it says."""

    id: str
    source: str
    given: Mapping[str, Given]

    def situation(self, rulebook: Rulebook) -> Situation:
        """Return what is known of each fact that rules may read, before implications and provisos."""
        return tuple(self.given[fact.name].mask if fact.name in self.given else fact.full for fact in rulebook.read)


def read_case(path: str | os.PathLike[str], rulebook: Rulebook, changes: Iterable[tuple[str, str]] = ()) -> Case:
    """Read a case file; ``-`` is standard input. `changes` are (fact, value) pairs that replace what it says.

    Raises CaseError with every problem of the file, each with its place.
    """
    document = read_document(os.fspath(path), LIMIT, CaseError)
    root = compose(document, CaseError)
    if root is None:
        help = "write what you know as `fact: value` lines; {} is the case of which nothing is known"
        raise CaseError([document.problem(None, "this case is empty", help)])
    return _case(document, root, rulebook, changes)


def parse_case(text: str, rulebook: Rulebook, name: str = "<text>", changes: Iterable[tuple[str, str]] = ()) -> Case:
    """Read a case from a text, as `read_case` does from a file."""
    document = Document(name, text)
    return _case(document, compose(document, CaseError), rulebook, changes)


def _case(document: Document, root: Node | None, rulebook: Rulebook, changes: Iterable[tuple[str, str]]) -> Case:
    problems: list[Problem] = []
    if isinstance(root, SequenceNode) or (isinstance(root, ScalarNode) and root.value != ""):
        help = "one case in each file, as `fact: value` lines"
        raise CaseError([document.problem(root, f"a case is `fact: value` lines, not {kind(root)}", help)])
    fields = Fields(document, root, problems, "a case")
    given: dict[str, Given] = {}
    for name, node in fields.values.items():
        if name == "expect":  # the answer a test expects beside its case: not part of the patient
            continue
        fact = rulebook.facts.get(name)
        if fact is None:
            problems.append(_no_fact(document, fields.keys[name], name, rulebook))
        elif (read := _read(document, fact, node, problems)) is not None:
            given[name] = read
    for name, text in changes:
        _change(name, text, rulebook, given, problems)
    if not problems:
        case = Case(_id(document, given), document.name, given)
        problems.extend(_contradictions(document, case, rulebook))
    if problems:
        raise CaseError(problems)
    return case


def _id(document: Document, given: Mapping[str, Given]) -> str:
    stated = given["id"].value if "id" in given else None
    return str(stated) if stated else os.path.basename(document.name)


def _no_fact(document: Document, node: Node | Span, name: str, rulebook: Rulebook) -> Problem:
    known = tuple(rulebook.facts)
    help = suggest(name, known) or f"known: {', '.join(known)}"
    return document.problem(node, f"no fact {name!r}", help)


def _read(document: Document, fact: Fact, node: Node, problems: list[Problem]) -> Given | None:
    if isinstance(node, ScalarNode):
        return _scalar(document, fact, str(node.value), span_of(node), problems)
    takes = "one value"
    if isinstance(node, SequenceNode) and isinstance(fact, Text) and fact.many:
        if all(isinstance(item, ScalarNode) for item in node.value):
            said = tuple(str(item.value) for item in node.value if not fact.is_unknown(item.value))
            return Given(said or None, fact.full, span_of(node))
        takes = "a list of texts"
    help = "where it may be one of several values, a group says so; see gisttriage new"
    problems.append(document.problem(node, f"{fact.name} takes {takes}, not {kind(node)}", help))
    return None


def _scalar(document: Document, fact: Fact, text: str, span: Span, problems: list[Problem]) -> Given | None:
    if isinstance(fact, Text):
        # A text stays what was written: "NA" may be somebody's case number.
        unknown = fact.is_unknown(text) if fact.many else text == ""
        return Given(None if unknown else (text,) if fact.many else text, fact.full, span)
    if fact.is_unknown(text):
        return Given(None, fact.full, span)
    try:
        return Given(fact.canonical(text), fact.read(text), span)
    except Misread as misread:
        problems.append(document.problem(span, misread.message, misread.help))
        return None


def _change(name: str, text: str, rulebook: Rulebook, given: dict[str, Given], problems: list[Problem]) -> None:
    document = Document("--set", f"{name}={text}")
    fact = rulebook.facts.get(name)
    if fact is None:
        problems.append(_no_fact(document, Span(1, 1, max(1, len(name))), name, rulebook))
        return
    read = _scalar(document, fact, text, Span(1, len(name) + 2, max(1, len(text))), problems)
    if read is not None:
        given[name] = Given(read.value, read.mask, None)


def _contradictions(document: Document, case: Case, rulebook: Rulebook) -> Sequence[Problem]:
    situation = case.situation(rulebook)
    try:
        narrowed = narrow(rulebook.implications, situation)
    except Contradiction as found:
        facts = [rulebook.read[place] for place in found.facts]
        return [_contradiction(document, case, facts, str(found))]
    if rulebook.consistent.outcomes(narrowed):
        return []
    stated = [rulebook.read[place] for place in rulebook.consistent.facts if rulebook.read[place].name in case.given]
    return [_contradiction(document, case, stated, "Together they leave no patient whom this could describe.")]


def _contradiction(document: Document, case: Case, facts: Sequence[Fact], because: str) -> Problem:
    stated = [fact for fact in facts if fact.name in case.given and case.given[fact.name].value is not None]
    said = " and ".join(f"{fact.name}: {case.given[fact.name].value}" for fact in stated)
    where = [span for fact in stated if (span := case.given[fact.name].span) is not None]
    lines = " and ".join(str(span.line) for span in where)
    help = because + (f" See {'lines' if len(where) > 1 else 'line'} {lines}." if where else "")
    return document.problem(where[-1] if where else None, f"{said} contradict each other", help)
