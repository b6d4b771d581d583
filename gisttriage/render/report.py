"""An assessment in words, shared by the formats that people read. They differ in looks, never in content."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from .. import __version__
from ..assessment import Answer, Assessment, Branch, Missing
from ..case import Case, Value
from ..diagnostics import visible
from ..logic import TRUE, UNKNOWN
from ..numbers import Number
from ..rulebook import CONFLICT, NO_GUIDANCE, OUT_OF_SCOPE, Rulebook
from ..sources import Cite
from ..vocabulary import Choice
from ..words import chain, is_one_of, lowered
from .explain import explanation
from .parts import Line, Report, Section, Verdict
from .rules import AGREEMENT

_WORDS = {
    NO_GUIDANCE: "No guidance: the documents are silent",
    OUT_OF_SCOPE: "Out of scope",
    CONFLICT: "The rules conflict",
}
_SHORT = {NO_GUIDANCE: "no guidance", OUT_OF_SCOPE: "out of scope", CONFLICT: "a conflict"}


def report(case: Case, assessment: Assessment, rulebook: Rulebook, *, explain: bool = False) -> Report:
    """Put an assessment into words; `explain` adds every rule, condition by condition.

    Every text that comes from a file is made safe here: nothing in it can be obeyed by a terminal.
    """
    words = _Words(case, assessment, rulebook)
    extra = (explanation(assessment, rulebook),) if explain else ()
    stamp = rulebook.stamp
    notes = case.given["notes"].value if "notes" in case.given else None
    return Report(
        title=visible(case.id),
        who=words.who(),
        facts=words.known(),
        notes=" ".join(visible(line) for line in str(notes).splitlines()) if notes else "",
        notices=tuple(visible(rulebook.rules[id].notice) for id in assessment.notices),
        verdicts=tuple(words.verdict(answer) for answer in assessment.decisions.values()),
        sections=(*(section for section in words.sections() if section.lines), *extra),
        stamp=visible(f"{chain(stamp)}; gisttriage {__version__}"),
        disclaimer=visible(f"{stamp.disclaimer} Not for: {stamp.not_for[:1].lower()}{stamp.not_for[1:]}."),
    )


class _Words:
    def __init__(self, case: Case, assessment: Assessment, rulebook: Rulebook) -> None:
        self.case, self.assessment, self.rulebook = case, assessment, rulebook
        self.number = {cite: i for i, cite in enumerate(assessment.citations, 1)}
        self.masks = {fact.name: mask for fact, mask in zip(rulebook.read, assessment.situation, strict=True)}

    def who(self) -> str:
        parts = []
        for name, given in self.case.given.items():
            fact = self.rulebook.facts[name]
            if not fact.context or given.value is None or name in ("id", "notes"):
                continue
            said = _said(given.value)
            if isinstance(fact, Choice):
                parts.append((0, fact.stated(given.mask)))
            elif name == "age":
                parts.append((1, f"{said} years"))
            else:
                parts.append(
                    (2, f"{lowered(fact.label)} {said}" + (f" {fact.unit}" if isinstance(fact, Number) else ""))
                )
        parts.sort(key=lambda part: part[0])
        return visible(" · ".join(text for _, text in parts))

    def known(self) -> str:
        parts = []
        for fact in self.rulebook.read:
            mask, given = self.masks[fact.name], self.case.given.get(fact.name)
            said = given is not None and given.value is not None
            if (mask == fact.full and not said) or fact.name in self.assessment.assumed:
                continue
            if isinstance(fact, Number) and given is not None and given.value is not None:
                parts.append(f"{lowered(fact.label)} {fact.with_unit(_said(given.value))}")
            else:
                parts.append(is_one_of(fact, mask, stated=True))
        return visible(" · ".join(parts))

    def verdict(self, answer: Answer) -> Verdict:
        decision = self.rulebook.decisions[answer.decision]
        option = decision.options[answer.option] if answer.option else None
        options = "; or ".join(self._option(answer.decision, outcome) for outcome in answer.possible)
        headline = option.label if option else _WORDS.get(answer.status) or f"Open: {options}"
        return Verdict(
            label=visible(decision.label),
            headline=visible(headline),
            tone=option.tone if option else "open" if answer.status == "open" else "silent",
            extension=answer.extension,
            lines=tuple(self._reasons(answer)),
        )

    def _reasons(self, answer: Answer) -> Iterator[Line]:
        if answer.status == OUT_OF_SCOPE:
            yield Line(visible(self.rulebook.scope_because))
        if len(answer.rules) > 1 and not any(self.assessment.rules[id].applies is TRUE for id in answer.rules):
            yield Line("Whichever way the missing facts turn out, one of these rules gives this answer:")
        for id in answer.rules:
            rule = self.rulebook.rules[id]
            option = rule.then[answer.decision]
            lead = f"{self._option(answer.decision, option)}: " if answer.status == CONFLICT else ""
            yield Line(visible(lead + rule.because), self._numbers(rule.cites))
        if answer.status == NO_GUIDANCE and not answer.rules:
            yield Line("No rule speaks of this situation.")
        if answer.extension:
            yield Line("≈ An extension in the document's own words, not a result of its source.")
        for text in answer.provided:
            yield Line(visible(f"Provided that {text}."))
        for name in answer.proviso:
            fact = self.rulebook.facts[name]
            yield Line(visible(f"Assumed, since it is not stated: {lowered(fact.label)}: {fact.proviso}."))
        yield from self._branches(answer.decision, answer.branches, 0)

    def _branches(self, decision: str, branches: Iterable[Branch], depth: int) -> Iterator[Line]:
        for branch in branches:
            fact = self.rulebook.facts[branch.fact]
            cites = dict.fromkeys(cite for id in branch.rules for cite in self.rulebook.rules[id].cites)
            text = f"if {is_one_of(fact, branch.values)}"
            if branch.branches:
                yield Line(visible(f"{text}:"), (), depth)
                yield from self._branches(decision, branch.branches, depth + 1)
            else:
                yield Line(
                    visible(f"{text} → {self._either(decision, branch.possible)}"), self._numbers(tuple(cites)), depth
                )

    def sections(self) -> Iterator[Section]:
        cautions = [self.rulebook.rules[id] for id in self.assessment.cautions]
        yield Section(
            "Caution", tuple(Line(visible(rule.caution), self._numbers(rule.cites)) for rule in cautions), "caution"
        )
        yield Section("What is missing", tuple(self._missing()), "open")
        yield Section("Had the case been otherwise", tuple(self._what_if()))
        yield Section("Rules", tuple(self._rules()))
        yield Section("Sources", tuple(self._sources()))

    def _missing(self) -> Iterator[Line]:
        mattering = [missing for missing in self.assessment.missing if missing.matters and not missing.assumed]
        for place, missing in enumerate(mattering):
            fact = self.rulebook.facts[missing.fact]
            mask = self.masks[missing.fact]
            partly = "" if mask == fact.full else f" (known so far: {fact.stated(mask)})"
            yield Line(visible(f"{'First ask' if place == 0 else 'Then'}: {fact.ask}{partly}"))
            if place == 0:
                yield from self._then(missing)
        for missing in self.assessment.missing:
            if missing.matters and missing.assumed:
                fact = self.rulebook.facts[missing.fact]
                yield Line(
                    visible(f"Assumed, since it is not stated: {lowered(fact.label)}: {fact.proviso}. Otherwise:")
                )
                yield from self._then(missing)
        shown: set[str] = set()
        for id in (*self.assessment.possible_notices, *self.assessment.possible_cautions):
            told = list(self._possible(id))
            shown |= {id} if told else set()
            yield from told
        idle = [
            self._label(each) for each in self.assessment.missing if not each.matters and shown.isdisjoint(each.remarks)
        ]
        if idle:
            yield Line(visible(f"Would change nothing: {', '.join(idle)}"))

    def _possible(self, id: str) -> Iterator[Line]:
        rule = self.rulebook.rules[id]
        on = [missing for missing in self.assessment.missing if id in missing.remarks]
        if not on or self.assessment.rules[id].applies is not UNKNOWN:
            return
        what = "caution" if rule.caution else "notice"
        labels = _either([self._label(missing) for missing in on])
        # A notice on a fact of which nothing at all is said would stand on nearly every answer: a word is enough.
        unsaid = all(self.masks[missing.fact] == self.rulebook.facts[missing.fact].full for missing in on)
        if what == "notice" and unsaid:
            if rule.urgent:
                yield Line(visible(f"Not ruled out, since {labels} is not stated: {rule.notice}"))
        else:
            yield Line(visible(f"Possible {what}, depending on {labels}: {rule.caution or rule.notice}"))

    def _label(self, missing: Missing) -> str:
        return lowered(self.rulebook.facts[missing.fact].label)

    def _then(self, missing: Missing) -> Iterator[Line]:
        fact = self.rulebook.facts[missing.fact]
        grouped: dict[tuple[tuple[str, tuple[str, ...]], ...], int] = {}
        for value, outcomes in missing.then.items():
            if missing.assumed and fact.value_name(value) == fact.proviso:
                continue
            key = tuple(outcomes.items())
            grouped[key] = grouped.get(key, 0) | 1 << value
        for answers, values in grouped.items():
            text = "; ".join(f"{self._decision(name)} → {self._either(name, possible)}" for name, possible in answers)
            yield Line(visible(f"{is_one_of(fact, values)}: {text}"), (), 1)

    def _what_if(self) -> Iterator[Line]:
        grouped: dict[tuple[str, tuple[tuple[str, str], ...]], int] = {}
        for change in self.assessment.what_if:
            key = (change.fact, tuple(change.decisions.items()))
            grouped[key] = grouped.get(key, 0) | 1 << change.value
        silent = dict[str, int]()
        for (name, decisions), values in grouped.items():
            if all(outcome in _SHORT for _, outcome in decisions):
                silent[name] = silent.get(name, 0) | values
                continue
            text = "; ".join(f"{self._decision(each)} → {self._option(each, option)}" for each, option in decisions)
            yield Line(visible(f"If {is_one_of(self.rulebook.facts[name], values)}: {text}"))
        if silent:
            text = "; ".join(is_one_of(self.rulebook.facts[name], values) for name, values in silent.items())
            yield Line(visible(f"The documents would say less, or nothing, for: {text}"))

    def _rules(self) -> Iterator[Line]:
        applying = [id for answer in self.assessment.decisions.values() for id in answer.rules]
        for id in dict.fromkeys(applying):
            if self.assessment.rules[id].applies is TRUE:
                yield Line(f"{id} applies")
        overridden = [id for answer in self.assessment.decisions.values() for id in answer.overridden]
        for id in dict.fromkeys(overridden):
            by = ", ".join(self.assessment.rules[id].overridden_by)
            yield Line(f"{id} gives way to {by}" if by else f"{id} gives way")
        undecided = [answer for answer in self.assessment.decisions.values() if answer.status == "open"]
        open_ids = [id for answer in undecided for id in answer.undetermined]
        if open_ids:
            yield Line(f"Undecided until the missing facts are known: {', '.join(dict.fromkeys(open_ids))}")

    def _sources(self) -> Iterator[Line]:
        for id in dict.fromkeys(cite.source for cite in self.assessment.citations):
            source = self.rulebook.sources[id]
            size = f", n = {source.n}" if source.n else ""
            yield Line(visible(f"{source.short}: {source.design}{size}"))
            for cite, number in self.number.items():
                if cite.source == id:
                    finding = source.findings[cite.finding]
                    yield Line(visible(f"[{number}] {finding.statement}"), (), 1)
                    if finding.figures:
                        figures = "; ".join(f"{name} {figure}" for name, figure in finding.figures.items())
                        yield Line(visible(f"{figures}."), (), 2)
                    if finding.note:
                        yield Line(visible(f"{AGREEMENT[finding.agreement]}: {finding.note}"), (), 2)

    def _numbers(self, cites: Iterable[Cite]) -> tuple[int, ...]:
        return tuple(sorted(self.number[cite] for cite in cites if cite in self.number))

    def _decision(self, name: str) -> str:
        return self.rulebook.decisions[name].label.lower()

    def _option(self, decision: str, outcome: str) -> str:
        options = self.rulebook.decisions[decision].options
        return lowered(options[outcome].label) if outcome in options else _SHORT[outcome]

    def _either(self, decision: str, outcomes: tuple[str, ...]) -> str:
        return _either([self._option(decision, outcome) for outcome in outcomes])


def _either(texts: list[str]) -> str:
    return texts[0] if len(texts) == 1 else f"{', '.join(texts[:-1])} or {texts[-1]}"


def _said(value: Value) -> str:
    return ", ".join(value) if isinstance(value, tuple) else str(value)
