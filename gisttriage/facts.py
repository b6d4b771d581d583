"""The `facts` section of a rulebook: from YAML to the vocabulary."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from decimal import Decimal, InvalidOperation
from typing import Any

from yaml.nodes import MappingNode, Node, ScalarNode

from .diagnostics import Problem, quoted
from .documents import Document
from .fields import Fields
from .numbers import Interval, Number, partition
from .vocabulary import Choice, Fact, Misread, Text, fold

_COMMON = ("type", "label", "ask", "context", "not_known", "hints")
_KEYS = {
    "choice": (*_COMMON, "proviso", "values", "groups"),
    "yes_no": (*_COMMON, "proviso"),
    "number": (*_COMMON, "unit", "units", "min", "max", "whole"),
    "text": (*_COMMON, "many"),
}
_DIGITS = 12
_MOST_INTERVALS = 200
_NO_YES = {"no": ("n", "false", "0"), "yes": ("y", "true", "1")}
_NONE = "none"
"""A value of some facts, such as no drug, and for others a way to say nothing; where it is a value, it stays one."""


def read_fact(
    document: Document, name: str, section: Fields, problems: list[Problem], not_known: frozenset[str]
) -> Fact | None:
    """Read one fact. A number comes uncut: `cut` splits it once the thresholds are known.

    `not_known` are the spellings of not known before it; it adds its own, and may not use one of either for a value.
    """
    fields = Fields(document, section.values[name], problems, f"fact {name!r}")
    type = fields.text("type", required=True)
    if type not in _KEYS:
        fields.fail(fields.values.get("type"), f"no type {type!r}", f"one of: {', '.join(_KEYS)}")
        return None
    fields.only(_KEYS[type])
    own = tuple(fields.scalars("not_known"))
    common: dict[str, Any] = {
        "name": name,
        "label": fields.text("label", required=True),
        "ask": fields.text("ask", required=True),
        "context": fields.flag("context") or type == "text",
        "proviso": fields.text("proviso") or None,
        "not_known": not_known | {fold(node.value) for node in own},
        "hints": _hints(document, fields, problems),
    }
    fact = _made_of(type, document, fields, common, not_known)
    if fact is not None:
        for node in own:
            refuse_reading(fact, node, fields)
    return fact


def _made_of(
    type: str, document: Document, fields: Fields, common: dict[str, Any], not_known: frozenset[str]
) -> Fact | None:
    if type == "number":
        return _number(fields, common)
    if type == "text":
        return Text(many=fields.flag("many"), **common)
    fact = _choice(document, fields, common, not_known) if type == "choice" else _yes_no(common)
    if fact.proviso is not None and fact.proviso not in fact.values:
        message = f"{fact.name} has no value {fact.proviso!r} to go by when it is not stated"
        fields.fail(fields.values["proviso"], message)
        return None
    return fact


def refuse_reading(fact: Fact, word: ScalarNode, fields: Fields) -> bool:
    """Report a spelling of not known that a fact reads: what a case states would be lost. Return whether it does."""
    if not _reads(fact, str(word.value)):
        return False
    message = f"{quoted(word.value)} cannot mean not known: {fact.name} reads it as {fact.canonical(word.value)}"
    fields.fail(
        word, message, "leave it out; a code that means not known in a table stands in the mapping of the table"
    )
    return True


def _reads(fact: Fact, word: str) -> bool:
    if isinstance(fact, Choice):
        return (folded := fold(word)) in fact.words and folded != _NONE
    # Most spellings have no digit, and looking for one takes less time than reading a number in vain.
    if not isinstance(fact, Number) or not any(map(str.isdigit, word)):
        return False
    with suppress(Misread):
        fact.interval(word)
        return True
    return False


def cut(fact: Number, used: Iterable[Interval]) -> Number:
    """Return the number split at the ends of the intervals in use. Raises ValueError if they are too many."""
    used = set(used)
    if len(used) > _MOST_INTERVALS:
        raise ValueError
    return _made(fact, intervals=partition(fact.least, fact.most, fact.whole, used))


def _made(fact: Number, **changes: object) -> Number:
    kept = {field: getattr(fact, field) for field in fact.__struct_fields__}
    return Number(**(kept | changes))


def _hints(document: Document, fields: Fields, problems: list[Problem]) -> dict[str, str]:
    given = Fields(document, fields.values.get("hints"), problems, "hints").plain()
    return {fold(word): text for word, text in given.items()}


def _number(fields: Fields, common: dict[str, Any]) -> Number | None:
    ends = []
    for end in ("min", "max"):
        try:
            number = Decimal(fields.text(end, required=True))
        except InvalidOperation:
            number = Decimal("nan")
        if not number.is_finite() or number.adjusted() > _DIGITS:
            fields.fail(fields.values.get(end), f"{end!r} must be a number of at most {_DIGITS} digits")
            return None
        ends.append(number)
    least, most = ends
    if least >= most:
        fields.fail(fields.values["max"], "'max' must be larger than 'min'")
        return None
    whole = fields.flag("whole")
    unit = fields.text("unit", required=True)
    units = tuple(sorted((word.casefold() for word in (unit, *fields.texts("units"))), key=len, reverse=True))
    return Number(
        unit=unit,
        units=units,
        least=least,
        most=most,
        whole=whole,
        intervals=partition(least, most, whole, ()),
        **common,
    )


def _yes_no(common: dict[str, Any]) -> Choice:
    values = tuple(_NO_YES)
    words = {word: 1 << i for i, value in enumerate(values) for word in (value, *_NO_YES[value])}
    return Choice(values=values, labels=values, words=words, kind="yes_no", **common)


def _choice(document: Document, fields: Fields, common: dict[str, Any], not_known: frozenset[str]) -> Choice:
    problems, name = fields.problems, common["name"]
    values = Fields(document, fields.node_of("values", required=True), problems, f"values of {name!r}")
    groups = Fields(document, fields.values.get("groups"), problems, f"groups of {name!r}")
    words: dict[str, int] = {}
    labels, masks, group_labels = [], {}, {}
    if not values.values:
        fields.fail(fields.values.get("values"), f"{name} has no values")
    places = {value: 1 << i for i, value in enumerate(values.names())}
    for i, value in enumerate(places):
        entry = Fields(document, values.values[value], problems, f"value {value!r}")
        entry.only(("label", "aliases"))
        labels.append(entry.text("label", value))
        _spell(values, value, (values.keys[value], *entry.scalars("aliases")), 1 << i, words, not_known)
    for group in groups.names():
        node = groups.values[group]
        entry = Fields(document, node, problems, f"group {group!r}") if isinstance(node, MappingNode) else groups
        members = entry.texts(group if entry is groups else "values")
        if not members:
            groups.fail(node, f"the group {group!r} of {name} is empty")
        for member in members:
            if member not in places:
                groups.fail(node, f"{name} has no value {member!r}", f"one of: {', '.join(places)}")
        masks[group] = sum(places.get(member, 0) for member in set(members))
        group_labels[group] = group if entry is groups else entry.text("label", group)
        aliases = () if entry is groups else entry.scalars("aliases")
        _spell(groups, group, (groups.keys[group], *aliases), masks[group], words, not_known)
    return Choice(
        values=tuple(places), labels=tuple(labels), groups=masks, group_labels=group_labels, words=words, **common
    )


def _spell(
    fields: Fields, name: str, spellings: Iterable[Node], mask: int, words: dict[str, int], not_known: frozenset[str]
) -> None:
    for node in spellings:
        word = fold(str(node.value))
        if words.setdefault(word, mask) != mask:
            fields.fail(node, f"{word!r} stands for two different values")
        if word in not_known and word != _NONE:
            help = "choose another word, or leave it out: where a case says so, the fact is unknown"
            fields.fail(node, f"{word!r} means not known, and can be no spelling of {name!r}", help)
