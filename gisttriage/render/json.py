"""JSON: the schema ``gisttriage.assessment/1``, for programs. The same input gives the same bytes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from .. import __version__
from ..assessment import Answer, Assessment, Branch, Missing
from ..case import Case
from ..diagnostics import visible
from ..logic import TRUE, Test, tests
from ..numbers import Number
from ..rulebook import Rule, Rulebook, Stamp
from ..vocabulary import Fact, bits

SCHEMA = "gisttriage.assessment/1"


def render(cases: Iterable[tuple[Case, Assessment]], rulebook: Rulebook) -> str:
    """Return one object for one case, and an array for several."""
    documents = [document(case, assessment, rulebook) for case, assessment in cases]
    return dumps(documents[0] if len(documents) == 1 else documents)


def dumps(value: object) -> str:
    """Return `value` as indented JSON that is safe to print on a terminal."""
    text = msgspec.json.format(msgspec.json.encode(value), indent=2).decode()
    return "\n".join(map(printable, text.split("\n"))) + "\n"


def printable(line: str) -> str:
    """Return a line of JSON in which all that a terminal might obey is an escape with the same meaning."""
    if line.isprintable():
        return line
    units = [line[i].encode("utf-16-be") for i in range(len(line))]
    return "".join(
        char if visible(char) == char else "".join(f"\\u{unit[i : i + 2].hex()}" for i in range(0, len(unit), 2))
        for char, unit in zip(line, units, strict=True)
    )


def document(case: Case, assessment: Assessment, rulebook: Rulebook) -> dict[str, Any]:
    """Return one assessment as plain mappings and lists."""
    return described(case, assessment, rulebook) | answered(assessment, rulebook)


def described(case: Case, assessment: Assessment, rulebook: Rulebook) -> dict[str, Any]:
    """Return the part of a document that differs from case to case, even in one situation."""
    stamp = rulebook.stamp
    return {
        "schema": SCHEMA,
        "tool": {"name": "gisttriage", "version": __version__},
        "rulebook": stamped(stamp),
        "case": {
            "id": _encodable(case.id),
            "source": _encodable(case.source),
            "facts": _facts(case, assessment, rulebook),
        },
    }


def stamped(stamp: Stamp) -> dict[str, Any]:
    """Return which rulebook it was, and which ones it extends."""
    own = {"id": stamp.id, "version": stamp.version, "sha256": stamp.sha256}
    return own | {"extends": [stamped(each) for each in stamp.extends[:1]]} if stamp.extends else own


def answered(assessment: Assessment, rulebook: Rulebook) -> dict[str, Any]:
    """Return the part of a document that all cases in one situation share."""
    return {
        "status": assessment.status,
        "decisions": {name: _decision(answer, rulebook) for name, answer in assessment.decisions.items()},
        "rules": [_rule(rule, assessment, rulebook) for rule in rulebook.rules.values()],
        "missing": [_missing(missing, rulebook) for missing in assessment.missing],
        "what_if": [
            {
                "change": {change.fact: rulebook.facts[change.fact].value_name(change.value)},
                "decisions": change.decisions,
            }
            for change in assessment.what_if
        ],
        "cautions": [{"rule": id, "text": rulebook.rules[id].caution} for id in assessment.cautions],
        "possible_cautions": [{"rule": id, "text": rulebook.rules[id].caution} for id in assessment.possible_cautions],
        "possible_notices": [{"rule": id, "text": rulebook.rules[id].notice} for id in assessment.possible_notices],
        "notices": [{"rule": id, "text": rulebook.rules[id].notice} for id in assessment.notices],
        "citations": _citations(assessment, rulebook),
        "disclaimer": rulebook.stamp.disclaimer,
    }


def _encodable(name: str) -> str:
    """Return a name that can be encoded: the undecodable bytes of a file name are written as escapes."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return visible(name)
    return name


def _facts(case: Case, assessment: Assessment, rulebook: Rulebook) -> dict[str, Any]:
    masks = {fact.name: mask for fact, mask in zip(rulebook.read, assessment.situation, strict=True)}
    return {
        name: _fact(fact, masks.get(name, fact.full), case, name in assessment.assumed)
        for name, fact in rulebook.facts.items()
        if name != "id"
    }


