"""Proofs: what holds of a rulebook over every case, every unknown included.

Every rule, the scope and the implications are boxes. A property such as "both of these rules apply" is searched for
by splitting the facts until a case has it (see `reach`); where the search ends without one, no case has it. Unknown
facts are proved with it: a partial case is answered by its completions, and the search visits them all.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from itertools import combinations

from msgspec import Struct

from .checking import applies
from .compiled import Compiled
from .findings import Finding
from .lint import check_sources, check_vocabulary
from .logic import FALSE, TRUE, Box, Condition, Situation, TooLarge, boxes, intersection
from .reach import Reach
from .rulebook import Rulebook
from .vocabulary import Choice
from .words import in_words

STATES = 400_000
"""How many states may lead nowhere in the search for one case before a proof is given up."""

_YES, _NO = 1, 2
_REGIONS = 20_000  # states up to which the whole of a gap is told in words


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
        findings.append(
            Finding(code="not-proved", message=f"more than {states} states were searched for one case", place=None)
        )
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
    proof = _Proof(rulebook, STATES)

    def certain(situation: Situation) -> bool:
        # Every completion may agree for different reasons; an example of one rule should rest on that rule.
        return applies(id, rulebook.assume(rulebook.narrow(situation)), rulebook, {}) is TRUE

    return proof.witness(proof.applying(id), certain)


class _Question(Struct, frozen=True):
    """Whether some case of a region has a property. `regions` cover every case that may."""

    reach: Reach
    regions: tuple[Box, ...]


class _Proof:
    """The rulebook compiled once, and ways to ask of it."""

    def __init__(self, rulebook: Rulebook, states: int) -> None:
        self.rulebook, self._states = rulebook, states
        self.compiled = Compiled(
            rulebook.full, rulebook.rules, rulebook.overridden_by, rulebook.scope, rulebook.implications
        )

    def ask(self, ids: Iterable[str], regions: Iterable[Box], holds: Callable[[int], bool]) -> _Question:
        """Return the question whether some case in a region has a property of the rules that hold in it."""
        return _Question(self.compiled.over(ids, lambda owners: _YES if holds(owners) else _NO), tuple(regions))

    def applying(self, *ids: str) -> _Question:
        """Return the question where all of these rules apply. A notice applies out of scope too."""
        order, rules, wanted = self.with_overriders(*ids), self.rulebook.rules, self.compiled.bits(*ids)
        anywhere = all(rules[id].notice for id in ids)

        def holds(owners: int) -> bool:
            if not anywhere and not owners >> self.compiled.scope & 1:
                return False
            return not wanted & ~self.compiled.applying(owners, order)

        return self.ask(order, self.region(*ids), holds)

    def region(self, *ids: str) -> list[Box]:
        """Return where the conditions of all these rules hold."""
        found: list[Box] = [{}]
        for id in ids:
            both = (
                intersection(one, two)
                for one in found
                for two in boxes(self.rulebook.rules[id].when, self.rulebook.full)
            )
            found = [box for box in both if box is not None]
        return found

    def with_overriders(self, *ids: str) -> tuple[str, ...]:
        """Return these rules and all that may override them, overriders first."""
        wanted = set(ids)
        for other in reversed(list(self.rulebook.overridden_by)):
            if other in wanted:
                wanted.update(self.rulebook.overridden_by[other])
        return tuple(other for other in self.rulebook.overridden_by if other in wanted)

    def example(self, question: _Question) -> Situation | None:
        """Return a case that has the property; None proves that no case has."""
        for box in question.regions:
            found = question.reach.find(self._within(box), _YES, self._states)
            if found is not None:
                return found
        return None

    def witness(
        self, question: _Question, also: Callable[[Situation], bool] = lambda situation: True
    ) -> Situation | None:
        """Return a situation as unknown as it can be in which every completion has the property, and `also` holds."""
        found = self.example(question)
        if found is None:
            return None
        full, masks = self.rulebook.full, list(found)
        for i, fact in enumerate(self.rulebook.read):
            groups = fact.groups.values() if isinstance(fact, Choice) else ()
            wider = [full[i], *sorted(groups, key=lambda group: -group.bit_count())]
            for mask in (mask for mask in wider if not masks[i] & ~mask):
                wide = (*masks[:i], mask, *masks[i + 1 :])
                if question.reach.find(wide, _NO, self._states) is None and also(wide):
                    masks[i] = mask
                    break
        return tuple(masks)

    def _within(self, box: Box) -> Situation:
        return tuple(box.get(i, mask) for i, mask in enumerate(self.rulebook.full))


def _decisions(proof: _Proof) -> Iterator[Finding]:
    """Conflicts and gaps in each decision, and rules that are dead, or redundant in every decision they are for."""
    rules = proof.rulebook.rules
    alive = {id for id, rule in rules.items() if rule.then and proof.example(proof.applying(id)) is not None}
    for decision in proof.rulebook.decisions:
        deciding = [id for id, rule in rules.items() if decision in rule.then and id in alive]
        for one, two in combinations(deciding, 2):
            if rules[one].then[decision] != rules[two].then[decision]:
                witness = proof.witness(proof.applying(one, two))
                if witness is not None:
                    yield _conflict(proof, decision, one, two, witness)
        yield from _gap(proof, decision)
    for id, rule in rules.items():
        if rule.then and id not in alive:
            yield _dead(proof, id)
        elif (
            rule.then and not (rule.caution or rule.notice) and not any(_needed(proof, id, name) for name in rule.then)
        ):
            message = f"{id} changes no answer: wherever it applies, other rules say the same"
            witness = proof.witness(proof.applying(id))
            yield Finding(code="redundant-rule", message=message, place=(rule.path, rule.span), witness=witness)


def _needed(proof: _Proof, id: str, decision: str) -> bool:
    """Whether some answer would be another one without the rule; silence on purpose is not the same as no rule."""
    compiled, rule = proof.compiled, proof.compiled.bits(id)
    order = compiled.involved(decision)
    deciding = compiled.bits(*(other for other in order if decision in proof.rulebook.rules[other].then))

    def holds(owners: int) -> bool:
        if not owners >> compiled.scope & 1 or not compiled.applying(owners, order) & rule:
            return False
        without = owners & ~rule
        if not compiled.applying(without, order) & deciding:
            return True
        return compiled.outcome(decision, without, order) != compiled.outcome(decision, owners, order)

    return proof.example(proof.ask(order, proof.region(id), holds)) is not None


def _conflict(proof: _Proof, decision: str, one: str, two: str, witness: Situation) -> Finding:
    rules = proof.rulebook.rules
    options = f"{rules[one].then[decision]} and {rules[two].then[decision]}"
    message = f"{one} and {two} can both apply, and give {decision} {options}"
    return Finding(code="conflict", message=message, place=(rules[two].path, rules[two].span), witness=witness)


def _gap(proof: _Proof, decision: str) -> Iterator[Finding]:
    compiled, rulebook = proof.compiled, proof.rulebook
    order = compiled.involved(decision)

    deciding = compiled.bits(*(id for id in order if decision in rulebook.rules[id].then))

    def holds(owners: int) -> bool:
        return bool(owners >> compiled.scope & 1) and not compiled.applying(owners, order) & deciding

    question = proof.ask(order, boxes(rulebook.scope, rulebook.full), holds)
    witness = proof.witness(question)
    if witness is None:
        return
    try:
        regions = question.reach.split(rulebook.full, _REGIONS).regions(_YES)
    except TooLarge:
        regions = []  # there is a gap, and the witness shows it; where all of it lies is too long to say
    regions.sort(key=lambda box: -_size(box, rulebook.full))
    shown = "; ".join(in_words(box, rulebook.read) for box in regions[:3]) or "many places"
    more = f"; and {len(regions) - 3} more regions" if len(regions) > 3 else ""
    message = f"no rule speaks of {decision} in: {shown}{more}"
    yield Finding(code="gap", message=message, place=rulebook.places.get(("decision", decision)), witness=witness)


def _dead(proof: _Proof, id: str) -> Finding:
    rule, rulebook, compiled = proof.rulebook.rules[id], proof.rulebook, proof.compiled
    order = proof.with_overriders(id)
    anywhere = bool(rule.notice)
    held = proof.ask(
        order,
        proof.region(id),
        lambda owners: bool(owners >> compiled.place[id] & 1 and (anywhere or owners >> compiled.scope & 1)),
    )
    witness = proof.witness(held)
    if witness is not None:
        names = " and ".join(_cover(proof, id, order))
        message = f"{id} never applies: wherever its condition holds, {names} overrides it"
        return Finding(code="dead-rule", message=message, place=(rule.path, rule.span), witness=witness)
    code, why = "dead-rule", "its condition holds out of scope only"
    if not _possible(proof, rule.when):
        code = "only-unknown" if rule.when.truth(rulebook.full) is not FALSE else "dead-rule"
        empty = not boxes(rule.when, rulebook.full)
        why = "its condition contradicts itself" if empty else "the implications exclude it"
    return Finding(code=code, message=f"{id} never applies: {why}", place=(rule.path, rule.span))


def _cover(proof: _Proof, id: str, order: tuple[str, ...]) -> list[str]:
    """Return the overriders of a dead rule without those that are not needed to cover it."""
    compiled, chosen = proof.compiled, list(proof.rulebook.overridden_by[id])
    for name in tuple(chosen):
        rest = [other for other in chosen if other != name]
        bits = compiled.bits(*rest)

        def uncovered(owners: int, bits: int = bits) -> bool:
            held = owners >> compiled.place[id] & 1 and owners >> compiled.scope & 1
            return bool(held) and not compiled.applying(owners, order) & bits

        if proof.example(proof.ask(order, proof.region(id), uncovered)) is None:
            chosen = rest
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
    for id, rule in proof.rulebook.rules.items():
        if not rule.then and proof.example(proof.applying(id)) is None:
            yield _dead(proof, id)


def _implications(proof: _Proof) -> Iterator[Finding]:
    """Implications whose own condition nothing can satisfy any more."""
    for implication in proof.rulebook.implications:
        if boxes(implication.when, proof.rulebook.full) and not _possible(proof, implication.when):
            message = f"{implication.id} can never hold: what it says contradicts another implication"
            place = proof.rulebook.places.get(("implication", implication.id))
            yield Finding(code="implications-clash", message=message, place=place)


def _size(box: Box, full: Situation) -> int:
    return math.prod(box.get(i, mask).bit_count() for i, mask in enumerate(full))
