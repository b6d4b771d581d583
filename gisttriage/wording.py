"""The vocabularies of two rulebooks compared: which words are new or gone, and which mean something else.

A case file is read by these words, so the same file may describe another case although every rule stayed as it was.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from .numbers import Number
from .rulebook import Rulebook
from .vocabulary import Choice, Fact, Text, bits, fold


def changed_words(old: Rulebook, new: Rulebook) -> Iterator[str]:
    """Yield each difference between what two rulebooks understand in a case file, in words."""
    yield from _new_or_gone("the fact", old.facts, new.facts)
    before, after = _not_known_anywhere(old), _not_known_anywhere(new)
    yield from _new_or_gone("the spelling of not known", _quoted(before), _quoted(after))
    for name, now in new.facts.items():
        was = old.facts.get(name)
        if was is None:
            continue
        # What holds of every fact was told above, once.
        own = (was.not_known - (before - after), now.not_known - (after - before))
        spelled = _new_or_gone("the spelling of not known", *map(_quoted, own))
        yield from (f"{name}: {told}" for told in (*_changed(was, now), *spelled))
    yield from _new_or_gone("the decision", old.decisions, new.decisions)


def _changed(was: Fact, now: Fact) -> Iterator[str]:
    before, after = _features(was), _features(now)
    if before["the type"] != after["the type"]:
        # Whatever else was said of it belonged to its type.
        before, after = ({name: each[name] for name in _OF_ALL if name in each} for each in (before, after))
    for name in {**before, **after}:
        if name not in before or name not in after:
            yield from _new_or_gone(name, _entry(before, name), _entry(after, name))
        elif before[name] != after[name]:
            yield f"{name} was {before[name]} and is {after[name]}"
    if isinstance(was, Choice) and isinstance(now, Choice):
        yield from _changed_choice(was, now)
    if isinstance(was, Number) and isinstance(now, Number):
        yield from _new_or_gone("the spelling of the unit", _quoted(was.units), _quoted(now.units))


_OF_ALL = ("the type", "the proviso", "context")


def _features(fact: Fact) -> dict[str, str]:
    """Return what decides how a fact is read and used, other than its values: each by a name for it."""
    found = {"the type": fact.kind if isinstance(fact, Choice) else type(fact).__name__.lower()}
    found["context"] = _yes(fact.context)
    if fact.proviso is not None:
        found["the proviso"] = fact.proviso
    if isinstance(fact, Number):
        ends = {"min": f"{fact.least.normalize():f}", "max": f"{fact.most.normalize():f}"}
        found |= {"the unit": fact.unit, **ends, "whole": _yes(fact.whole)}
    if isinstance(fact, Text):
        found["many"] = _yes(fact.many)
    return found


def _changed_choice(was: Choice, now: Choice) -> Iterator[str]:
    yield from _new_or_gone("the value", was.values, now.values)
    yield from _new_or_gone("the group", was.groups, now.groups)
    kept = [group for group in now.groups if group in was.groups]
    for group in kept:
        before, after = _members(was, was.groups[group]), _members(now, now.groups[group])
        if set(before) != set(after):
            yield f"the group {group} was {' or '.join(before)} and is {' or '.join(after)}"
    names = {fold(name) for fact in (was, now) for name in (*fact.values, *fact.groups)}
    for word in {**was.words, **now.words}:
        before, after = _members(was, was.words.get(word, 0)), _members(now, now.words.get(word, 0))
        # A word for a group means what the group means, and values and groups are told by name.
        grouped = any((was.groups[g], now.groups[g]) == (was.words.get(word), now.words.get(word)) for g in kept)
        if set(before) == set(after) or grouped or (word in names and not (before and after)):
            continue
        if before and after:
            yield f"the word ‘{word}’ meant {' or '.join(before)} and means {' or '.join(after)}"
        elif after:
            yield f"the word ‘{word}’ is new, and means {' or '.join(after)}"
        else:
            yield f"the word ‘{word}’ is gone, and meant {' or '.join(before)}"


def _members(fact: Choice, mask: int) -> list[str]:
    return [fact.values[i] for i in bits(mask)]


def _not_known_anywhere(rulebook: Rulebook) -> frozenset[str]:
    """Return the spellings of not known that every fact understands."""
    return frozenset.intersection(*(fact.not_known for fact in rulebook.facts.values()))


def _new_or_gone(what: str, old: Collection[str], new: Collection[str]) -> Iterator[str]:
    yield from (f"{what} {each} is new" for each in new if each not in old)
    yield from (f"{what} {each} is gone" for each in old if each not in new)


def _entry(found: dict[str, str], name: str) -> list[str]:
    return [found[name]] if name in found else []


def _quoted(words: Collection[str]) -> list[str]:
    return [f"‘{word}’" for word in sorted(words)]


def _yes(flag: bool) -> str:
    return "yes" if flag else "no"
