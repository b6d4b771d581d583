"""Markdown (CommonMark): for a board protocol or a ticket. Text of a case cannot make markup."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from .parts import Line, Report, numbered

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>()#+!|~&-])")


def render(reports: Iterable[Report]) -> str:
    """Return one document with a chapter for each report."""
    return "\n".join("\n".join(_lines(report)) + "\n" for report in reports)


def _lines(report: Report) -> Iterator[str]:
    yield f"# {_plain(report.title)}\n"
    for notice in report.notices:
        yield f"> **Notice.** {_plain(notice)}\n"
    for text in (report.who, report.facts, report.notes):
        if text:
            yield f"{_plain(text)}\n"
    for verdict in report.verdicts:
        mark = " ≈" if verdict.extension else ""
        yield f"**{_plain(verdict.label)}: {_plain(verdict.headline)}{mark}**\n"
        yield from map(_item, verdict.lines)
        yield ""
    for section in report.sections:
        yield f"## {_plain(section.title)}\n"
        yield from map(_item, section.lines)
        yield ""
    yield f"Rulebook {_plain(report.stamp)}.\n"
    yield f"**{_plain(report.disclaimer)}**"


def _item(line: Line) -> str:
    numbers = f" {_plain(numbered(line.numbers))}" if line.numbers else ""
    return f"{'  ' * line.depth}- {_plain(line.text)}{numbers}"


def _plain(text: str) -> str:
    return _SPECIAL.sub(r"\\\1", text)
