"""Facts, boxes and witnesses in words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from .logic import Box, Situation
from .rulebook import Stamp
from .vocabulary import Choice, Fact


def is_one_of(fact: Fact, mask: int, *, stated: bool = False) -> str:
    """Say that a fact is one of some values, or is stated so; the labels of a choice speak for themselves."""
    told = fact.stated(mask) if stated else fact.describe(mask)
    if isinstance(fact, Choice) and fact.kind != "yes_no":
        return told
    return f"{lowered(fact.label)}{':' if isinstance(fact, Choice) else ''} {told}"


def lowered(label: str) -> str:
    """Return a label as it stands inside a sentence: an abbreviation keeps its capitals."""
    return label if label[1:2].isupper() else label[:1].lower() + label[1:]


def in_words(box: Box, facts: Sequence[Fact]) -> str:
    """Say what a box over some facts holds: each fact that is not open."""
    return ", ".join(is_one_of(facts[place], mask) for place, mask in sorted(box.items())) or "every case"


def as_case(situation: Situation, facts: Sequence[Fact]) -> str:
    """Return a situation over some facts as the text of a case file: only what is known, as little as shows it."""
    return "".join(_lines(situation, facts)) or "{}\n"


def _lines(situation: Situation, facts: Sequence[Fact]) -> Iterator[str]:
    for fact, mask in zip(facts, situation, strict=True):
        if mask == fact.full:
            continue
        text = fact.sample(mask)
        if " or " in text and isinstance(fact, Choice):
            # No group names this set of values, so the case file holds one of them.
            text = fact.value_name((mask & -mask).bit_length() - 1)
        yield f'{fact.name}: "{text}"\n' if text[:1] in "<>=" else f"{fact.name}: {text}\n"


def chain(stamp: Stamp) -> str:
    """Name a rulebook and those it extends, each with its version, the beginning of its hash, and its last review."""
    return ", extending ".join(
        f"{each.id} {each.version}, sha256 {each.sha256[:12]}{f', of {each.reviewed}' if each.reviewed else ''}"
        for each in stamp.chain
    )
