"""Proofs: what holds of a rulebook over every case, every unknown included.

Every rule, the scope and the implications are boxes, and one splitting of everything (see `reach`) visits each
combination of them that some fully known case has. A property that no such combination has, no case has. An unknown
fact is proved with it: a partial case is answered by its completions, and they are all visited.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator

from msgspec import Struct

from .checking import applies
from .compiled import Compiled
from .findings import Finding
from .lint import check_sources, check_vocabulary
from .logic import FALSE, TRUE, Box, Condition, Situation, TooLarge, boxes
from .reach import Outcomes, Reach
from .rulebook import Rulebook
from .vocabulary import Choice
from .words import in_words

STATES = 400_000
"""How many states of one splitting are worked through before a proof is given up."""


class Proof(Struct, frozen=True, kw_only=True):
    """What was found, and over how much: fully known cases, and situations with every unknown included."""

    findings: tuple[Finding, ...]
    cases: int
    situations: int
    proved: bool


def verify(rulebook: Rulebook, states: int = STATES) -> Proof:
    """Check a rulebook over every possible situation."""
    findings: list[Finding] = []
    proved = True
    checks: tuple[Callable[[_Proof], Iterator[Finding]], ...] = (_implications, _decisions, _remarks)
    try:
        proof = _Proof(rulebook, states)
        for check in checks:
            findings.extend(check(proof))
    except TooLarge:
        proved = False
        findings.append(Finding(code="not-proved", message=f"more than {states} states in one decision", place=None))
    for lint in (check_vocabulary, check_sources):
        findings.extend(lint(rulebook))
    order = {"error": 0, "warning": 1, "note": 2}
    findings.sort(key=lambda found: (order[found.severity], found.span.line if found.span else 0, found.message))
    sizes = [fact.size for fact in rulebook.read]
    return Proof(
        findings=tuple(findings),
        cases=math.prod(sizes),
        situations=math.prod((1 << size) - 1 for size in sizes),
        proved=proved,
    )


def where_applies(rulebook: Rulebook, id: str) -> Situation | None:
    """Return a situation, as unknown as it can be, in which a rule applies for certain; None if there is none."""
    proof, order = _Proof(rulebook, STATES), _with_overriders(id, rulebook)
    compiled, anywhere = proof.compiled, bool(rulebook.rules[id].notice)

    def told(owners: int) -> Iterator[object]:
        if (anywhere or owners >> compiled.scope & 1) and id in compiled.applying(owners, order):
            yield "applies"

    known, reach = proof.features(order, told)

    def certain(situation: Situation) -> bool:
        # Every completion may agree for different reasons; an example of one rule should rest on that rule.
        return applies(id, rulebook.assume(rulebook.narrow(situation)), rulebook, {}) is TRUE

    return proof.witness(reach, known["applies"], certain) if "applies" in known else None


class _Proof:
    """The rulebook compiled once, and ways to ask of it."""

    def __init__(self, rulebook: Rulebook, states: int) -> None:
        self.rulebook, self._states = rulebook, states
        self.compiled = Compiled(
            rulebook.full, rulebook.rules, rulebook.overridden_by, rulebook.scope, rulebook.implications
        )

    def features(self, ids: Iterable[str], told: Callable[[int], Iterable[object]]) -> tuple[dict[object, int], Reach]:
        """Return every feature that `told` tells of some case, each with its bit, and what reaches them."""
        known: dict[object, int] = {}

        def decide(owners: int) -> Outcomes:
            found = 0
            for feature in (None, *told(owners)):
                found |= known.setdefault(feature, 1 << len(known))
            return found

        reach = self.compiled.over(ids, decide)
        reach.split(self.rulebook.full, self._states)
        return known, reach

    def witness(self, reach: Reach, bit: int, also: Callable[[Situation], bool] = lambda situation: True) -> Situation:
        """Return a situation as unknown as it can be in which every completion has the feature, and `also` holds."""
        full = self.rulebook.full
        found = reach.split(full).example(bit)
        assert found is not None
        masks = list(found)
        for i, fact in enumerate(self.rulebook.read):
            groups = fact.groups.values() if isinstance(fact, Choice) else ()
            wider = [full[i], *sorted(groups, key=lambda group: -group.bit_count())]
            for mask in (mask for mask in wider if not masks[i] & ~mask):
                wide = (*masks[:i], mask, *masks[i + 1 :])
                if self._always(reach, wide, bit) and also(wide):
                    masks[i] = mask
                    break
        return tuple(masks)

    def _always(self, reach: Reach, situation: Situation, bit: int) -> bool:
        """Whether every completion has the feature. Outcome sets are unions, so the leaves themselves are asked."""
        return all(leaf & bit for leaf in reach.leaves(situation) if leaf)


def _decisions(proof: _Proof) -> Iterator[Finding]:
    """Conflicts, gaps, and rules that are dead or redundant in every decision they are for."""
    rulebook, compiled = proof.rulebook, proof.compiled
    alive: dict[str, tuple[Reach, int]] = {}
    needed: set[str] = set()
    covered: dict[str, list[tuple[tuple[str, ...], Reach, int]]] = {}
    for decision in rulebook.decisions:
        order = compiled.involved(decision)
        deciding = [id for id in order if decision in rulebook.rules[id].then]

        def told(
            owners: int, decision: str = decision, order: tuple[str, ...] = order, deciding: list[str] = deciding
        ) -> Iterator[object]:
            if not owners >> compiled.scope & 1:
                return
            applying = compiled.applying(owners, order)
            found = [id for id in deciding if id in applying]
            outcome = compiled.outcome(decision, owners, order)
            if not found:
                yield ("gap",)
            for id in found:
                yield ("applies", id)
                without = owners & ~(1 << compiled.place[id])
                rest = [other for other in compiled.applying(without, order) if other in deciding]
                if compiled.outcome(decision, without, order) != outcome or not rest:
                    yield ("needed", id)
                for other in found:
                    if rulebook.rules[id].then[decision] < rulebook.rules[other].then[decision]:
                        yield ("conflict", id, other)
            for id in deciding:
                if owners >> compiled.place[id] & 1 and id not in applying:
                    yield ("covered", id, tuple(o for o in rulebook.overridden_by[id] if o in applying))

        known, reach = proof.features(order, told)
        for feature, bit in known.items():
            match feature:
                case ("applies", str(id)):
                    alive.setdefault(id, (reach, bit))
                case ("needed", str(id)):
                    needed.add(id)
                case ("covered", str(id), tuple(by)):
                    covered.setdefault(id, []).append((by, reach, bit))
                case ("gap",):
                    yield _gap(proof, decision, reach, bit)
                case ("conflict", str(one), str(two)):
                    yield _conflict(proof, decision, one, two, proof.witness(reach, bit))
    for id, rule in rulebook.rules.items():
        if rule.then and id not in alive:
            yield _dead(proof, id, covered.get(id, []))
        elif rule.then and id not in needed and not (rule.caution or rule.notice):
            reach, bit = alive[id]
            message = f"{id} changes no answer: wherever it applies, other rules say the same"
            yield Finding(
                code="redundant-rule", message=message, place=(rule.path, rule.span), witness=proof.witness(reach, bit)
            )


def _conflict(proof: _Proof, decision: str, one: str, two: str, witness: Situation) -> Finding:
    rules = proof.rulebook.rules
    one, two = sorted((one, two), key=list(rules).index)
    options = f"{rules[one].then[decision]} and {rules[two].then[decision]}"
    message = f"{one} and {two} can both apply, and give {decision} {options}"
    return Finding(code="conflict", message=message, place=(rules[two].path, rules[two].span), witness=witness)


def _gap(proof: _Proof, decision: str, reach: Reach, bit: int) -> Finding:
    regions = reach.split(proof.rulebook.full).regions(bit)
    regions.sort(key=lambda box: -_size(box, proof.rulebook.full))
    shown = "; ".join(in_words(box, proof.rulebook.read) for box in regions[:3])
    more = f"; and {len(regions) - 3} more regions" if len(regions) > 3 else ""
    message = f"no rule speaks of {decision} in: {shown}{more}"
    place = proof.rulebook.places.get(("decision", decision))
    return Finding(code="gap", message=message, place=place, witness=proof.witness(reach, bit))


def _dead(proof: _Proof, id: str, covered: list[tuple[tuple[str, ...], Reach, int]]) -> Finding:
    rule, rulebook = proof.rulebook.rules[id], proof.rulebook
    if covered:
        names = " and ".join(_cover([set(by) for by, _, _ in covered]))
        _, reach, bit = covered[0]
        message = f"{id} never applies: wherever its condition holds, {names} overrides it"
        return Finding(
            code="dead-rule", message=message, place=(rule.path, rule.span), witness=proof.witness(reach, bit)
        )
    if not boxes(rule.when, rulebook.full) or not _possible(proof, rule.when):
        seen = rule.when.truth(rulebook.full) is not FALSE
        why = (
            "its condition contradicts itself" if not boxes(rule.when, rulebook.full) else "the implications exclude it"
        )
        code = "only-unknown" if seen else "dead-rule"
        return Finding(code=code, message=f"{id} never applies: {why}", place=(rule.path, rule.span))
    return Finding(
        code="dead-rule",
        message=f"{id} never applies: its condition holds out of scope only",
        place=(rule.path, rule.span),
    )


def _cover(sets: list[set[str]]) -> list[str]:
    """Return few names of which each set has one."""
    chosen: list[str] = []
    left = sets
    while left:
        names = sorted({name for names in left for name in names})
        best = max(names, key=lambda name: sum(name in names for names in left))
        chosen.append(best)
        left = [names for names in left if best not in names]
    return chosen


def _possible(proof: _Proof, condition: Condition) -> bool:
    """Whether some case that the implications allow satisfies a condition."""
    consistent = proof.rulebook.consistent
    full = proof.rulebook.full
    return any(
        consistent.outcomes(tuple(box.get(i, mask) for i, mask in enumerate(full))) for box in boxes(condition, full)
    )


def _remarks(proof: _Proof) -> Iterator[Finding]:
    """Cautions and notices that can never be shown."""
    rulebook, compiled = proof.rulebook, proof.compiled
    for id, rule in rulebook.rules.items():
        if rule.then:
            continue
        order = _with_overriders(id, rulebook)

        def told(owners: int, id: str = id, order: tuple[str, ...] = order) -> Iterator[object]:
            if rulebook.rules[id].notice or owners >> compiled.scope & 1:
                if id in (applying := compiled.applying(owners, order)):
                    yield "shown"
                elif owners >> compiled.place[id] & 1:
                    yield ("covered", tuple(o for o in rulebook.overridden_by[id] if o in applying))

        known, reach = proof.features(order, told)
        if "shown" not in known:
            hidden = [(feature[1], reach, bit) for feature, bit in known.items() if isinstance(feature, tuple)]
            yield _dead(proof, id, hidden)


def _with_overriders(id: str, rulebook: Rulebook) -> tuple[str, ...]:
    wanted = {id}
    for other in reversed(list(rulebook.overridden_by)):
        if other in wanted:
            wanted.update(rulebook.overridden_by[other])
    return tuple(other for other in rulebook.overridden_by if other in wanted)


def _implications(proof: _Proof) -> Iterator[Finding]:
    """Implications whose own condition nothing can satisfy any more."""
    for implication in proof.rulebook.implications:
        if boxes(implication.when, proof.rulebook.full) and not _possible(proof, implication.when):
            message = f"{implication.id} can never hold: what it says contradicts another implication"
            place = proof.rulebook.places.get(("implication", implication.id))
            yield Finding(code="implications-clash", message=message, place=place)


def _size(box: Box, full: Situation) -> int:
    return math.prod(box.get(i, mask).bit_count() for i, mask in enumerate(full))
