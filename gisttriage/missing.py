"""Which missing facts matter, what each of their values would settle, and what one change would flip."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from .assessment import Answer, Branch, Change, Missing
from .checking import applies
from .implications import Contradiction, narrow
from .logic import TRUE, UNKNOWN, Situation, Truth
from .reach import Outcomes, Split
from .rulebook import NO_GUIDANCE, OUT_OF_SCOPE, Decision, Rulebook
from .vocabulary import bits

_DEPTH = 2


def missing_facts(
    narrowed: Situation,
    situation: Situation,
    splits: Mapping[str, Split],
    remarks: Sequence[str],
    rulebook: Rulebook,
) -> tuple[Missing, ...]:
    """Return every fact that is not fully known, those that settle most first.

    Facts are ranked by how many decisions would be answered if they were known, on average over the values they may
    have, then by how few outcomes would be left. No value is taken to be likelier than another.
    """
    bearing = {
        i: {name for name, split in splits.items() if split.outcomes.bit_count() > 1 and _bears(split, i, situation[i])}
        for i, mask in enumerate(situation)
        if mask.bit_count() > 1
    }
    _spread(bearing, situation, rulebook)
    ranked = []
    for i, mask in enumerate(narrowed):
        if mask.bit_count() < 2:
            continue
        if situation[i] == mask:
            ranked.append(_missing(i, mask, splits, bearing[i], remarks, situation, rulebook))
        else:
            ranked.append(_assumed(i, mask, situation, remarks, rulebook))
    ranked.sort(key=lambda entry: entry[0])
    return tuple(missing for _, missing in ranked)


def _bears(split: Split, fact: int, mask: int) -> bool:
    given = {outcomes for value in bits(mask) if (outcomes := split.given(fact, value))}
    return len(given) > 1 or split.depends_on(fact)


def _spread(bearing: dict[int, set[str]], situation: Situation, rulebook: Rulebook) -> None:
    """Let a fact that says something about another one bear on what that one bears on."""
    for i in bearing if rulebook.implications else ():
        for value in bits(situation[i]):
            try:
                narrowed = narrow(rulebook.implications, (*situation[:i], 1 << value, *situation[i + 1 :]))
            except Contradiction:
                continue
            for other, decisions in bearing.items():
                if other != i and narrowed[other] != situation[other]:
                    bearing[i] |= decisions


def _missing(
    i: int,
    mask: int,
    splits: Mapping[str, Split],
    decisions: set[str],
    remarks: Sequence[str],
    situation: Situation,
    rulebook: Rulebook,
) -> tuple[tuple[float, ...], Missing]:
    then: dict[int, dict[str, tuple[str, ...]]] = {}
    settled = left = 0
    for value in bits(mask) if decisions else ():
        given = {name: split.given(i, value) for name, split in splits.items()}
        if not all(given.values()):
            continue
        then[value] = {name: rulebook.decisions[name].named(given[name]) for name in splits if name in decisions}
        settled += sum(outcomes.bit_count() == 1 for outcomes in given.values())
        left += sum(outcomes.bit_count() for outcomes in given.values())
    count = max(1, len(then))
    already = sum(split.outcomes.bit_count() == 1 for split in splits.values())
    missing = Missing(
        fact=rulebook.read[i].name,
        matters=bool(decisions),
        assumed=False,
        settles=round(settled / count - already, 3) if then else 0.0,
        then=then,
        remarks=_remarks(i, mask, situation, remarks, rulebook),
    )
    return (not decisions, 0.0, -settled / count, left / count, not missing.remarks, i), missing


def _assumed(
    i: int, mask: int, situation: Situation, remarks: Sequence[str], rulebook: Rulebook
) -> tuple[tuple[float, ...], Missing]:
    """A fact that was assumed settles nothing more; it matters where the other value would change an answer."""
    opened = (*situation[:i], mask, *situation[i + 1 :])
    splits = {name: decision.reach.split(opened) for name, decision in rulebook.decisions.items()}
    decisions = [name for name, split in splits.items() if split.depends_on(i)]
    then = {
        value: {name: rulebook.decisions[name].named(splits[name].given(i, value)) for name in decisions}
        for value in (bits(mask) if decisions else ())
    }
    missing = Missing(
        fact=rulebook.read[i].name,
        matters=bool(decisions),
        assumed=True,
        settles=0.0,
        then=then,
        remarks=_remarks(i, mask, opened, remarks, rulebook),
    )
    return (not decisions, 1.0, 0.0, 0.0, True, i), missing


def _remarks(i: int, mask: int, situation: Situation, remarks: Sequence[str], rulebook: Rulebook) -> tuple[str, ...]:
    """Return the cautions and notices that are not ruled out and for which this fact could make a difference."""
    found = []
    for id in remarks:
        when = rulebook.rules[id].when
        seen = {when.truth((*situation[:i], 1 << value, *situation[i + 1 :])) for value in bits(mask)}
        if len(seen) > 1:
            found.append(id)
    return tuple(found)


def what_if(
    stated: Situation, situation: Situation, answers: Mapping[str, Answer], rulebook: Rulebook
) -> tuple[Change, ...]:
    """Return every change of one known fact that would give a settled decision another answer, nearest values first."""
    settled = {
        name: answer for name, answer in answers.items() if answer.status in ("settled", NO_GUIDANCE, OUT_OF_SCOPE)
    }
    # What was only implied changes with what implies it, so the other facts stay as they were stated.
    base, changes = rulebook.assume(stated), []
    for i, fact in enumerate(rulebook.read):
        known = situation[i] if stated[i].bit_count() == 1 else 0
        if not known:
            continue
        opened = (*base[:i], fact.full, *base[i + 1 :])
        splits = {name: rulebook.decisions[name].reach.split(opened) for name in settled}
        for value in sorted(bits(fact.full & ~known), key=lambda v: abs(v - known.bit_length() + 1)):
            changed = {}
            for name, split in splits.items():
                outcomes = split.given(i, value)
                now = rulebook.decisions[name].named(outcomes)
                if len(now) == 1 and now != answers[name].possible:
                    changed[name] = now[0]
            if changed:
                changes.append(Change(fact.name, value, changed))
    return tuple(changes)


def branches(
    decision: Decision, split: Split, situation: Situation, rulebook: Rulebook, depth: int = _DEPTH
) -> tuple[Branch, ...]:
    """Return an open decision as a tree: the fact that settles most, its values grouped by what follows."""
    best = min(_splitting(split, situation), default=None)
    if best is None or depth == 0:
        return ()
    i = best[-1]
    grouped: dict[tuple[Outcomes, tuple[Branch, ...]], int] = {}
    ruled: dict[tuple[Outcomes, tuple[Branch, ...]], dict[str, None]] = {}
    for value in bits(situation[i]):
        inner = (*situation[:i], 1 << value, *situation[i + 1 :])
        found = decision.reach.split(inner)
        if not found.outcomes:
            continue
        settled = found.outcomes.bit_count() == 1
        further = () if settled else branches(decision, found, inner, rulebook, depth - 1)
        key = (found.outcomes, further)
        grouped[key] = grouped.get(key, 0) | 1 << value
        ruled.setdefault(key, {}).update(dict.fromkeys(giving(decision, inner, rulebook) if settled else ()))
    return tuple(
        Branch(
            fact=rulebook.read[i].name,
            values=values,
            possible=decision.named(key[0]),
            rules=tuple(ruled[key]),
            branches=key[1],
        )
        for key, values in grouped.items()
    )


def _splitting(split: Split, situation: Situation) -> Iterator[tuple[float, float, int]]:
    for i, mask in enumerate(situation):
        if mask.bit_count() > 1 and _bears(split, i, mask):
            given = [outcomes for value in bits(mask) if (outcomes := split.given(i, value))]
            yield (
                -sum(outcomes.bit_count() == 1 for outcomes in given) / len(given),
                sum(outcomes.bit_count() for outcomes in given) / len(given),
                i,
            )


def giving(decision: Decision, situation: Situation, rulebook: Rulebook) -> tuple[str, ...]:
    """Return the rules that give a branch its answer; where none does for certain, those that may."""
    known: dict[str, Truth] = {}
    found = {
        id: applies(id, situation, rulebook, known) for id, rule in rulebook.rules.items() if decision.name in rule.then
    }
    certain = tuple(id for id, truth in found.items() if truth is TRUE)
    return certain or tuple(id for id, truth in found.items() if truth is UNKNOWN)
