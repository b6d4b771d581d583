"""Two rulebooks compared by what they answer, not by their text: every region of cases whose answer changes.

Both are put on one vocabulary (the values of either; numbers cut at the thresholds of both), and split together.
What is told beside the answers is compared in the same way, over the fully known cases: notices, cautions, and what
an answer is subject to. (Where something is unknown, three-valued logic says whether a remark is given or possible.)
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal

from msgspec import Struct, structs

from .assessment import Assessment
from .compiled import Compiled
from .implications import Implication
from .logic import All, AnyOf, Box, Condition, Named, Not, Situation, Test
from .numbers import Interval, Number, partition
from .reach import Outcomes, Reach
from .rulebook import NO_GUIDANCE, Rule, Rulebook
from .vocabulary import Choice, Fact, bits
from .wording import changed_words

CONTRADICTION = "contradiction"
"""What a case comes to that a rulebook's implications exclude."""

GIVEN, POSSIBLE, NOT_GIVEN = "given", "possible", "not given"
"""What becomes of a remark. Only a case of which something is unknown leaves it possible."""


class Remark(Struct, frozen=True, kw_only=True, order=True):
    """What is told beside the answers, by its text and not by its rule; `decision` if it belongs to one answer."""

    kind: str
    text: str
    decision: str = ""


class Changed(Struct, frozen=True, kw_only=True):
    """One region in which a decision is answered otherwise: where, from what to what, how many known cases it holds.

    With a `remark`, it is the remark that is given on one side only, beside an answer that stays.
    """

    decision: str
    old: str
    new: str
    box: Box
    cases: int
    remark: Remark | None = None


class Comparison(Struct, frozen=True, kw_only=True):
    """The regions that change, largest first, and what the two vocabularies understand otherwise.

    `disabled` are the rules that only the new rulebook has taken out, each with the reason.
    """

    facts: tuple[Fact, ...]
    changes: tuple[Changed, ...]
    remarks: tuple[Changed, ...]
    vocabulary: tuple[str, ...]
    disabled: Mapping[str, str]
    cases: int

    def situation(self, box: Box) -> Situation:
        """Return a region as a situation."""
        return tuple(box.get(i, fact.full) for i, fact in enumerate(self.facts))


def compare(old: Rulebook, new: Rulebook, states: int | None = None) -> Comparison:
    """Compare two rulebooks over every possible case. Raises logic.TooLarge beyond `states` states."""
    before = _told_apart(old.read, new.read)
    facts = tuple(_common(before, new.read))
    full = tuple(fact.full for fact in facts)
    sides = (_Side(old, before, facts, full), _Side(new, new.read, facts, full))
    found: list[Changed] = []
    for decision in {**new.decisions, **old.decisions}:
        found.extend(_changes(decision, sides, [side.answer(decision) for side in sides], full, states))
    for remark in {**sides[1].remarks, **sides[0].remarks}:
        if not remark.decision:
            found.extend(_changes("", sides, [side.beside(remark) for side in sides], full, states))
    found.sort(key=lambda each: (-each.cases, each.decision, sorted(each.box.items()), each.remark or _NONE, each.old))
    return Comparison(
        facts=facts,
        changes=tuple(change for change in found if change.remark is None),
        remarks=tuple(change for change in found if change.remark is not None),
        vocabulary=tuple(changed_words(old, new)),
        disabled={id: because for id, because in new.disabled.items() if old.disabled.get(id) != because},
        cases=math.prod(fact.size for fact in facts),
    )


def remarks_beside(assessment: Assessment, rulebook: Rulebook) -> dict[Remark, str]:
    """Return what an answer tells beside its decisions: each remark that is given, or possible."""
    found: dict[Remark, str] = {}
    for state, notices, cautions in (
        (POSSIBLE, assessment.possible_notices, assessment.possible_cautions),
        (GIVEN, assessment.notices, assessment.cautions),
    ):
        for id in (*notices, *cautions):
            for remark in _remarks(rulebook.rules[id]):
                if not remark.decision and id in (cautions if remark.kind == "caution" else notices):
                    found[remark] = state
    for answer in assessment.decisions.values():
        remarks = (remark for id in answer.rules for remark in _remarks(rulebook.rules[id]))
        found |= {remark: GIVEN for remark in remarks if remark.decision == answer.decision}
    return found


