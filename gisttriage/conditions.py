"""`when` blocks: from YAML to conditions over situations.

A mapping means all of it, a list of values any of them; ``all``, ``any`` and ``not`` nest, and a definition is
used by its name. There are no expressions and no arithmetic: that is what makes a rulebook provable.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from .diagnostics import Problem, suggest
from .documents import Document, kind
from .logic import All, AnyOf, Condition, Named, Not, Test
from .vocabulary import Fact, Interval, Misread, Number

WORDS = ("all", "any", "not")
_DEPTH = 32


class Conditions:
    """Reads conditions against a vocabulary; `definitions` grows as they are read, in the order of the file."""

    def __init__(
        self, document: Document, facts: Mapping[str, Fact], places: Mapping[str, int], problems: list[Problem]
    ) -> None:
        self._document, self._facts, self._places, self._problems = document, facts, places, problems
        self.definitions: dict[str, Condition] = {}

    def read(self, node: Node | None, depth: int = 0) -> Condition:
        """Read one `when`; what cannot be read is reported and left out."""
        if depth > _DEPTH and node is not None:
            self._fail(node, f"a condition nested more than {_DEPTH} levels deep", "name its parts under definitions")
            return All(())
        if not isinstance(node, MappingNode) or not node.value:
            if node is not None:
                self._fail(node, f"a condition is `fact: value` lines, not {kind(node)}")
            return All(())
        parts, seen = [], set[str]()
        for key, value in node.value:
            if key.value in seen:
                self._fail(key, f"{key.value!r} stands twice in one condition", "put the second under `all:`")
            seen.add(str(key.value))
            part = self._entry(key, value, depth + 1)
            if part is not None:
                parts.append(part)
        return parts[0] if len(parts) == 1 else All(tuple(parts))

    def _entry(self, key: Node, value: Node, depth: int) -> Condition | None:
        name = str(key.value)
        if name in ("all", "any"):
            if not isinstance(value, SequenceNode):
                self._fail(value, f"{name!r} takes a list of conditions, not {kind(value)}")
                return None
            inner = tuple(self.read(item, depth) for item in value.value)
            return All(inner) if name == "all" else AnyOf(inner)
        if name == "not":
            return Not(self.read(value, depth))
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
        self._fail(key, f"no fact or definition {name!r}", help)

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
                try:
                    used.setdefault(name, []).append(fact.interval(str(item.value)))
                except Misread:
                    continue
    return used


def _entries(node: Node) -> Iterator[tuple[str, Node]]:
    if isinstance(node, SequenceNode):
        for item in node.value:
            yield from _entries(item)
    elif isinstance(node, MappingNode):
        for key, value in node.value:
            yield str(key.value), value
            if key.value in WORDS:
                yield from _entries(value)
