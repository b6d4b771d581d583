"""What a report is made of: sentences, decisions in words, titled lists."""

from __future__ import annotations

from msgspec import Struct


class Line(Struct, frozen=True):
    """One sentence: its nesting, its text, and the numbers of the citations behind it."""

    text: str
    numbers: tuple[int, ...] = ()
    depth: int = 0


class Verdict(Struct, frozen=True, kw_only=True):
    """One decision in words."""

    label: str
    headline: str
    tone: str
    extension: bool
    lines: tuple[Line, ...]


class Section(Struct, frozen=True):
    """A titled list of sentences."""

    title: str
    lines: tuple[Line, ...]
    tone: str = "neutral"


class Report(Struct, frozen=True, kw_only=True):
    """The whole answer in words, the most important first."""

    title: str
    who: str
    facts: str
    notes: str
    notices: tuple[str, ...]
    verdicts: tuple[Verdict, ...]
    sections: tuple[Section, ...]
    stamp: str
    disclaimer: str


def numbered(numbers: tuple[int, ...]) -> str:
    """Return citation numbers as they are printed: ``[1, 3]``."""
    return f"[{', '.join(map(str, numbers))}]" if numbers else ""