_NONE = Remark(kind="", text="")

_Told = tuple[str, frozenset[Remark]]
"""What a decision comes to, if there is one, and the remarks that are given."""


class _Question(Struct, frozen=True):
    """The rules that bear on something, overriders first, and what follows where some of them hold."""

    order: tuple[str, ...]
    told: Callable[[int], _Told]


def _changes(
    decision: str,
    sides: tuple[_Side, _Side],
    questions: Sequence[_Question],
    full: Situation,
    states: int | None,
) -> Iterator[Changed]:
    known: dict[tuple[_Told, _Told], int] = {}
    shift = max(side.width for side in sides)

    def decide(owners: int) -> Outcomes:
        old, new = questions[0].told(owners & ((1 << shift) - 1)), questions[1].told(owners >> shift)
        return 0 if old[0] == new[0] == CONTRADICTION else known.setdefault((old, new), 1 << len(known))

    owned = [
        (owner + i * shift, box)
        for i, (side, question) in enumerate(zip(sides, questions, strict=True))
        for owner, box in side.compiled.owned(question.order)
    ]
    split = Reach(full, owned, decide).split(full, states)
    changed: dict[tuple[str, str, Remark | None], int] = {}
    for ((was, said), (now, says)), bit in known.items():
        kinds: list[tuple[str, str, Remark | None]] = []
        if was == now:
            kinds += [(GIVEN, NOT_GIVEN, remark) for remark in said - says]
            kinds += [(NOT_GIVEN, GIVEN, remark) for remark in says - said]
        elif decision:  # with another answer its remarks are others too, and need not be told
            kinds.append((was, now, None))
        for kind in kinds:
            changed[kind] = changed.get(kind, 0) | bit
    for (before, after, remark), outcomes in changed.items():
        for region in split.regions(outcomes):
            box = {place: mask for place, mask in region.items() if mask != full[place]}
            size = math.prod(box.get(i, mask).bit_count() for i, mask in enumerate(full))
            yield Changed(decision=decision, old=before, new=after, box=box, cases=size, remark=remark)


def _remarks(rule: Rule) -> Iterator[Remark]:
    """Yield what a rule has to say beside an answer."""
    if rule.notice:
        yield Remark(kind="urgent notice" if rule.urgent else "notice", text=_plain(rule.notice))
    if rule.caution:
        yield Remark(kind="caution", text=_plain(rule.caution))
    for decision in rule.then:
        if rule.provided:
            yield Remark(kind="provided", text=_plain(rule.provided), decision=decision)
        if rule.extension:
            yield Remark(kind="mark", text="an extension of the source", decision=decision)


def _plain(text: str) -> str:
    return " ".join(text.split())


