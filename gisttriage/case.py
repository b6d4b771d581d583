"""Case files (YAML or JSON) → Case → Situation."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct
from yaml.nodes import Node, ScalarNode, SequenceNode

from .diagnostics import CaseError, Problem, Problems, Span, TooManyProblems, quoted, suggest
from .documents import Document, compose, document_of, kind, read_document, span_of
from .fields import Fields
from .implications import Contradiction
from .logic import Situation
from .rulebook import Rulebook
from .vocabulary import Fact, Misread, Text

LIMIT = 1_000_000
"""Largest case file, in bytes."""

_LONGEST_ID = 200
_REMEMBERED = 10_000  # texts of one fact: far more than a vocabulary has, so that only nonsense could fill it

Value = str | int | float | tuple[str, ...]


class Given(Struct, frozen=True):
    """What a case says of one fact: the value in the fact's own terms, its mask, and where it was said.

    `value` is None where the case says that the fact is not known; `where` if it was said on the command line.
    """

    value: Value | None
    mask: int
    where: Node | Span | None

    @property
    def span(self) -> Span | None:
        """The place in the file. Worked out when asked for: of most facts nobody asks."""
        return self.where if self.where is None or isinstance(self.where, Span) else span_of(self.where)

    def __reduce__(self) -> tuple[object, ...]:
        return Given, (self.value, self.mask, self.span)


class Case(Struct, frozen=True):
    """One patient as described: an id, where the description came from, what it says, and what rules make of that.

    `situation` holds what is known of each fact that rules may read, before implications and provisos.
    """

    id: str
    source: str
    given: Mapping[str, Given]
    situation: Situation


class CaseReader:
    """Reads cases against one rulebook, and remembers what each text meant: in a registry few texts are new."""

    def __init__(self, rulebook: Rulebook) -> None:
        self.rulebook = rulebook
        self._facts = dict(rulebook.facts)
        self._meant: dict[str, dict[str, tuple[Value | None, int]]] = {name: {} for name in rulebook.facts}
        self._consistent: set[Situation] = set()

    def read(self, path: str | os.PathLike[str], changes: Iterable[tuple[str, str]] = ()) -> Case:
        """Read a case file, as `read_case` does."""
        document = read_document(os.fspath(path), LIMIT, CaseError)
        root = compose(document, CaseError)
        if root is None:
            help = "write what you know as `fact: value` lines; {} is the case of which nothing is known"
            raise CaseError([document.problem(None, "this case is empty", help)])
        return self.case(document, root, changes)

    def case(self, document: Document, root: Node | None, changes: Iterable[tuple[str, str]]) -> Case:
        """Make a case of a parsed document. Raises CaseError with every problem in it."""
        if isinstance(root, SequenceNode) or (isinstance(root, ScalarNode) and root.value != ""):
            help = "one case in each file, as `fact: value` lines"
            raise CaseError([document.problem(root, f"a case is `fact: value` lines, not {kind(root)}", help)])
        problems = Problems()
        given: dict[str, Given] = {}
        try:
            self._collect(document, root, changes, given, problems)
        except TooManyProblems:
            problems.extend([Problem(path=document.name, message="too much is wrong to go on", help="is this a case?")])
        case = self._made(document.name, given)
        if not problems:
            self._check(document, case, problems)
        if problems:
            raise CaseError(problems, case)
        return case

    def answered(self, case: Case, name: str, text: str) -> Case:
        """Return a case with one more fact stated. Raises CaseError if it cannot be read or contradicts the others."""
        document, problems, given = Document(case.source, ""), Problems(), dict(case.given)
        self._change(name, text, given, problems)
        changed = Case(case.id, case.source, given, self._situation(given))
        if not problems:
            self._check(document, changed, problems)
        if problems:
            raise CaseError(problems)
        return changed

    def _made(self, source: str, given: dict[str, Given]) -> Case:
        stated = given["id"].value if "id" in given else None
        return Case(str(stated) if stated else os.path.basename(source), source, given, self._situation(given))

    def _situation(self, given: Mapping[str, Given]) -> Situation:
        return tuple(given[fact.name].mask if fact.name in given else fact.full for fact in self.rulebook.read)

    def _collect(
        self,
        document: Document,
        root: Node | None,
        changes: Iterable[tuple[str, str]],
        given: dict[str, Given],
        problems: Problems,
    ) -> None:
        fields = Fields(document, root, problems, "a case")
        for name, node in fields.values.items():
            if name == "expect":  # the answer a test expects beside its case: not part of the patient
                continue
            fact = self._facts.get(name)
            if fact is None:
                problems.append(self._no_fact(document, fields.keys[name], name))
            elif (read := self._read(document, fact, node, problems)) is not None:
                given[name] = read
        for name, text in changes:
            self._change(name, text, given, problems)

    def _no_fact(self, document: Document, where: Node | Span, name: str) -> Problem:
        known = tuple(self._facts)
        help = suggest(name, known) or f"known: {', '.join(known)}"
        return document.problem(where, f"no fact {quoted(name)}", help)

    def _read(self, document: Document, fact: Fact, node: Node, problems: Problems) -> Given | None:
        if isinstance(node, ScalarNode):
            # An unquoted null is JSON's and YAML's own way to leave something out.
            text = "" if not node.style and node.value in ("null", "~") else node.value
            return self._scalar(document, fact, text, node, problems)
        takes = "one value"
        if isinstance(node, SequenceNode) and isinstance(fact, Text) and fact.many:
            if all(isinstance(item, ScalarNode) for item in node.value):
                said = tuple(str(item.value) for item in node.value if not fact.is_unknown(item.value))
                return Given(said or None, fact.full, node)
            takes = "a list of texts"
        help = "where it may be one of several values, a group says so; see gisttriage new"
        problems.append(document.problem(node, f"{fact.name} takes {takes}, not {kind(node)}", help))
        return None

    def _scalar(
        self, document: Document, fact: Fact, text: str, where: Node | Span, problems: Problems
    ) -> Given | None:
        known = self._meant[fact.name]
        meant = known.get(text)
        if meant is None:
            try:
                meant = _meaning(fact, text)
            except Misread as misread:
                problems.append(document.problem(where, misread.message, misread.help))
                return None
            if len(known) < _REMEMBERED and not isinstance(fact, Text):
                known[text] = meant
        return Given(meant[0], meant[1], where)

    def _change(self, name: str, text: str, given: dict[str, Given], problems: Problems) -> None:
        document = Document("--set", f"{name}={text}")
        fact = self._facts.get(name)
        if fact is None:
            problems.append(self._no_fact(document, Span(1, 1, max(1, len(name))), name))
            return
        read = self._scalar(document, fact, text, Span(1, len(name) + 2, max(1, len(text))), problems)
        if read is not None:
            given[name] = Given(read.value, read.mask, None)

    def _check(self, document: Document, case: Case, problems: Problems) -> None:
        """Report facts that cannot all hold."""
        if case.situation in self._consistent:
            return
        try:
            self.rulebook.narrow(case.situation)
        except Contradiction as found:
            facts = [self.rulebook.read[place] for place in found.facts]
            problems.append(_contradiction(document, case, facts, str(found)))
        else:
            self._consistent.add(case.situation)


def read_case(path: str | os.PathLike[str], rulebook: Rulebook, changes: Iterable[tuple[str, str]] = ()) -> Case:
    """Read a case file; ``-`` is standard input. `changes` are (fact, value) pairs that replace what it says.

    Raises CaseError with every problem of the file, each with its place.
    """
    return CaseReader(rulebook).read(path, changes)


def parse_case(text: str, rulebook: Rulebook, name: str = "<text>", changes: Iterable[tuple[str, str]] = ()) -> Case:
    """Read a case from a text, as `read_case` does from a file."""
    document = document_of(name, text)
    return CaseReader(rulebook).case(document, compose(document, CaseError), changes)


def _meaning(fact: Fact, text: str) -> tuple[Value | None, int]:
    """Return the value a text stands for, None where it says that the fact is not known, and its mask."""
    if isinstance(fact, Text):
        # A text stays what was written: "NA" may be somebody's case number.
        if fact.name == "id" and len(text) > _LONGEST_ID:
            raise Misread(
                f"the id is longer than {_LONGEST_ID} characters", "use a case number; longer texts are for notes"
            )
        unknown = fact.is_unknown(text) if fact.many else not text.strip()
        return (None if unknown else (text,) if fact.many else text), fact.full
    return (None, fact.full) if fact.is_unknown(text) else (fact.canonical(text), fact.read(text))


def _contradiction(document: Document, case: Case, facts: Sequence[Fact], because: str) -> Problem:
    stated = [fact for fact in facts if fact.name in case.given and case.given[fact.name].value is not None]
    said = " and ".join(f"{fact.name}: {case.given[fact.name].value}" for fact in stated)
    clash = "contradict each other" if len(stated) > 1 else "contradicts what the rulebook implies"
    where = [span for fact in stated if (span := case.given[fact.name].span) is not None]
    lines = " and ".join(str(span.line) for span in where)
    help = f"{because} See {'lines' if len(where) > 1 else 'line'} {lines}.".strip() if where else because
    return document.problem(where[-1] if where else None, f"{said} {clash}", help)
