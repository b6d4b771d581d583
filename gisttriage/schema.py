"""JSON Schemas (draft 2020-12): of a case file, for editors, and of the answer, for programs."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from .assessment import STATUSES
from .numbers import Number
from .rulebook import Rulebook
from .vocabulary import Choice, Fact, Text

_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_STRING: dict[str, Any] = {"type": "string"}
_TEXT_OR_NULL: dict[str, Any] = {"type": ["string", "null"]}
_STRINGS: dict[str, Any] = {"type": "array", "items": _STRING}
_TRUTH: dict[str, Any] = {"enum": ["true", "false", "unknown"]}
_NUMBER = r"\d+(\.\d+)?"


def case_schema(rulebook: Rulebook) -> dict[str, Any]:
    """Return the schema of a case file: names, groups, aliases and every spelling of not known, per fact."""
    return {
        "$schema": _DIALECT,
        "title": f"gisttriage case, rulebook {rulebook.stamp.id} {rulebook.stamp.version}",
        "type": "object",
        "properties": {
            **{name: {"description": fact.ask, **_fact(fact)} for name, fact in rulebook.facts.items()},
            "expect": {"description": "The answer a test expects; no part of the patient.", "type": "object"},
        },
        "additionalProperties": False,
    }


def _fact(fact: Fact) -> dict[str, Any]:
    if isinstance(fact, Choice):
        # Editors differ on whether a plain yes, no or true is a text.
        booleans = [value for value, word in ((True, "yes"), (False, "no")) if word in fact.words]
        names = [*fact.values, *fact.groups, None, *booleans]
        return {"anyOf": [{"enum": names}, _words((*fact.words, *sorted(fact.not_known)))]}
    if isinstance(fact, Number):
        unit = f"( ?({'|'.join(map(re.escape, (fact.unit, *fact.units)))}))?"
        bounded = rf"\s*(-|–|to|\.\.)\s*{_NUMBER}|\s*(,|and)\s*(<|<=|≤)\s*{_NUMBER}"
        pattern = rf"^\s*(=|<=|>=|<|>|≤|≥)?\s*{_NUMBER}({bounded})?{unit}\s*$"
        ends = {"minimum": float(fact.least), "maximum": float(fact.most)}
        number = {"type": "integer" if fact.whole else "number", **ends}
        bounds = {"type": "string", "pattern": pattern}
        return {"anyOf": [number, bounds, {"type": "null"}, _words(sorted(fact.not_known))]}
    assert isinstance(fact, Text)
    scalar = {"type": ["string", "number", "boolean", "null"]}
    return {"anyOf": [scalar, {"type": "array", "items": scalar}]} if fact.many else scalar


def _words(words: Iterable[str]) -> dict[str, Any]:
    """A text that is one of some folded words, in any case, with spaces, hyphens or underscores between its parts."""
    return {"type": "string", "pattern": f"^\\s*({'|'.join(map(_spelled, words))})\\s*$"}


def _spelled(word: str) -> str:
    letters = (f"[{char.upper()}{char}]" if char.upper() != char else re.escape(char) for char in word)
    return "".join(letters).replace("\\ ", "[ _-]+")


def mapping_schema(rulebook: Rulebook) -> dict[str, Any]:
    """Return the schema of a mapping: which column of a table says which fact, and in which words."""
    words = {"type": ["string", "number", "boolean", "null"]}
    codes = {"anyOf": [words, {"type": "array", "items": words}]}
    column = {"anyOf": [{"enum": list(rulebook.facts)}, *(_column(fact, codes) for fact in rulebook.facts.values())]}
    return {
        "$schema": _DIALECT,
        "title": f"gisttriage mapping, rulebook {rulebook.stamp.id} {rulebook.stamp.version}",
        "$defs": {
            "column": column,
            **{f"fact.{name}": {"description": fact.ask, **_fact(fact)} for name, fact in rulebook.facts.items()},
        },
        "type": "object",
        "properties": {
            "columns": {
                "description": "What each column says: a fact by its name, or a fact with how to read it.",
                "type": ["object", "null"],
                "additionalProperties": _one_or_more({"$ref": "#/$defs/column"}),
            },
            "constants": {
                "description": "Facts that are the same for the whole table.",
                "type": ["object", "null"],
                "properties": {name: {"$ref": f"#/$defs/fact.{name}"} for name in rulebook.facts},
                "additionalProperties": False,
            },
            "group_by": {"description": "The column that names the patient, if one may have several rows.", **_STRING},
            "latest by": {"description": "The column of dates by which only a patient's latest row counts.", **_STRING},
            "unknown": {"description": "Codes that mean not known, in every column.", **codes},
            "ignore": {"description": "Columns that are named like facts and are not to be read.", **codes},
        },
        "additionalProperties": False,
    }


def _column(fact: Fact, codes: dict[str, Any]) -> dict[str, Any]:
    rules: list[dict[str, Any]] = [{"type": "object", "properties": {"latest by": _STRING}, "required": ["latest by"]}]
    if isinstance(fact, Choice) and fact.kind == "yes_no":
        rules.append({"enum": ["any", "all"]})
    return {
        "type": "object",
        "properties": {
            "fact": {"const": fact.name},
            "values": {
                "description": "What cells mean that a case file would not understand; of several values, one.",
                "type": "object",
                "additionalProperties": _one_or_more({"$ref": f"#/$defs/fact.{fact.name}"}),
            },
            "unknown": {"description": "Codes of this column that mean not known, such as 9 or 99.", **codes},
            "separator": {"description": "What parts the items of a list in one cell.", **_STRING},
            "decimal": {"description": "The decimal sign of numbers.", "enum": [".", ","]},
            "rule": {"description": "Which of several rows of a patient counts.", "anyOf": rules},
            "latest by": {"description": "The column of dates by which the latest row counts.", **_STRING},
        },
        "required": ["fact"],
        "additionalProperties": False,
    }


def _one_or_more(schema: dict[str, Any]) -> dict[str, Any]:
    return {"anyOf": [schema, {"type": "array", "items": schema}]}


def assessment_schema(rulebook: Rulebook) -> dict[str, Any]:
    """Return the schema of ``gisttriage assess --format json`` for one case."""
    decisions = rulebook.decisions
    outcomes = sorted({outcome for decision in decisions.values() for outcome in decision.outcomes})
    possible = {"type": "array", "items": {"enum": outcomes}, "uniqueItems": True}
    remark = _object({"rule": _STRING, "text": _STRING})
    branch = _object(
        {
            "if": {"type": "object"},
            "possible": possible,
            "rules": _STRINGS,
            "branches": {"type": "array", "items": {"$ref": "#/$defs/branch"}},
        }
    )
    decision = _object(
        {
            "status": {"enum": ["settled", "open", "no_guidance", "out_of_scope", "conflict"]},
            "option": {"enum": [*outcomes, None]},
            "possible": possible,
            "branches": {"type": "array", "items": {"$ref": "#/$defs/branch"}},
            "rules": _STRINGS,
            "overridden": _STRINGS,
            "undetermined": _STRINGS,
            "provided": {"type": "array", "items": _object({"fact": _STRING, "value": _STRING})},
            "conditions": _STRINGS,
            "extension": {"type": "boolean"},
        }
    )
    return {
        "$schema": _DIALECT,
        "title": "gisttriage.assessment/1",
        "$defs": {
            "branch": branch,
            "decision": decision,
            "fact": _fact_state(),
            "rule": _rule(),
            "citation": _citation(),
        },
        **_object(
            {
                "schema": {"const": "gisttriage.assessment/1"},
                "tool": _object({"name": {"const": "gisttriage"}, "version": _STRING}),
                "rulebook": _object(
                    {"id": _STRING, "version": _STRING, "sha256": {"type": "string", "pattern": "^[0-9a-f]{64}$"}}
                ),
                "case": _object(
                    {
                        "id": _STRING,
                        "source": _STRING,
                        "facts": {"type": "object", "additionalProperties": {"$ref": "#/$defs/fact"}},
                    }
                ),
                "status": {"enum": list(STATUSES)},
                "decisions": _object({name: {"$ref": "#/$defs/decision"} for name in decisions}),
                "rules": {"type": "array", "items": {"$ref": "#/$defs/rule"}},
                "missing": {"type": "array", "items": _missing(possible)},
                "what_if": {
                    "type": "array",
                    "items": _object(
                        {
                            "change": {"type": "object"},
                            "decisions": {"type": "object", "additionalProperties": {"enum": outcomes}},
                        }
                    ),
                },
                "cautions": {"type": "array", "items": remark},
                "possible_cautions": {"type": "array", "items": remark},
                "notices": {"type": "array", "items": remark},
                "possible_notices": {"type": "array", "items": remark},
                "citations": {"type": "array", "items": {"$ref": "#/$defs/citation"}},
                "disclaimer": _STRING,
            }
        ),
    }


def _object(properties: dict[str, Any], optional: tuple[str, ...] = ()) -> dict[str, Any]:
    """An object with these keys; keys may be added in later versions, so others are allowed."""
    return {
        "type": "object",
        "properties": properties,
        "required": [name for name in properties if name not in optional],
    }


def _fact_state() -> dict[str, Any]:
    return _object(
        {
            "value": {"type": ["string", "number", "array", "null"]},
            "state": {"enum": ["known", "partial", "unknown", "assumed"]},
            "line": {"type": ["integer", "null"], "minimum": 1},
            "possible": _STRINGS,
            "implied": {"type": "boolean"},
        },
        optional=("possible", "implied"),
    )


def _rule() -> dict[str, Any]:
    condition = _object({"fact": _STRING, "truth": _TRUTH, "wants": _STRING, "has": _STRING})
    return _object(
        {
            "id": _STRING,
            "truth": _TRUTH,
            "applies": {"type": "boolean"},
            "overridden_by": _STRINGS,
            "then": {"type": "object", "additionalProperties": _STRING},
            "conditions": {"type": "array", "items": condition},
        }
    )


def _missing(possible: dict[str, Any]) -> dict[str, Any]:
    then = {"type": "object", "additionalProperties": {"type": "object", "additionalProperties": possible}}
    return _object(
        {
            "fact": _STRING,
            "matters": {"type": "boolean"},
            "assumed": {"type": "boolean"},
            "settles": {"type": "number"},
            "ask": _STRING,
            "then": then,
            "remarks": _STRINGS,
        }
    )


def _citation() -> dict[str, Any]:
    return _object(
        {
            "number": {"type": "integer", "minimum": 1},
            "source": _STRING,
            "finding": _STRING,
            "agreement": {"enum": ["agrees", "differs", "imprecise", "not_verifiable"]},
            "note": _TEXT_OR_NULL,
            "disagreement": _TEXT_OR_NULL,
            "statement": _STRING,
            "figures": {"type": "object", "additionalProperties": _STRING},
            "locator": _STRING,
            "reference": _STRING,
            "design": _STRING,
            "n": {"type": ["integer", "null"]},
        }
    )
