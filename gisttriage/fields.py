"""The entries of a YAML mapping, looked up by name, with every problem noted at its place."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from .diagnostics import Problem, quoted, suggest
from .documents import Document, kind, span_of

NAME = r"[A-Za-z0-9][A-Za-z0-9_.\-]{0,79}"
"""What names look like: they are printed, typed and put into other files."""


class Fields:
    """The entries of a mapping node, each looked up once; what was not asked for is a problem.

    Collects into `problems` instead of raising, so that a file's mistakes are all reported at once.
    """

    def __init__(self, document: Document, node: Node | None, problems: list[Problem], what: str) -> None:
        self.document, self.node, self.problems, self.what = document, node, problems, what
        self.keys: dict[str, Node] = {}
        self.values: dict[str, Node] = {}
        if node is None or _is_empty(node):
            return
        if not isinstance(node, MappingNode):
            problems.append(document.problem(node, f"{what} must be a list of `name: value` lines, not {kind(node)}"))
            return
        for key, value in node.value:
            if not isinstance(key, ScalarNode):
                help = "write `name: value`"
                problems.append(document.problem(key, f"a name must be a word, not {kind(key)}", help))
            elif key.value in self.keys:
                help = f"it was first given on line {span_of(self.keys[key.value]).line}; keep one"
                problems.append(document.problem(key, f"{quoted(key.value)} stands twice", help))
            else:
                self.keys[key.value], self.values[key.value] = key, value

    def fail(self, where: Node | None, message: str, help: str | None = None) -> None:
        """Note a problem at `where`, or at the mapping itself."""
        self.problems.append(self.document.problem(where or self.node, message, help))

    def only(self, known: Iterable[str]) -> None:
        """Report every name that is not in `known`."""
        known = tuple(known)
        for name, key in self.keys.items():
            if name not in known:
                self.fail(
                    key, f"{self.what} has no {quoted(name)}", suggest(name, known) or f"known: {', '.join(known)}"
                )

    def node_of(self, name: str, *, required: bool = False) -> Node | None:
        """Return the node given for `name`, or None."""
        if required and (name not in self.values or _is_empty(self.values[name])):
            self.fail(self.keys.get(name), f"{self.what} needs {name!r}")
        return self.values.get(name)

    def text(self, name: str, default: str = "", *, required: bool = False) -> str:
        """Return the scalar given for `name` as it was written."""
        node = self.node_of(name, required=required)
        if node is None:
            return default
        if not isinstance(node, ScalarNode):
            self.fail(node, f"{name!r} must be a text, not {kind(node)}")
            return default
        return str(node.value)

    def flag(self, name: str) -> bool:
        """Return whether `name` is given as yes; absent means no."""
        text = self.text(name, "no").casefold()
        if text not in ("yes", "no", "true", "false"):
            self.fail(self.values[name], f"{name!r} must be yes or no")
        return text in ("yes", "true")

    def names(self) -> Iterator[str]:
        """Yield the names given; one that is no plain word is a problem, since names are printed and typed."""
        for name, key in self.keys.items():
            if re.fullmatch(NAME, name):
                yield name
            else:
                self.fail(key, f"{quoted(name)} is no name", "letters, digits, _ and -, with a letter or digit first")

    def plain(self) -> dict[str, str]:
        """Return every entry as the text that was written."""
        return {name: self.text(name) for name in self.values}

    def unknown(self, name: str, word: str, known: Iterable[str]) -> None:
        """Report that the value of `name` is none of `known`."""
        self.unknown_at(self.values.get(name), name, word, known)

    def unknown_at(self, where: Node | None, what: str, word: str, known: Iterable[str]) -> None:
        """Report at a node that `word` is none of `known`."""
        known = tuple(known)
        self.fail(where, f"no {what} {quoted(word)}", suggest(word, known) or f"known: {', '.join(known[:12])}")

    def mappings(self, name: str) -> Iterator[Fields]:
        """Yield the entries of a list of mappings."""
        node = self.values.get(name)
        if node is None or _is_empty(node):
            return
        if not isinstance(node, SequenceNode):
            self.fail(node, f"{name!r} must be a list, not {kind(node)}")
            return
        for item in node.value:
            yield Fields(self.document, item, self.problems, f"an entry of {name!r}")

    def texts(self, name: str) -> tuple[str, ...]:
        """Return the list of scalars given for `name`; one scalar is a list of one."""
        return tuple(node.value for node in self.scalars(name))

    def scalars(self, name: str) -> Iterator[ScalarNode]:
        """Yield the scalar nodes given for `name`."""
        node = self.values.get(name)
        if node is None or _is_empty(node):
            return
        for item in node.value if isinstance(node, SequenceNode) else [node]:
            if isinstance(item, ScalarNode):
                yield item
            else:
                self.fail(item, f"{name!r} must be a list of words, not {kind(item)}")


def _is_empty(node: Node) -> bool:
    return isinstance(node, ScalarNode) and not node.value.strip()
