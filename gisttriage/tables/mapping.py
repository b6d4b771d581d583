"""Which column of a table speaks of which fact: a mapping file, and columns that are named like facts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from ..diagnostics import Problem, Problems, Span, TableError, TooManyProblems, quoted, suggest
from ..documents import Document, compose, document_of, kind, read_document, span_of
from ..fields import Fields
from ..rulebook import Rulebook
from ..vocabulary import Choice, Fact, Misread, Text, fold

LIMIT = 1_000_000
"""Largest mapping file, in bytes."""

ANY, ALL, LATEST = "any", "all", "latest by"
"""How rows of one patient may be decided between, other than by what they have in common."""

_KEYS = ("columns", "constants", "group_by", LATEST, "unknown", "ignore")
_COLUMN_KEYS = ("fact", "values", "unknown", "separator", "decimal", "rule", LATEST)


_NOT_GROUPED = (
    "this decides between rows of one patient, and rows are not grouped",
    "add group_by: and the column that names the patient",
)


class Statement(Struct, frozen=True, kw_only=True):
    """One column, as far as it speaks of one fact.

    `values` gives for a folded cell the mask it means, `unknown` the folded cells that mean not known, `separator` what
    parts a list in one cell, `decimal` the sign in numbers. `rule` says how rows of one patient are decided between: ""
    (merge what they have in common), ANY, ALL, or LATEST together with the column of dates `by`.
    """

    column: str
    fact: str
    values: Mapping[str, int] = {}
    unknown: frozenset[str] = frozenset()
    separator: str = ""
    decimal: str = "."
    rule: str = ""
    by: str = ""
    where: Span | None = None


class ColumnMapping(Struct, frozen=True, kw_only=True):
    """A mapping file as a value; the empty one reads the columns that are named like facts.

    `latest_by` is the column of dates by which only the latest row of each patient counts, if any.
    """

    document: Document = Document("", "")
    statements: tuple[Statement, ...] = ()
    constants: Mapping[str, int] = {}
    group_by: str = ""
    latest_by: str = ""
    unknown: frozenset[str] = frozenset()
    ignore: frozenset[str] = frozenset()
    places: Mapping[str, Span] = {}

    def problem(self, place: str | Span | None, message: str, help: str) -> Problem:
        """Return a problem at a place in the mapping file."""
        return self.document.problem(self.places.get(place) if isinstance(place, str) else place, message, help)


def read_mapping(path: str, rulebook: Rulebook) -> ColumnMapping:
    """Read a mapping file. Raises TableError with every problem in it, each with its place."""
    document = read_document(path, LIMIT, TableError)
    return _mapping(document, compose(document, TableError), rulebook)


def parse_mapping(text: str, rulebook: Rulebook, name: str = "<mapping>") -> ColumnMapping:
    """Read a mapping from a text, as `read_mapping` does from a file."""
    document = document_of(name, text)
    return _mapping(document, compose(document, TableError), rulebook)


def _mapping(document: Document, root: Node | None, rulebook: Rulebook) -> ColumnMapping:
    problems = Problems()
    try:
        mapping = _Reader(document, rulebook, problems).read(root)
    except TooManyProblems:
        raise TableError([*problems]) from None
    if problems:
        raise TableError(problems)
    return mapping


class _Reader:
    def __init__(self, document: Document, rulebook: Rulebook, problems: Problems) -> None:
        self._document, self._rulebook, self._problems = document, rulebook, problems
        self._places: dict[str, Span] = {}

    def read(self, root: Node | None) -> ColumnMapping:
        fields = Fields(self._document, root, self._problems, "a mapping")
        fields.only(_KEYS)
        shared = _folded(fields.texts("unknown"))
        statements = tuple(self._columns(fields, shared))
        constants = self._constants(fields)
        for statement in statements:
            if statement.fact in constants:
                message = (
                    f"{statement.fact} is a constant below, and the column {quoted(statement.column)} gives it too"
                )
                self._problem(statement.where, message, "keep one of the two")
        for name in ("group_by", LATEST, "ignore"):
            if name in fields.values:
                self._places[name] = span_of(fields.values[name])
        if LATEST in fields.values and "group_by" not in fields.values:
            self._problem(fields.keys[LATEST], *_NOT_GROUPED)
        for statement in statements:
            if statement.rule and "group_by" not in fields.values and not statement.separator:
                self._problem(statement.where, *_NOT_GROUPED)
        return ColumnMapping(
            document=self._document,
            statements=statements,
            constants=constants,
            group_by=fields.text("group_by"),
            latest_by=fields.text(LATEST),
            unknown=shared,
            ignore=frozenset(fields.texts("ignore")),
            places=self._places,
        )

    def _problem(self, where: Node | Span | None, message: str, help: str | None) -> None:
        self._problems.append(self._document.problem(where, message, help))

    def _columns(self, fields: Fields, shared: frozenset[str]) -> Iterator[Statement]:
        node = fields.node_of("columns")
        if node is None:
            return
        columns = Fields(self._document, node, self._problems, "columns")
        for column, value in columns.values.items():
            key = columns.keys[column]
            for each in value.value if isinstance(value, SequenceNode) else [value]:
                statement = self._statement(column, key, each, shared)
                if statement is not None:
                    yield statement

    def _statement(self, column: str, key: Node, node: Node, shared: frozenset[str]) -> Statement | None:
        if isinstance(node, ScalarNode):
            fact = self._fact(node.value, node)
            return Statement(column=column, fact=fact.name, unknown=shared, where=span_of(key)) if fact else None
        fields = Fields(self._document, node, self._problems, f"the column {quoted(column)}")
        fields.only(_COLUMN_KEYS)
        fact = self._fact(fields.text("fact", required=True), fields.values.get("fact"))
        if fact is None:
            return None
        rule, by = self._rule(fields, fact)
        return Statement(
            column=column,
            fact=fact.name,
            values=self._values(fields, fact),
            unknown=shared | _folded(fields.texts("unknown")),
            separator=fields.text("separator"),
            decimal=self._decimal(fields),
            rule=rule,
            by=by,
            where=span_of(key),
        )

    def _fact(self, name: str, where: Node | None) -> Fact | None:
        fact = self._rulebook.facts.get(name)
        if fact is None and name:
            known = tuple(self._rulebook.facts)
            self._problem(where, f"no fact {quoted(name)}", suggest(name, known) or f"known: {', '.join(known)}")
        return fact

    def _decimal(self, fields: Fields) -> str:
        decimal = fields.text("decimal", ".")
        if decimal not in (".", ","):
            self._problem(fields.values["decimal"], f"no decimal sign {quoted(decimal)}", "a point or a comma")
        return decimal

    def _rule(self, fields: Fields, fact: Fact) -> tuple[str, str]:
        """Read `rule: any`, `rule: all` or `latest by: date`, which may stand below `rule` too."""
        node = fields.values.get("rule")
        if node is not None and LATEST in fields.values:
            self._problem(node, f"{LATEST!r} and 'rule' both decide between rows", "keep one of the two")
        if isinstance(node, MappingNode):
            fields = Fields(self._document, node, self._problems, "a rule")
            fields.only((LATEST,))
        if LATEST in fields.values:
            return LATEST, fields.text(LATEST, required=True)
        if not isinstance(node, ScalarNode) or not node.value:
            return "", ""
        rule = node.value.strip()
        if rule not in (ANY, ALL):
            self._problem(node, f"no rule {quoted(rule)}", "any, all, or latest by: and a column of dates")
        elif not (isinstance(fact, Choice) and fact.kind == "yes_no"):
            help = "any and all are for facts that are yes or no; for others, latest by: and a column of dates"
            self._problem(node, f"{fact.name} has more answers than yes and no", help)
        return rule, ""

    def _values(self, fields: Fields, fact: Fact) -> dict[str, int]:
        node = fields.values.get("values")
        if node is None:
            return {}
        cells = Fields(self._document, node, self._problems, "values")
        found: dict[str, int] = {}
        for cell, value in cells.values.items():
            folded, mask = fold(cell), 0
            for each in value.value if isinstance(value, SequenceNode) else [value]:
                mask |= self._meant(fact, each)
            if found.setdefault(folded, mask) != mask:
                help = "case, spaces, hyphens and underscores do not count; keep one of the two"
                self._problem(cells.keys[cell], f"{quoted(cell)} has two meanings", help)
        return found

    def _meant(self, fact: Fact, node: Node) -> int:
        if not isinstance(node, ScalarNode):
            self._problem(node, f"a cell means a value or a list of values, not {kind(node)}", None)
            return fact.full
        try:
            return meaning(fact, node.value)
        except Misread as misread:
            self._problem(node, misread.message, misread.help)
            return fact.full

    def _constants(self, fields: Fields) -> dict[str, int]:
        constants = Fields(self._document, fields.node_of("constants"), self._problems, "constants")
        found: dict[str, int] = {}
        for name, value in constants.values.items():
            fact = self._fact(name, constants.keys[name])
            if fact is not None:
                found[name] = self._meant(fact, value)
        return found


def meaning(fact: Fact, text: str) -> int:
    """Return the mask that a text means for a fact, as in a case file. Raises Misread."""
    return fact.full if isinstance(fact, Text) or fact.is_unknown(text) else fact.read(text)


def _folded(texts: Sequence[str]) -> frozenset[str]:
    return frozenset(map(fold, texts))
