"""The summary of a batch on a terminal: what it came to, what to ask for, whom to discuss first."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterable, Iterator

from rich.text import Text

from .. import __version__
from ..diagnostics import visible
from ..rulebook import Rulebook
from ..summary import MAYBE, Digest, Listed, Summary
from ..words import chain, lowered
from .terminal import Looks, signs
from .text import console_for, hang

_STATUS = {
    "settled": "settled",
    "needs_data": "open",
    "conflict": "in conflict",
    "no_guidance": "without guidance",
    "out_of_scope": "out of scope",
    "error": "not answered",
}
_GROUP = {
    "emergency": "Emergency: do not wait",
    MAYBE: "May be an emergency: find out now",
    "error": "Not answered",
    "conflict": "Rules in conflict",
    "needs_data": "Open",
    "settled": "Settled",
    "no_guidance": "No guidance",
    "out_of_scope": "Out of scope",
}
_STYLE = {
    "emergency": "bold red",
    MAYBE: "bold red",
    "conflict": "bold red",
    "needs_data": "bold magenta",
    "error": "bold red",
}


def render(summary: Summary, rulebook: Rulebook, looks: Looks, *, show_all: str) -> str:
    """Return the summary; `show_all` is the command that prints the whole list."""
    return printed(_lines(summary, rulebook, show_all), looks)


def printed(lines: Iterable[Text | tuple[Text, int]], looks: Looks) -> str:
    """Return lines as a terminal shows them; what is too long hangs a little to the right, or at the column given."""
    console = console_for(looks.width, looks.colour)
    with console.capture() as capture:
        for each in lines:
            line, under = each if isinstance(each, tuple) else (each, 0)
            line.plain = signs(line.plain, looks.plain)
            indent = len(line.plain) - len(line.plain.lstrip())
            for part in hang(line[indent:], console, console.width, indent, under or indent + 2):
                console.print(part)
    return "".join(f"{line.rstrip()}\n" for line in capture.get().splitlines())


def _lines(summary: Summary, rulebook: Rulebook, show_all: str) -> Iterator[Text]:
    yield from counted(summary, rulebook, count(summary.cases, "case"))
    first = summary.first()
    if first:
        yield Text()
        yield Text("To discuss first", style="bold")
        for group, listed in itertools.groupby(first, key=lambda listed: listed.group):
            yield Text(f"  {_GROUP[group]} ({summary.groups[group]:,})", style=_STYLE.get(group, "bold"))
            for each in listed:
                yield _listed(each, rulebook)
        left = summary.cases - len(first)
        if left > 0:
            yield Text(visible(f"  … and {left} more: {show_all}"), style="dim")
    yield from stamped(rulebook)


def counted(summary: Summary, rulebook: Rulebook, cases: str) -> Iterator[Text]:
    """Yield what the cases came to, by status and by decision, and what to ask for."""
    counts = ", ".join(
        f"{summary.statuses[status]:,} {name}" for status, name in _STATUS.items() if summary.statuses[status]
    )
    yield Text(visible(f"{cases}: {counts}"), style="bold")
    if urgent := summary.groups["emergency"]:
        yield Text(f"{count(urgent, 'emergency', 'emergencies')} among them: do not wait", style="bold red")
    if maybe := summary.groups[MAYBE]:
        yield Text(f"{maybe:,}{' more' if urgent else ''} may be an emergency: find out now", style="bold red")
    for name, outcomes in summary.answers.items():
        decision = rulebook.decisions[name]
        order = (*decision.options, "open", *decision.outcomes[len(decision.options) :])
        told = ", ".join(f"{outcomes[outcome]:,} {words(outcome)}" for outcome in order if outcomes[outcome])
        if told:
            yield Text(visible(f"  {decision.label}: {told}"))
    if summary.open:
        yield Text()
        yield Text("What to ask for", style="bold")
        yield from _asking(summary, rulebook)


def stamped(rulebook: Rulebook) -> Iterator[Text]:
    """Yield which rulebook it was, and what it is not."""
    stamp = rulebook.stamp
    yield Text()
    yield Text(visible(f"Rulebook {chain(stamp)}; gisttriage {__version__}."), style="dim")
    yield Text(visible(stamp.disclaimer), style="bold")


def _asking(summary: Summary, rulebook: Rulebook) -> Iterator[Text]:
    open_ones = count(summary.open, "open case")
    for fact, cases in sorted(summary.settling.items(), key=lambda item: (-item[1], item[0]))[:5]:
        yield Text(visible(f"  ask for the {lowered(rulebook.facts[fact].label)}: settles {cases:,} of {open_ones}"))
    if not summary.settling:
        yield Text(f"  no single fact settles {'the' if summary.open == 1 else 'any of the'} {open_ones}")
        for fact, cases in sorted(summary.asked_first.items(), key=lambda item: (-item[1], item[0]))[:3]:
            yield Text(visible(f"  ask for the {lowered(rulebook.facts[fact].label)} first in {cases:,} of them"))


def _listed(listed: Listed, rulebook: Rulebook) -> Text:
    """Return one case in a line: who, what, and what to ask for."""
    # An id that only repeats the name of the file does not tell two files of that name apart.
    name = listed.id if listed.id and listed.id != os.path.basename(listed.file) else listed.file
    line = Text(visible(f"    {name}"), style="bold")
    if listed.digest is None:
        return Text.assemble(line, visible(f"  not answered: {listed.error}"))
    told = answered(listed.digest)
    if listed.group == MAYBE:
        told += " · find out whether it is an emergency"
    elif listed.digest.missing and listed.group != "emergency":
        told += f" · ask for: {lowered(rulebook.facts[listed.digest.missing[0]].label)}"
    return Text.assemble(line, visible(f"  {told}"))


def answered(digest: Digest) -> str:
    """Return the answers in a line."""
    answers = digest.answers
    if len(set(answers.values())) == 1:
        return f"all {words(next(iter(answers.values())))}"
    return " · ".join(f"{words(name)}: {words(outcome)}" for name, outcome in answers.items())


def words(name: str) -> str:
    """Return the name of a decision or an outcome as a person would write it."""
    return name.replace("_", " ").replace("tki", "TKI")


def count(number: int, noun: str, several: str = "") -> str:
    """Return a number with its noun."""
    return f"{number:,} {noun if number == 1 else several or noun + 's'}"
