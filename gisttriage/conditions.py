"""`when` blocks: from YAML to conditions over situations.

A mapping means all of it, a list of values any of them; ``all``, ``any`` and ``not`` nest, and a definition is
used by its name. There are no expressions and no arithmetic: that is what makes a rulebook provable.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress

from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from .diagnostics import Problem, quoted, suggest
from .documents import Document, kind
from .logic import All, AnyOf, Condition, Named, Not, Test
from .numbers import Interval, Number
from .vocabulary import Fact, Misread

WORDS = ("all", "any", "not")
_DEPTH = 32
_LARGEST = 2000


class Conditions:
    """Reads conditions against a vocabulary; `definitions` grows as they are read, in the order of the file."""

    def __init__(
        self, document: Document, facts: Mapping[str, Fact], places: Mapping[str, int], problems: list[Problem]
    ) -> None:
        self._document, self._facts, self._places, self._problems = document, facts, places, problems
        self.definitions: dict[str, Condition] = {}
        self._measures: dict[str, tuple[int, int]] = {}

    def define(self, name: str, node: Node | None, where: Node, document: Document) -> Condition:
        """Read a definition, and let later conditions use it by name."""
        self._document = document
        if name in self._facts or name in WORDS:
            self._fail(where, f"{name!r} is a fact or a word of conditions already", "give the definition another name")
        condition = self._read(node, 0)
        self._measures[name] = size, height = self._measure(condition)
        if size > _LARGEST or height > _DEPTH:
            help = "definitions in definitions multiply; write some of them out"
            self._fail(where, f"{name!r} comes to {size} tests, {height} levels deep", help)
            self._measures[name], condition = (1, 1), All(())
        self.definitions[name] = condition
        return condition

    def _measure(self, condition: Condition) -> tuple[int, int]:
        """How many tests a condition comes to, and how deep, with every definition written out."""
        match condition:
            case Named(name, _):
                size, height = self._measures.get(name, (1, 1))
            case All(parts) | AnyOf(parts):
                inner = [self._measure(part) for part in parts]
                size, height = sum(size for size, _ in inner), max((height for _, height in inner), default=0)
            case Not(part):
                size, height = self._measure(part)
            case _:
                return 1, 1
        return size, height + 1

    def read(self, node: Node | None, document: Document) -> Condition:
        """Read one `when` of a document; what cannot be read is reported and left out."""
        self._document = document
        return self._read(node, 0)

    def _read(self, node: Node | None, depth: int) -> Condition:
        if depth > _DEPTH and node is not None:
            self._fail(node, f"a condition nested more than {_DEPTH} levels deep", "name its parts under definitions")
            return All(())
        if not isinstance(node, MappingNode):
            if node is not None:
                self._fail(node, f"a condition is `fact: value` lines, not {kind(node)}")
            return All(())
        if not node.value:
            self._fail(node, "a condition is `fact: value` lines, and there is none here", self._example())
        parts, seen = [], set[str]()
        for key, value in node.value:
            if not isinstance(key, ScalarNode):
                self._fail(key, f"a name must be a word, not {kind(key)}", "write `fact: value`")
                continue
            if key.value in seen:
                self._fail(key, f"{quoted(key.value)} stands twice in one condition", "put the second under `all:`")
            seen.add(key.value)
            part = self._entry(key, value, depth + 1)
            if part is not None:
                parts.append(part)
        return parts[0] if len(parts) == 1 else All(tuple(parts))

    def _example(self) -> str:
        examples = (f", such as `{name}: {self._facts[name].value_name(0)}`" for name in self._places)
        return f"name at least one fact{next(examples, '')}"

    def _entry(self, key: Node, value: Node, depth: int) -> Condition | None:
        name = str(key.value)
        if name in ("all", "any"):
            if not isinstance(value, SequenceNode) or not value.value:
                self._fail(value, f"{name!r} takes a list of conditions, not {kind(value)}", "- fact: value")
                return None
            inner = tuple(self._read(item, depth) for item in value.value)
            return All(inner) if name == "all" else AnyOf(inner)
        if name == "not":
            return Not(self._read(value, depth))
        if name in self.definitions:
            return self._named(name, value)
        if name not in self._places:
            self._unknown(key, name)
            return None
        return self._test(self._facts[name], value)

    def _named(self, name: str, value: Node) -> Condition | None:
        named = Named(name, self.definitions[name])
        if isinstance(value, ScalarNode) and value.value in ("yes", "no"):
            return named if value.value == "yes" else Not(named)
        self._fail(value, f"the definition {name!r} is used as yes or no")
        return None

    def _test(self, fact: Fact, value: Node) -> Condition:
        mask = 0
        if isinstance(value, SequenceNode) and not value.value:
            self._fail(value, "an empty list can never hold", "name the values, or leave the fact out")
        for item in value.value if isinstance(value, SequenceNode) else [value]:
            if not isinstance(item, ScalarNode):
                self._fail(item, f"{fact.name} takes a value or a list of values, not {kind(item)}")
                continue
            try:
                mask |= fact.read(item.value)
            except Misread as misread:
                self._fail(item, misread.message, misread.help)
        return Test(self._places[fact.name], mask)

    def _unknown(self, key: Node, name: str) -> None:
        if name in self._facts:
            self._fail(key, f"{name!r} is context: it is shown, and no rule may read it")
            return
        known = (*self._places, *self.definitions, *WORDS)
        help = suggest(name, known) or "see the facts and definitions above"
        self._fail(key, f"no fact or definition {quoted(name)}", help)

    def _fail(self, node: Node, message: str, help: str | None = None) -> None:
        self._problems.append(self._document.problem(node, message, help))


def thresholds(nodes: Iterable[Node], facts: Mapping[str, Fact]) -> dict[str, list[Interval]]:
    """Return the intervals that conditions use, for each number; what cannot be read is left for `Conditions`."""
    used: dict[str, list[Interval]] = {}
    for node in nodes:
        for name, value in _entries(node):
            fact = facts.get(name)
            if not isinstance(fact, Number):
                continue
            for item in value.value if isinstance(value, SequenceNode) else [value]:
                with suppress(Misread):
                    used.setdefault(name, []).append(fact.interval(str(item.value)))
    return used


def _entries(node: Node) -> Iterator[tuple[str, Node]]:
    waiting = [node]
    while waiting:
        current = waiting.pop()
        if isinstance(current, SequenceNode):
            waiting.extend(current.value)
        elif isinstance(current, MappingNode):
            for key, value in current.value:
                yield str(key.value), value
                if key.value in WORDS:
                    waiting.append(value)
