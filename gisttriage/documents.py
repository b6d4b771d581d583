"""Text files in, YAML nodes with places out: bounded in size, depth and time, and never a traceback.

Scalars stay the text that was written (YAML 1.1 would make ``no`` a boolean and ``1:30`` a number); what a
text means is decided by the type of the fact it is given for. Tags, anchors and aliases are refused: no case
or rulebook needs them, and they are how YAML files attack their readers.
"""

from __future__ import annotations

import codecs
import errno
import re
import sys
from functools import lru_cache
from typing import NoReturn

import yaml
from msgspec import Struct
from yaml.cyaml import CParser  # type: ignore[attr-defined]
from yaml.nodes import MappingNode, Node, SequenceNode

from .diagnostics import CaseError, GistTriageError, Problem, Span

STDIN = "-"
_DEPTH = 32
_BLOCK = 65536
# libyaml's composer recurses in C: far below this many openings it cannot overflow, and no honest file has as many.
_OPENINGS = ("[", "{", "- ", "-\t", "? ", "?\t")
_MOST_OPENINGS = 2000
# Where a tag, an anchor or an alias may start; only a text with one of these is worth the second look.
_MARKED = re.compile(r"(?:^|[\s\[{,])[&*!]")
_HINTS = {
    "mapping values are not allowed": "put a text that has a colon in it in quotes",
    "cannot start any token": "indent with spaces, and put a text that starts with a special character in quotes",
    "could not find expected ':'": "every line is a fact, a colon, a space and a value",
    "did not find expected key": "check the indentation, and the quotes and brackets of this and the previous line",
    "did not find expected <document start>": "one case in each file; a table of cases is for gisttriage batch",
    "invalid Unicode character escape": "half of a surrogate pair stands alone; write the character itself",
    "unexpected end of stream": "a quote or a bracket is never closed",
    "did not find expected ',' or": "a bracket is never closed",
}


_NOT_TEXT = r"[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]"
_SURROGATES = r"(?i)(?<!\\)((?:\\\\)*)\\u(d[89ab][0-9a-f]{2})\\u(d[c-f][0-9a-f]{2})"


_BREAK = "\r\n|[\r\n\x85\u2028\u2029]"


class Document(Struct, frozen=True):
    """A text and the name it is reported under."""

    name: str
    text: str

    def problem(self, where: Node | Span | None, message: str, help: str | None = None) -> Problem:
        """Return a problem of this document at a node, at a span, or of the whole file."""
        span = span_of(where) if isinstance(where, Node) else where
        return Problem(path=self.name, message=message, span=span, source_line=self._line(span), help=help)

    def _line(self, span: Span | None) -> str | None:
        lines = _lines(self.text) if span is not None else ()
        return lines[span.line - 1] if span is not None and span.line <= len(lines) else None


@lru_cache(maxsize=2)
def _lines(text: str) -> tuple[str, ...]:
    # YAML's own line breaks; splitlines() would also break at form feeds and count differently.
    return tuple(re.split(_BREAK, text))


def _end_of(text: str) -> Span:
    """Return the place just behind `text`."""
    lines = re.split(_BREAK, text)
    return Span(len(lines), len(lines[-1]) + 1)


def document_of(name: str, text: str) -> Document:
    """Return a text as a document, with JSON's pairs of escapes for one character turned into that character."""
    if text[:1] in "{ \t\r\n" and text.lstrip()[:1] == "{":
        text = re.sub(_SURROGATES, _join_surrogates, text)
    return Document(name, text)


def span_of(node: Node) -> Span:
    """Return where `node` stands; a node over several lines is marked by its first character."""
    start, end = node.start_mark, node.end_mark
    length = end.column - start.column if end.line == start.line else 1
    return Span(start.line + 1, start.column + 1, max(1, length))


def read_document(path: str, limit: int, error: type[GistTriageError]) -> Document:
    """Read a UTF-8 text of at most `limit` bytes; ``-`` is standard input. Raises `error`."""
    name = "<stdin>" if path == STDIN else path

    def fail(message: str, help: str | None = None) -> NoReturn:
        raise error([Problem(path=name, message=message, help=help)])

    try:
        data = _read_bytes(path, limit)
    except IsADirectoryError:
        what = f"for all cases in it: gisttriage batch {path}" if error is CaseError else "name the file in it"
        fail("this is a directory, not a file", what)
    except FileNotFoundError:
        fail("no such file", "check the spelling, and the folder you are in")
    except PermissionError:
        fail("this file may not be read", "check its permissions")
    except (OSError, ValueError) as problem:
        fail(f"cannot be read: {getattr(problem, 'strerror', None) or problem}")
    if len(data) > limit:
        fail(f"larger than {limit // 1_000_000} MB", "a case file has some ten lines; is this the right file?")
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        fail("this file is UTF-16", "save it as UTF-8")
    if b"\0" in data:
        fail("this is not a text file", "a case is a text file in YAML or JSON")
    data = data.removeprefix(codecs.BOM_UTF8)
    try:
        return document_of(name, data.decode())
    except UnicodeDecodeError as problem:
        before = data[: problem.start].decode("utf-8", "replace")
        shown = Document(name, before + data[problem.start : problem.start + 40].decode("utf-8", "replace"))
        message = f"byte 0x{data[problem.start]:02x} is not UTF-8"
        raise error([shown.problem(_end_of(before), message, "save the file as UTF-8")]) from None


