"""The terminal panel. Colour never carries meaning alone, and everything fits any width from 40 columns on."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator

from rich.box import ASCII, ROUNDED
from rich.cells import cell_len
from rich.console import Console
from rich.panel import Panel
from rich.text import Text

from .parts import Line, Report, Verdict, numbered
from .terminal import signs

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


def render(reports: Iterable[Report], *, width: int = 80, colour: bool = False, plain: bool = False) -> str:
    """Return one panel for each report, `width` columns wide at the most; `plain` uses ASCII signs only."""
    console = console_for(width, colour)
    printed = []
    for report in reports:
        with console.capture() as capture:
            show(report, console, plain=plain)
        printed.append("".join(f"{line.rstrip()}\n" for line in capture.get().splitlines()))
    return "\n".join(printed)


def console_for(width: int, colour: bool, *, record: bool = False) -> Console:
    """Return a console that prints nowhere, interprets nothing, and is at most `width` columns wide."""
    return Console(
        file=io.StringIO(),
        width=max(40, min(width, _WIDEST)),
        force_terminal=colour,
        color_system="256" if colour else None,
        no_color=not colour,
        highlight=False,
        markup=False,
        emoji=False,
        legacy_windows=False,
        record=record,
    )


def show(report: Report, console: Console, *, plain: bool = False) -> None:
    """Print a report on a console."""
    # Everything is wrapped here and printed in one go: a table for each sentence would take longer than the triage.
    page, frame = _Page(console, plain), ASCII if plain else ROUNDED
    for notice in report.notices:
        console.print(Panel(page.text(notice, "bold"), box=frame, title="Notice", border_style="red"))
    head = Text("\n", no_wrap=True).join(page.head(report))
    title = page.text(report.title, "bold")
    title.truncate(console.width - 6, overflow="ellipsis")
    console.print(Panel(head, box=frame, title=title, title_align="left"))
    console.print(Text("\n", no_wrap=True).join(page.body(report)))


class _Page:
    """Wraps sentences to the width of a console, with hanging indents."""

    def __init__(self, console: Console, plain: bool) -> None:
        self._console, self._width, self._plain = console, console.width, plain

    def text(self, text: str, style: str = "") -> Text:
        """Return a text in the signs that can be printed."""
        return Text(signs(text, self._plain), style=style)

    def head(self, report: Report) -> Iterator[Text]:
        """Yield the lines of the panel: the patient, then each decision."""
        inside = self._width - 4
        cut = report.title if cell_len(report.title) > self._width - 6 else ""
        for text, style in ((cut, "bold"), (report.who, ""), (report.facts, ""), (report.notes, "italic")):
            if text:
                yield from self._hang(self.text(text, style), inside, 0)
        for verdict in report.verdicts:
            yield Text()
            yield from self._verdict(verdict, inside)

    def _verdict(self, verdict: Verdict, inside: int) -> Iterator[Text]:
        headline = self.text(verdict.headline + (" ≈" if verdict.extension else ""), _STYLE[verdict.tone])
        label = self.text(verdict.label, "bold")
        if self._width < _NARROW:
            yield label
            indent = 2
            yield from self._hang(headline, inside, indent)
        else:
            indent = 18
            first, *rest = self._hang(headline, inside, indent)
            yield Text.assemble(label, " " * (indent - len(label)), first[indent:])
            yield from rest
        for line in verdict.lines:
            yield from self._line(line, inside, indent)

    def body(self, report: Report) -> Iterator[Text]:
        """Yield the lines below the panel: every section, then the stamp."""
        for section in report.sections:
            yield Text()
            yield self.text(section.title, _STYLE[section.tone])
            for line in section.lines:
                yield from self._line(line, self._width, 2)
        yield Text()
        yield from self._hang(self.text(f"Rulebook {report.stamp}.", "dim"), self._width, 0)
        yield from self._hang(self.text(report.disclaimer, "bold"), self._width, 0)

    def _line(self, line: Line, width: int, indent: int) -> Iterator[Text]:
        text = self.text(line.text)
        if line.numbers:
            text.append(f" {numbered(line.numbers)}", style="dim")
        return self._hang(text, width, indent + 2 * line.depth)

    def _hang(self, text: Text, width: int, indent: int) -> Iterator[Text]:
        return hang(text, self._console, width, indent, indent)


def hang(text: Text, console: Console, width: int, first: int, others: int) -> Iterator[Text]:
    """Yield `text` wrapped to `width` columns, indented by `first` and then by `others`."""
    for i, line in enumerate(text.wrap(console, width - others)):
        line.rstrip()
        line.pad_left(others if i else first)
        yield line
