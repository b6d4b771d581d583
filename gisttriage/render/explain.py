"""A rule, condition by condition, with what is known beside it."""

from __future__ import annotations

from collections.abc import Iterator

from ..assessment import Assessment
from ..diagnostics import visible
from ..logic import All, AnyOf, Condition, Named, Not, Situation, Test, Truth
from ..rulebook import Rulebook
from .parts import Line, Section

SIGNS = {Truth.TRUE: "✓", Truth.FALSE: "✗", Truth.UNKNOWN: "?"}


def explanation(assessment: Assessment, rulebook: Rulebook) -> Section:
    """Return every rule with each of its conditions: ✓ true, ✗ false, ? unknown."""
    lines: list[Line] = []
    for id, rule in rulebook.rules.items():
        checked = assessment.rules[id]
        by = f", but gives way to {', '.join(checked.overridden_by)}" if checked.overridden_by else ""
        lines.append(Line(f"{SIGNS[checked.truth]} {id}{by}"))
        lines.extend(_lines(rule.when, assessment.situation, rulebook, 1))
    return Section("Every rule (✓ true, ✗ false, ? unknown)", tuple(lines))


def _lines(condition: Condition, situation: Situation, rulebook: Rulebook, depth: int) -> Iterator[Line]:
    sign = SIGNS[condition.truth(situation)]
    match condition:
        case Test(place, mask):
            fact, has = rulebook.read[place], situation[place]
            known = "not stated" if has == fact.full else fact.stated(has)
            yield Line(visible(f"{sign} {fact.label.lower()}: {fact.describe(mask)} (here: {known})"), (), depth)
        case Named(name, part):
            yield Line(visible(f"{sign} {rulebook.definitions[name].label}"), (), depth)
            yield from _lines(part, situation, rulebook, depth + 1)
        case All(parts):
            for inner in parts:
                yield from _lines(inner, situation, rulebook, depth)
        case AnyOf(parts):
            yield Line(f"{sign} any of", (), depth)
            for inner in parts:
                if isinstance(inner, All):
                    yield Line(f"{SIGNS[inner.truth(situation)]} all of", (), depth + 1)
                yield from _lines(inner, situation, rulebook, depth + 1 + isinstance(inner, All))
        case Not(part):
            yield Line(f"{sign} not", (), depth)
            yield from _lines(part, situation, rulebook, depth + 1)