def _read_bytes(path: str, limit: int) -> bytes:
    """Read until the end, or until there is more than is allowed: what is no regular file has no size to ask for."""
    if path == STDIN:
        if sys.stdin is None:
            raise OSError(errno.EBADF, "standard input is closed")
        return sys.stdin.buffer.read(limit + 1)
    with open(path, "rb", buffering=0) as file:
        chunks, size = [], 0
        while size <= limit and (chunk := file.read(_BLOCK)):
            chunks.append(chunk)
            size += len(chunk)
    return b"".join(chunks)


class _Composer(CParser):
    """Composes without working out tags: a scalar means what its fact says, and written tags are refused before."""

    def descend_resolver(self, parent: Node | None, index: object) -> None:
        """Called by the parser on the way down; there is nothing to keep track of."""

    def ascend_resolver(self) -> None:
        """Called by the parser on the way up."""

    def resolve(self, kind: type[Node], value: str | None, implicit: object) -> str:
        """Called by the parser for a node without a tag."""
        return ""


def compose(document: Document, error: type[GistTriageError]) -> Node | None:
    """Parse a document into one tree of nodes; None when nothing is written in it. Raises `error`."""
    text = document.text
    try:
        if _needs_a_look(text):
            _scan(document, text, error)
        composer = _Composer(text)
        try:
            node: Node | None = composer.get_single_node()
        finally:
            composer.dispose()
    except yaml.reader.ReaderError:
        raise error([_bad_character(document)]) from None
    except yaml.MarkedYAMLError as problem:
        raise error([_bad_syntax(document, problem)]) from None
    return node


def _needs_a_look(text: str) -> bool:
    """Whether there may be a tag, an anchor or an alias in the text, or more openings than the composer can take."""
    if ("&" in text or "*" in text or "!" in text) and _MARKED.search(text) is not None:
        return True
    return len(text) > _MOST_OPENINGS and sum(map(text.count, _OPENINGS)) > _MOST_OPENINGS


def _scan(document: Document, text: str, error: type[GistTriageError]) -> None:
    """Refuse what only an attack or a mistake has; event by event, since composing recurses."""
    depth = 0
    for event in yaml.parse(text, Loader=yaml.CBaseLoader):
        mark = event.start_mark
        span = Span(mark.line + 1, mark.column + 1) if mark is not None else None
        if isinstance(event, yaml.AliasEvent):
            raise error([document.problem(span, "aliases are not allowed here", "write the value out")])
        if isinstance(event, yaml.NodeEvent) and event.anchor is not None:
            raise error([document.problem(span, "anchors are not allowed here", "remove the word that starts with &")])
        if isinstance(event, (yaml.ScalarEvent, yaml.CollectionStartEvent)) and event.tag is not None:
            raise error([document.problem(span, "tags are not allowed here", "remove the word that starts with !")])
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > _DEPTH:
                raise error([document.problem(span, f"nested more than {_DEPTH} levels deep", "see the examples")])
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1


def _join_surrogates(match: re.Match[str]) -> str:
    pair = bytes.fromhex(match.group(2) + match.group(3)).decode("utf-16-be")
    return match.group(1) + pair


def _bad_character(document: Document) -> Problem:
    found = re.search(_NOT_TEXT, document.text)
    if found is None:
        return document.problem(None, "a character that YAML does not allow", "save the file as plain text")
    span = _end_of(document.text[: found.start()])
    help = "remove it, or write it as an escape in quotes"
    return document.problem(span, f"control character U+{ord(found.group()):04X}", help)


def _bad_syntax(document: Document, problem: yaml.MarkedYAMLError) -> Problem:
    mark = problem.problem_mark or problem.context_mark
    message = problem.problem or "not valid YAML"
    span = Span(mark.line + 1, mark.column + 1) if mark else None
    if problem.context and problem.context.startswith("expected a single document"):
        return document.problem(span, "a second document starts here", "write one case in each file, without ---")
    help = next((text for part, text in _HINTS.items() if part in message), "see the examples for the form")
    return document.problem(span, f"not valid YAML: {message}", help)


def kind(node: Node) -> str:
    """Name the shape of a node, for messages."""
    if isinstance(node, MappingNode):
        return "a mapping"
    return "a list" if isinstance(node, SequenceNode) else "a text"
