"""Rules, one by one: whether the condition holds, and whether the rule applies."""

from __future__ import annotations

from .assessment import Checked
from .logic import FALSE, TRUE, UNKNOWN, Situation, Truth
from .rulebook import Rulebook


def check_rules(situation: Situation, rulebook: Rulebook) -> dict[str, Checked]:
    """Evaluate every rule, in the order of the file."""
    known: dict[str, Truth] = {}
    for id in rulebook.rules:
        applies(id, situation, rulebook, known)
    return {
        id: Checked(
            rule.when.truth(situation),
            known[id],
            tuple(other for other in rulebook.overridden_by[id] if known[other] is TRUE),
        )
        for id, rule in rulebook.rules.items()
    }


def applies(id: str, situation: Situation, rulebook: Rulebook, known: dict[str, Truth]) -> Truth:
    """Whether a rule applies: its condition holds and no applying rule overrides it.

    `known` holds what was found so far, and is added to.
    """
    found = known.get(id)
    if found is None:
        found = rulebook.rules[id].when.truth(situation)
        for other in rulebook.overridden_by[id] if found is not FALSE else ():
            overrider = applies(other, situation, rulebook, known)
            if overrider is TRUE:
                found = FALSE
                break
            if overrider is UNKNOWN:
                found = UNKNOWN
        known[id] = found
    return found
