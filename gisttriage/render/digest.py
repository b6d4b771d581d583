"""The summary of a batch on a terminal: what it came to, what to ask for, whom to discuss first."""

from __future__ import annotations

from collections.abc import Iterator

from rich.text import Text

from .. import __version__
from ..diagnostics import visible
from ..rulebook import Rulebook
from ..summary import Listed, Summary
from ..words import lowered
from .text import console_for, hang, signs

_STATUS = {
    "settled": "settled",
    "needs_data": "open",
    "conflict": "in conflict",
    "no_guidance": "without guidance",
    "out_of_scope": "out of scope",
    "error": "not readable",
}
_STYLE = {"emergency": "bold red", "conflict": "bold red", "needs_data": "bold magenta", "error": "bold red"}


def render(summary: Summary, rulebook: Rulebook, *, width: int, colour: bool, plain: bool, show_all: str) -> str:
    """Return the summary; `show_all` is the command that prints the whole list."""
    console = console_for(width, colour)
    with console.capture() as capture:
        for line in _lines(summary, rulebook, show_all):
            line.plain = signs(line.plain, plain)
            indent = len(line.plain) - len(line.plain.lstrip())
            for part in hang(line[indent:], console, console.width, indent, indent + 2):
                console.print(part)
    return "".join(f"{line.rstrip()}\n" for line in capture.get().splitlines())


def _lines(summary: Summary, rulebook: Rulebook, show_all: str) -> Iterator[Text]:
    counts = ", ".join(
        f"{summary.statuses[status]} {name}" for status, name in _STATUS.items() if summary.statuses[status]
    )
    yield Text(f"{_count(summary.cases, 'case')}: {counts}", style="bold")
    if urgent := summary.groups["emergency"]:
        yield Text(f"{_count(urgent, 'emergency', 'emergencies')} among them: do not wait", style="bold red")
    for name, outcomes in summary.answers.items():
        decision = rulebook.decisions[name]
        order = (*decision.options, "open", *decision.outcomes[len(decision.options) :])
        told = ", ".join(f"{outcomes[outcome]} {_words(outcome)}" for outcome in order if outcomes[outcome])
        if told:
            yield Text(visible(f"  {decision.label}: {told}"))
    if summary.open:
        yield Text()
        yield Text("What to ask for", style="bold")
        yield from _asking(summary, rulebook)
    first = summary.first()
    if first:
        yield Text()
        yield Text("To discuss first", style="bold")
        for listed in first:
            yield from _listed(listed, rulebook)
        left = summary.cases - summary.errors - len(first)
        if left > 0:
            yield Text(f"  … and {left} more: {visible(show_all)}", style="dim")
    stamp = rulebook.stamp
    yield Text()
    yield Text(
        visible(f"Rulebook {stamp.id} {stamp.version}, sha256 {stamp.sha256[:12]}; gisttriage {__version__}."),
        style="dim",
    )
    yield Text(visible(stamp.disclaimer), style="bold")


def _asking(summary: Summary, rulebook: Rulebook) -> Iterator[Text]:
    open_ones = _count(summary.open, "open case")
    for fact, count in sorted(summary.settling.items(), key=lambda item: (-item[1], item[0]))[:5]:
        yield Text(visible(f"  ask for the {lowered(rulebook.facts[fact].label)}: settles {count} of {open_ones}"))
    if not summary.settling:
        yield Text(f"  no single fact settles any of the {open_ones}; each answer names what to ask for first")


def _listed(listed: Listed, rulebook: Rulebook) -> Iterator[Text]:
    digest = listed.digest
    if digest is None:
        return
    answers = " · ".join(
        f"{_words(name)}: {_words(outcome)}"
        for name, outcome in digest.answers.items()
        if digest.status != "out_of_scope"
    )
    ask = f" · ask for: {rulebook.facts[digest.missing[0]].label}" if digest.missing else ""
    named = "emergency: do not wait" if digest.group == "emergency" else _STATUS[digest.group]
    state = Text(named, style=_STYLE.get(digest.group, ""))
    yield Text.assemble("  ", Text(visible(listed.id), style="bold"), "  ", state)
    if answers or ask:
        yield Text(visible(f"    {(answers + ask).removeprefix(' · ')}"))


def _words(name: str) -> str:
    return name.replace("_", " ").replace("tki", "TKI")


def _count(number: int, noun: str, several: str = "") -> str:
    return f"{number} {noun if number == 1 else several or noun + 's'}"
