"""Situation → Assessment: the options still possible, by which rules, and on whose word."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from .assessment import Answer, Assessment, Branch, Checked
from .case import Case
from .checking import check_rules
from .logic import FALSE, TRUE, UNKNOWN, Situation
from .missing import branches, missing_facts, what_if
from .reach import Split
from .rulebook import CONFLICT, NO_GUIDANCE, OUT_OF_SCOPE, Decision, Rulebook
from .sources import Cite


def assess(case: Case, rulebook: Rulebook) -> Assessment:
    """Answer a case. Two cases in the same situation get the same answer."""
    return assess_situation(case.situation, rulebook)


def assess_situation(stated: Situation, rulebook: Rulebook, *, brief: bool = False) -> Assessment:
    """Answer what is stated of each fact in `rulebook.read`. Raises Contradiction if it cannot hold.

    `brief` leaves out what only a full report shows and takes longest: the branches and the what-if.
    """
    narrowed = rulebook.narrow(stated)
    situation = rulebook.assume(narrowed)
    checked = check_rules(situation, rulebook)
    splits = {name: decision.reach.split(situation) for name, decision in rulebook.decisions.items()}
    provisos = _provisos(narrowed, situation, rulebook)
    answers = {
        name: _answer(decision, splits[name], situation, checked, provisos[name], rulebook, brief)
        for name, decision in rulebook.decisions.items()
    }
    in_scope = rulebook.scope.truth(situation)
    cautions = [id for id, rule in rulebook.rules.items() if rule.caution and in_scope is not FALSE]
    certain = tuple(id for id in cautions if checked[id].applies is TRUE and in_scope is TRUE)
    possible = tuple(id for id in cautions if id not in certain and checked[id].applies is not FALSE)
    # A notice is heeded in scope or not: what it warns of does not wait for the documents.
    notices = tuple(id for id, rule in rulebook.rules.items() if rule.notice and checked[id].applies is TRUE)
    possible_notices = tuple(
        id for id, rule in rulebook.rules.items() if rule.notice and checked[id].applies is UNKNOWN
    )
    return Assessment(
        situation=situation,
        assumed=tuple(fact.name for i, fact in enumerate(rulebook.read) if situation[i] != narrowed[i]),
        status=_status([answer.status for answer in answers.values()]),
        decisions=answers,
        rules=checked,
        missing=missing_facts(narrowed, situation, splits, (*possible_notices, *possible), rulebook),
        what_if=() if brief else what_if(stated, situation, answers, rulebook),
        cautions=certain,
        possible_cautions=possible,
        notices=notices,
        possible_notices=possible_notices,
        citations=_citations(answers, (*notices, *certain), rulebook),
    )


def _answer(
    decision: Decision,
    split: Split,
    situation: Situation,
    checked: Mapping[str, Checked],
    proviso: tuple[str, ...],
    rulebook: Rulebook,
    brief: bool,
) -> Answer:
    possible = decision.named(split.outcomes)
    outcome = possible[0] if len(possible) == 1 else None
    options = {id: rule.then[decision.name] for id, rule in rulebook.rules.items() if decision.name in rule.then}
    if outcome == OUT_OF_SCOPE:
        options = {}
    applying = tuple(id for id in options if checked[id].applies is TRUE)
    undetermined = tuple(
        id for id in options if checked[id].applies is UNKNOWN and (options[id] in possible or CONFLICT in possible)
    )
    rules = applying or (undetermined if outcome is not None else ())
    return Answer(
        decision=decision.name,
        status="open" if outcome is None else outcome if outcome not in decision.options else "settled",
        option=outcome if outcome in decision.options else None,
        possible=possible,
        branches=() if brief or outcome is not None else branches(decision, split, situation, rulebook),
        rules=rules,
        overridden=tuple(id for id in options if checked[id].truth is TRUE and checked[id].applies is FALSE),
        undetermined=tuple(id for id in undetermined if id not in rules),
        proviso=proviso,
        provided=tuple(dict.fromkeys(rulebook.rules[id].provided for id in rules if rulebook.rules[id].provided)),
        extension=bool(rules) and any(rulebook.rules[id].extension for id in rules),
    )


def _provisos(narrowed: Situation, situation: Situation, rulebook: Rulebook) -> dict[str, tuple[str, ...]]:
    """Return, for each decision, the assumed facts of which another value could change its answer."""
    found: dict[str, tuple[str, ...]] = dict.fromkeys(rulebook.decisions, ())
    for i, fact in enumerate(rulebook.read):
        if situation[i] == narrowed[i]:
            continue
        unassumed = (*situation[:i], narrowed[i], *situation[i + 1 :])
        for name, decision in rulebook.decisions.items():
            if decision.reach.split(unassumed).depends_on(i):
                found[name] = (*found[name], fact.name)
    return found


def _status(statuses: Iterable[str]) -> str:
    found = set(statuses)
    for status in (CONFLICT, OUT_OF_SCOPE):
        if status in found and (status == CONFLICT or found == {status}):
            return status
    if "open" in found:
        return "needs_data"
    return "no_guidance" if found == {NO_GUIDANCE} else "settled"


def _citations(answers: Mapping[str, Answer], remarks: Iterable[str], rulebook: Rulebook) -> tuple[Cite, ...]:
    ids: dict[str, None] = {}
    for answer in answers.values():
        ids |= dict.fromkeys((*answer.rules, *_branch_rules(answer.branches)))
    ids |= dict.fromkeys(remarks)
    return tuple(dict.fromkeys(cite for id in ids for cite in rulebook.rules[id].cites))


def _branch_rules(found: Iterable[Branch]) -> Iterable[str]:
    for branch in found:
        yield from branch.rules
        yield from _branch_rules(branch.branches)
