"""What can be seen of a rulebook without a proof: what nothing uses, and what nobody vouches for."""

from __future__ import annotations

from collections.abc import Iterator

from .findings import Finding
from .logic import Condition, Named, tests
from .rulebook import Rulebook
from .vocabulary import Choice, bits


def check_vocabulary(rulebook: Rulebook) -> Iterator[Finding]:
    """Facts, values and definitions that no condition uses."""
    conditions = [
        rulebook.scope,
        *(rule.when for rule in rulebook.rules.values()),
        *(part for implication in rulebook.implications for part in (implication.when, implication.then)),
        *(definition.when for definition in rulebook.definitions.values()),
    ]
    named: dict[int, int] = {}
    for condition in conditions:
        for test, _ in tests(condition):
            named[test.fact] = named.get(test.fact, 0) | test.mask
    for i, fact in enumerate(rulebook.read):
        place = rulebook.places.get(("fact", fact.name))
        if i not in named:
            yield Finding(code="unused-fact", message=f"no condition reads {fact.name}", place=place)
        elif isinstance(fact, Choice) and fact.kind != "yes_no":
            for value in bits(fact.full & ~named[i]):
                message = f"no condition names the value {fact.value_name(value)} of {fact.name}"
                yield Finding(code="unused-value", message=message, place=place)
    used = {name for condition in conditions for name in _names(condition)}
    for name in rulebook.definitions:
        if name not in used:
            place = rulebook.places.get(("definition", name))
            yield Finding(code="unused-definition", message=f"no condition uses the definition {name}", place=place)


def _names(condition: Condition) -> Iterator[str]:
    """Yield the definitions a condition uses itself; those used inside them stand in their own conditions."""
    waiting = [condition]
    while waiting:
        current = waiting.pop()
        if isinstance(current, Named):
            yield current.name
        else:
            waiting.extend(getattr(current, "parts", ()))
            if hasattr(current, "part"):
                waiting.append(current.part)


def check_sources(rulebook: Rulebook) -> Iterator[Finding]:
    """Rules without a citation, and sources and findings without a rule."""
    for id, rule in rulebook.rules.items():
        if not rule.cites and (rule.then or rule.caution):
            yield Finding(code="uncited-rule", message=f"{id} cites no finding", place=(rule.path, rule.span))
    cited = {(cite.source, cite.finding) for rule in rulebook.rules.values() for cite in rule.cites}
    for source in rulebook.sources.values():
        if not any(name == source.id for name, _ in cited):
            place = rulebook.places.get(("source", source.id))
            yield Finding(code="unused-source", message=f"no rule cites {source.id}", place=place)
            continue
        for finding in source.findings.values():
            place = rulebook.places.get(("finding", f"{source.id}/{finding.id}"))
            if (source.id, finding.id) not in cited:
                message = f"no rule cites {finding.id} of {source.id}"
                yield Finding(code="uncited-finding", message=message, place=place)
            if finding.disagreement and not finding.note:
                message = (
                    f"{finding.id} of {source.id} names the disagreement {finding.disagreement}, and no note tells it"
                )
                yield Finding(code="unstated-disagreement", message=message, place=place)
