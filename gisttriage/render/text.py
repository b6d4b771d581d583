"""The terminal panel. Colour never carries meaning alone, and everything fits any width from 40 columns on."""

from __future__ import annotations

import io
from collections.abc import Iterable

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from .parts import Line, Report, Section, numbered

# Colours that can be read on a dark and on a light background; the words say the same without them.
_STYLE = {
    "for": "bold green",
    "caution": "bold dark_orange3",
    "against": "bold red",
    "neutral": "bold",
    "open": "bold magenta",
    "silent": "bold",
}
_WIDEST, _NARROW = 110, 72
_ASCII = str.maketrans(
    {
        "→": "->", "≈": "~", "·": "-", "✓": "+", "✗": "x", "…": "...", "≤": "<=", "≥": ">=", "–": "-", "’": "'",
        **dict.fromkeys("╭╮╰╯┌┐└┘", "+"), **dict.fromkeys("─━", "-"), **dict.fromkeys("│┃", "|"),
    }
)  # fmt: skip


def render(reports: Iterable[Report], *, width: int = 80, colour: bool = False) -> str:
    """Return one panel for each report, `width` columns wide at the most."""
    return "\n".join(_panel(report, width, colour) for report in reports)


def _panel(report: Report, width: int, colour: bool) -> str:
    file = io.StringIO()
    console = Console(
        file=file,
        width=max(40, min(width, _WIDEST)),
        force_terminal=colour,
        color_system="256" if colour else None,
        no_color=not colour,
        highlight=False,
        markup=False,
        emoji=False,
        legacy_windows=False,
    )
    for notice in report.notices:
        console.print(Panel(Text(notice, style="bold"), title=Text("Notice"), border_style="red"))
    console.print(_head(report, console.width < _NARROW))
    for section in report.sections:
        console.print(_section(section))
    console.print(Text(f"\nRulebook {report.stamp}.", style="dim"))
    console.print(Text(report.disclaimer, style="bold"))
    return "".join(f"{line.rstrip()}\n" for line in file.getvalue().splitlines())


def to_encoding(text: str, encoding: str | None) -> str:
    """Return `text` with signs that `encoding` lacks written in plain characters."""
    try:
        text.encode(encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return text.translate(_ASCII)
    return text


def _head(report: Report, narrow: bool) -> Panel:
    parts: list[RenderableType] = [Text(line) for line in (report.who, report.facts) if line]
    if report.notes:
        parts.append(Text(report.notes, style="italic"))
    for verdict in report.verdicts:
        headline = Text(verdict.headline, style=_STYLE[verdict.tone])
        if verdict.extension:
            headline.append(" ≈")
        table = Table.grid(padding=(0, 2, 0, 0), expand=True)
        if narrow:
            parts += [
                "",
                Text(verdict.label, style="bold"),
                Padding(Group(headline, *map(_line, verdict.lines)), (0, 0, 0, 2)),
            ]
            continue
        table.add_column(width=16)
        table.add_column(ratio=1)
        table.add_row(Text(verdict.label, style="bold"), headline)
        for line in verdict.lines:
            table.add_row("", _line(line))
        parts += ["", table]
    return Panel(Group(*parts), title=Text(report.title, style="bold"), title_align="left", padding=(0, 1))


def _section(section: Section) -> Group:
    title = Text(f"\n{section.title}", style=_STYLE[section.tone])
    return Group(title, *(_item(line) for line in section.lines))


def _item(line: Line) -> Table:
    table = Table.grid(padding=(0, 1, 0, 0), expand=True)
    table.add_column(width=2 + 2 * line.depth)
    table.add_column(ratio=1)
    table.add_row("", _line(Line(line.text, line.numbers)))
    return table


def _line(line: Line) -> RenderableType:
    text = Text(line.text)
    if line.numbers:
        text.append(f" {numbered(line.numbers)}", style="dim")
    return Padding(text, (0, 0, 0, 2 * line.depth)) if line.depth else text
