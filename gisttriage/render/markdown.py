"""Markdown (CommonMark): for a board protocol or a ticket. Text of a case cannot make markup."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from .parts import Line, Report, numbered

# Marks of CommonMark, and what common extensions turn into links, mentions, formulas and pictures.
_SPECIAL = re.compile(r"[\\`*_{}\[\]<>()#+!|~&@$=-]|(?<=\d)\.|(?<=www)\.|:(?=//|\w)")


def render(reports: Iterable[Report]) -> str:
    """Return one document with a chapter for each report."""
    return "\n".join("\n".join(_lines(report)) + "\n" for report in reports)


def _lines(report: Report) -> Iterator[str]:
    yield f"# {plain(report.title)}\n"
    for notice in report.notices:
        yield f"> **Notice.** {plain(notice)}\n"
    for text in (report.who, report.facts, report.notes):
        if text:
            yield f"{plain(text)}\n"
    for verdict in report.verdicts:
        mark = " ≈" if verdict.extension else ""
        yield f"**{plain(verdict.label)}: {plain(verdict.headline)}{mark}**\n"
        yield from map(_item, verdict.lines)
        yield ""
    for section in report.sections:
        yield f"## {plain(section.title)}\n"
        yield from map(_item, section.lines)
        yield ""
    yield f"Rulebook {plain(report.stamp)}.\n"
    yield f"**{plain(report.disclaimer)}**"


def _item(line: Line) -> str:
    numbers = f" {plain(numbered(line.numbers))}" if line.numbers else ""
    return f"{'  ' * line.depth}- {plain(line.text)}{numbers}"


def plain(text: str) -> str:
    """Return a text in which nothing is markup."""
    return _SPECIAL.sub(lambda match: f"\\{match.group()}", text.strip())
