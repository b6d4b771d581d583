"""Rules and sources in words."""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Iterator
from typing import TextIO

from ..diagnostics import visible
from ..logic import All, AnyOf, Condition, Named, Not, Situation, Test
from ..rulebook import Rule, Rulebook
from ..sources import Source
from ..words import as_case, chain, is_one_of, lowered
from . import terminal

AGREEMENT = {
    "differs": "differs from the publication",
    "imprecise": "imprecise",
    "not_verifiable": "not verified",
    "agrees": "agrees",
}


def lines_of_rule(rule: Rule, rulebook: Rulebook, example: Situation | None) -> Iterator[str]:
    """Yield a rule in words: when, what, why, on whose word, beside which others, and a case in which it applies."""
    yield f"{rule.id} ({rule.path}:{rule.span.line})"
    yield "  when"
    yield from (f"    {line}" for line in _condition(rule.when, rulebook))
    for decision, option in rule.then.items():
        options = rulebook.decisions[decision].options
        label = options[option].label if option in options else "no guidance, on purpose"
        mark = " ≈ an extension of the source" if rule.extension else ""
        yield f"  then {lowered(rulebook.decisions[decision].label)}: {label}{mark}"
    for name, text in (
        ("because", rule.because),
        ("provided", rule.provided),
        ("caution", rule.caution),
        ("notice", rule.notice),
    ):
        if text:
            yield f"  {name}: {text}"
    if rule.overrides:
        yield f"  overrides {', '.join(rule.overrides)}"
    if rulebook.overridden_by[rule.id]:
        yield f"  gives way to {', '.join(rulebook.overridden_by[rule.id])}"
    for cite in rule.cites:
        source = rulebook.sources[cite.source]
        yield f"  on the word of {source.short}, {source.design}{f', n = {source.n}' if source.n else ''}"
        yield from (f"    {line}" for line in _finding(source, cite.finding))
    if example is not None:
        yield "  applies, for example, to"
        yield from (f"    {line}" for line in as_case(example, rulebook.read).splitlines())


def lines_of_source(source: Source) -> Iterator[str]:
    """Yield a source with everything it was found to say."""
    yield f"{source.id}: {source.reference}"
    yield f"  {source.design}{f', n = {source.n}' if source.n else ''}"
    for id in source.findings:
        yield from (f"  {line}" for line in _finding(source, id))


def closing(rulebook: Rulebook) -> Iterator[str]:
    """Yield what stands at the end of everything that is told of a rulebook: which one it is, and what it is for."""
    yield f"Rulebook {chain(rulebook.stamp)}."
    yield rulebook.stamp.disclaimer


def _finding(source: Source, id: str) -> Iterator[str]:
    finding = source.findings[id]
    yield f"{id}: {finding.statement} ({finding.locator})"
    if finding.figures:
        yield f"  {'; '.join(f'{name} {figure}' for name, figure in finding.figures.items())}"
    number = f" {finding.disagreement}" if finding.disagreement else ""
    if finding.note:
        yield f"  {AGREEMENT[finding.agreement]}{number}: {finding.note}"


def _condition(condition: Condition, rulebook: Rulebook) -> Iterator[str]:
    match condition:
        case Test(place, mask):
            yield is_one_of(rulebook.read[place], mask)
        case Named(name, _):
            yield rulebook.definitions[name].label
        case All(parts):
            for part in parts:
                yield from _condition(part, rulebook)
        case AnyOf(parts):
            yield "any of"
            for part in parts:
                inner = ", and ".join(_condition(part, rulebook))
                yield f"  {inner}"
        case Not(part):
            yield f"not {', and '.join(_condition(part, rulebook))}"


def printed(lines: Iterator[str], stream: TextIO | None) -> str:
    """Return lines as they may be printed: wrapped for a terminal, whole for what reads them line by line."""
    looks = terminal.of(stream)
    on_terminal = stream is not None and stream.isatty()
    width = looks.width if on_terminal else sys.maxsize
    shown = (terminal.signs(visible(line), looks.plain) for line in lines)
    return "".join(f"{part}\n" for line in shown for part in _wrapped(line, width))


def _wrapped(line: str, width: int) -> list[str]:
    indent = " " * (len(line) - len(line.lstrip()) + 2)
    return textwrap.wrap(line, width, subsequent_indent=indent, break_long_words=False) or [""]
