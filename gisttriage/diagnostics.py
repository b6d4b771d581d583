"""Problems with a place in a file and a remedy, and the one family of errors that carries them.

The form follows what compilers print: ``path:line:column: error: message``, the line with a caret, a help line.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Sequence

from msgspec import Struct

# Unicode categories of what a terminal, a page or a reader could obey or be misled by: control characters, line and
# paragraph separators, zero-width and bidirectional marks, and lone surrogates (undecodable bytes of a file name).
_UNSAFE = frozenset(("Cc", "Cf", "Cs", "Zl", "Zp"))
# What a spreadsheet may evaluate (OWASP, "CSV Injection"). An apostrophe in front makes it a text.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")
_EXCERPT_WIDTH = 76
_QUOTED = 60
_MOST_PROBLEMS = 100


def visible(text: str) -> str:
    """Return `text` with every character that a terminal might obey written as an escape, such as ``\\x1b``."""
    if text.isprintable():
        return text
    return "".join(_escape(char) if _is_unsafe(char) else char for char in text)


def harmless(text: str) -> str:
    """Return a cell that no spreadsheet takes for a formula and no terminal obeys."""
    marked = f"'{text}" if text.lstrip(" ").startswith((*_FORMULA, "'")) else text
    return visible(marked)


def _is_unsafe(char: str) -> bool:
    # Noncharacters are not for interchange: XML, for one, does not allow them.
    code = ord(char)
    return unicodedata.category(char) in _UNSAFE or code & 0xFFFE == 0xFFFE or 0xFDD0 <= code <= 0xFDEF


def _escape(char: str) -> str:
    code = ord(char)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def quoted(text: str) -> str:
    """Return a text as messages quote it: cut to a readable length."""
    return repr(text if len(text) <= _QUOTED else f"{text[:_QUOTED]}…")


class Span(Struct, frozen=True):
    """A place in a text: line and column count from 1, length in characters."""

    line: int
    column: int = 1
    length: int = 1


class Problem(Struct, frozen=True, kw_only=True):
    """One thing wrong, where it is, and what to do about it."""

    path: str
    message: str
    span: Span | None = None
    source_line: str | None = None
    help: str | None = None

    def __str__(self) -> str:
        return "\n".join(self.lines())

    def lines(self) -> Iterator[str]:
        """Yield the printed form, line by line, with nothing in it that a terminal would obey."""
        place = visible(self.path)
        if self.span is not None:
            place += f":{self.span.line}:{self.span.column}"
        yield f"{place}: error: {visible(self.message)}"
        if self.span is not None and self.source_line is not None:
            yield from _excerpt(self.source_line, self.span)
        if self.help:
            yield f"  help: {visible(self.help)}"


class TooManyProblems(Exception):
    """So much is wrong that looking further helps nobody."""


class Problems(list[Problem]):
    """The problems of one file. Raises TooManyProblems rather than grow beyond what anyone would read."""

    def append(self, problem: Problem) -> None:
        super().append(problem)
        if len(self) >= _MOST_PROBLEMS:
            raise TooManyProblems


class GistTriageError(Exception):
    """Base of every error this package raises on purpose; `problems` has at least one entry."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = tuple(problems)


class CaseError(GistTriageError):
    """A case file cannot be read, or says something that the rulebook does not know or that contradicts itself.

    `readable` is the case with what could be read of it, if anything could: enough to see who it is, and whether it
    cannot wait. It is no case to answer.
    """

    def __init__(self, problems: Sequence[Problem], readable: object = None) -> None:
        super().__init__(problems)
        self.readable = readable


class RulebookError(GistTriageError):
    """A rulebook cannot be read or does not hold together."""


class TableError(GistTriageError):
    """A registry table cannot be read, or the mapping of its columns does not fit."""


class OutputError(GistTriageError):
    """A result cannot be written."""


def suggest(word: str, known: Iterable[str]) -> str | None:
    """Return "did you mean ...?" for the known words nearest to `word`, or None when nothing is near."""
    import difflib  # noqa: PLC0415 - only a mistake pays for it

    folded = {name.casefold().replace("_", " "): name for name in known}
    probe = word[:80].casefold().replace("_", " ")
    best = difflib.get_close_matches(probe, folded, n=1, cutoff=0.6)
    if not best:
        return None
    # A second guess is only worth naming if it is nearly as near as the first.
    least = difflib.SequenceMatcher(None, best[0], probe).ratio() - 0.1
    near = difflib.get_close_matches(probe, folded, n=3, cutoff=max(0.0, least))
    return f"did you mean {' or '.join(folded[name] for name in near)}?"


def _excerpt(line: str, span: Span) -> Iterator[str]:
    """Yield a window of the line around the span, and carets under the span, at most _EXCERPT_WIDTH cells wide."""
    shown = [visible(char) if char != "\t" else " " for char in line[: span.column + span.length + _EXCERPT_WIDTH]]
    start = min(max(0, span.column - 1), len(shown))
    first, before = start, 0
    while first > 0 and before < _EXCERPT_WIDTH // 2:
        first -= 1
        before += _cells(shown[first])
    last, width = first, 0
    while last < len(shown) and width < _EXCERPT_WIDTH:
        width += _cells(shown[last])
        last += 1
    lead = "…" if first else ""
    marked = _cells("".join(shown[start : min(last, start + max(1, span.length))]))
    gutter = f"  {span.line} | "
    yield f"{gutter}{lead}{''.join(shown[first:last])}{'…' if last < len(line) else ''}"
    under = " " * (len(lead) + _cells("".join(shown[first:start])))
    yield f"{' ' * (len(gutter) - 2)}| {under}{'^' * max(1, marked)}"


def _cells(text: str) -> int:
    """Width of `text` in terminal cells, so that the caret stands under what it points at."""
    if text.isascii():
        return len(text)
    wide = sum(unicodedata.east_asian_width(char) in "WF" for char in text)
    return len(text) + wide - sum(unicodedata.combining(char) != 0 for char in text)