class _Side:
    """One rulebook on the common vocabulary."""

    def __init__(self, rulebook: Rulebook, read: Sequence[Fact], facts: Sequence[Fact], full: Situation) -> None:
        places = {fact.name: i for i, fact in enumerate(facts)}
        self._places = [places[fact.name] for fact in read]
        self._masks = [_translation(fact, facts[places[fact.name]]) for fact in read]
        self._decisions = rulebook.decisions
        rules = {id: structs.replace(rule, when=self._on(rule.when)) for id, rule in rulebook.rules.items()}
        implications = tuple(self._implication(each) for each in rulebook.implications)
        self.compiled = Compiled(full, rules, rulebook.overridden_by, self._on(rulebook.scope), implications)
        self.width = len(rules) + 2
        self.remarks: dict[Remark, list[str]] = {}
        for id, rule in rules.items():
            for remark in _remarks(rule):
                self.remarks.setdefault(remark, []).append(id)

    def answer(self, decision: str) -> _Question:
        """Return the question what a decision comes to, and subject to what; one that is not asked is not answered."""
        order = self.compiled.involved(decision)
        own = [(each, self.compiled.bits(*ids)) for each, ids in self.remarks.items() if each.decision == decision]

        def told(owners: int) -> _Told:
            if owners >> self.compiled.excluded & 1:
                return CONTRADICTION, frozenset()
            if decision not in self._decisions:
                return NO_GUIDANCE, frozenset()
            applying = self._applying(owners, order, in_scope=True)
            given = frozenset(remark for remark, rules in own if applying & rules)
            return self.compiled.outcome(decision, owners, order), given

        return _Question(order, told)

    def beside(self, remark: Remark) -> _Question:
        """Return the question where a notice or a caution is given. A notice is heeded in scope or not."""
        ids = self.remarks.get(remark, [])
        order, rules = self._with_overriders(ids), self.compiled.bits(*ids)

        def told(owners: int) -> _Told:
            if owners >> self.compiled.excluded & 1:
                return CONTRADICTION, frozenset()
            applying = self._applying(owners, order, in_scope=remark.kind == "caution")
            return "", frozenset((remark,) if applying & rules else ())

        return _Question(order, told)

    def _applying(self, owners: int, order: tuple[str, ...], *, in_scope: bool) -> int:
        return self.compiled.applying(owners, order) if owners >> self.compiled.scope & 1 or not in_scope else 0

    def _with_overriders(self, ids: Sequence[str]) -> tuple[str, ...]:
        wanted, overridden_by = set(ids), self.compiled.overridden_by
        for id in reversed(list(overridden_by)):
            if id in wanted:
                wanted.update(overridden_by[id])
        return tuple(id for id in overridden_by if id in wanted)

    def _implication(self, implication: Implication) -> Implication:
        then = self._on(implication.then)
        assert isinstance(then, Test)
        return structs.replace(implication, when=self._on(implication.when), then=then)

    def _on(self, condition: Condition) -> Condition:
        match condition:
            case Test(fact, mask):
                return Test(self._places[fact], sum(self._masks[fact][value] for value in bits(mask)))
            case All(parts):
                return All(tuple(self._on(part) for part in parts))
            case AnyOf(parts):
                return AnyOf(tuple(self._on(part) for part in parts))
            case Not(part):
                return Not(self._on(part))
            case Named(name, part):
                return Named(name, self._on(part))


def _translation(fact: Fact, common: Fact) -> list[int]:
    """Return, for each value of a fact, the mask of the common values that it stands for."""
    if isinstance(fact, Choice) and isinstance(common, Choice):
        return [1 << common.values.index(value) for value in fact.values]
    if isinstance(fact, Number) and isinstance(common, Number):
        outers = _stretched(fact, common.least, common.most)
        return [sum(1 << i for i, inner in enumerate(common.intervals) if inner.overlaps(outer)) for outer in outers]
    return [1]


def _told_apart(old: Sequence[Fact], new: Sequence[Fact]) -> tuple[Fact, ...]:
    """Return the old facts; one that has another type now is another, with a name that no case file can use."""
    types = {fact.name: type(fact) for fact in new}
    return tuple(
        fact
        if types.get(fact.name, type(fact)) is type(fact)
        else structs.replace(fact, name=f"{fact.name} (old)", label=f"{fact.label} (old)")
        for fact in old
    )


def _common(old: Sequence[Fact], new: Sequence[Fact]) -> Iterator[Fact]:
    """Yield the facts of both, in the order of the new one; numbers cut at the thresholds of both."""
    before = {fact.name: fact for fact in old}
    for fact in new:
        other = before.pop(fact.name, None)
        yield fact if other is None else _joined(fact, other)
    yield from before.values()


def _joined(fact: Fact, other: Fact) -> Fact:
    if isinstance(fact, Number) and isinstance(other, Number):
        least, most = min(fact.least, other.least), max(fact.most, other.most)
        # Where only one side counts, only whole numbers can be read by both.
        whole = fact.whole or other.whole
        used = (interval for each in (fact, other) for interval in _stretched(each, least, most))
        intervals = partition(least, most, whole, used)
        return structs.replace(fact, least=least, most=most, whole=whole, intervals=intervals)
    if isinstance(fact, Choice) and isinstance(other, Choice):
        extra = [i for i, value in enumerate(other.values) if value not in fact.values]
        return structs.replace(
            fact,
            values=(*fact.values, *(other.values[i] for i in extra)),
            labels=(*fact.labels, *(other.labels[i] for i in extra)),
        )
    return fact


def _stretched(fact: Number, least: Decimal, most: Decimal) -> Iterator[Interval]:
    """Yield the intervals of a number over a wider range: where its own range ends is no threshold of a rule."""
    last = len(fact.intervals) - 1
    for i, interval in enumerate(fact.intervals):
        yield Interval(interval.low if i else (least, 0), interval.high if i < last else (most, 1))