def _fact(fact: Fact, mask: int, case: Case, assumed: bool) -> dict[str, Any]:
    given = case.given.get(fact.name)
    said = given.value if given is not None else None
    found: dict[str, Any] = {
        "value": said,
        "state": _state(fact, said, mask),
        "line": given.span.line if given is not None and given.span else None,
    }
    if fact.context:
        return found
    implied = mask != (fact.full if given is None else given.mask)
    if assumed:
        return found | {"value": fact.names(mask), "state": "assumed"}
    if implied:
        # What another fact says goes further than what was said of this one.
        found |= {"value": fact.names(mask), "implied": True}
    if found["state"] == "partial":
        found["possible"] = [fact.value_name(i) for i in bits(mask)]
    return found


def _state(fact: Fact, said: object, mask: int) -> str:
    """What is known of a fact: nothing, a part, or all that rules can tell apart."""
    if fact.context:
        bounded = isinstance(fact, Number) and isinstance(said, str)
        return "unknown" if said is None else "partial" if bounded else "known"
    if mask == fact.full:
        return "unknown" if said is None else "partial"
    return "known" if mask.bit_count() == 1 else "partial"


def _decision(answer: Answer, rulebook: Rulebook) -> dict[str, Any]:
    return {
        "status": answer.status,
        "option": answer.option,
        "possible": answer.possible,
        "branches": [_branch(branch, rulebook) for branch in answer.branches],
        "rules": answer.rules,
        "overridden": answer.overridden,
        "undetermined": answer.undetermined,
        "provided": [{"fact": name, "value": rulebook.facts[name].proviso} for name in answer.proviso],
        "conditions": answer.provided,
        "extension": answer.extension,
    }


def _branch(branch: Branch, rulebook: Rulebook) -> dict[str, Any]:
    fact = rulebook.facts[branch.fact]
    return {
        "if": {branch.fact: [fact.value_name(i) for i in range(fact.size) if branch.values >> i & 1]},
        "possible": branch.possible,
        "rules": branch.rules,
        "branches": [_branch(inner, rulebook) for inner in branch.branches],
    }


def _rule(rule: Rule, assessment: Assessment, rulebook: Rulebook) -> dict[str, Any]:
    checked = assessment.rules[rule.id]
    return {
        "id": rule.id,
        "truth": checked.truth.value,
        "applies": checked.applies is TRUE,
        "overridden_by": checked.overridden_by,
        "then": rule.then,
        "conditions": [_condition(test, negated, assessment, rulebook) for test, negated in tests(rule.when)],
    }


def _condition(test: Test, negated: bool, assessment: Assessment, rulebook: Rulebook) -> dict[str, str]:
    fact, has = rulebook.read[test.fact], assessment.situation[test.fact]
    wanted = Test(test.fact, fact.full & ~test.mask) if negated else test
    return {
        "fact": fact.name,
        "truth": wanted.truth(assessment.situation).value,
        "wants": fact.names(wanted.mask),
        "has": "unknown" if has == fact.full and fact.size > 1 else fact.names(has),
    }


def _missing(missing: Missing, rulebook: Rulebook) -> dict[str, Any]:
    fact = rulebook.facts[missing.fact]
    then: Mapping[str, Any] = {fact.value_name(value): outcomes for value, outcomes in missing.then.items()}
    return {
        "fact": missing.fact,
        "matters": missing.matters,
        "assumed": missing.assumed,
        "settles": missing.settles,
        "ask": fact.ask,
        "then": then,
        "remarks": missing.remarks,
    }


def _citations(assessment: Assessment, rulebook: Rulebook) -> list[dict[str, Any]]:
    found = []
    for number, cite in enumerate(assessment.citations, 1):
        source = rulebook.sources[cite.source]
        finding = source.findings[cite.finding]
        found.append(
            {
                "number": number,
                "source": cite.source,
                "finding": cite.finding,
                "agreement": finding.agreement,
                "note": finding.note or None,
                "disagreement": finding.disagreement or None,
                "statement": finding.statement,
                "figures": finding.figures,
                "locator": finding.locator,
                "reference": source.reference,
                "design": source.design,
                "n": int(source.n) if re.fullmatch("[0-9]{1,9}", source.n) else None,
            }
        )
    return found
