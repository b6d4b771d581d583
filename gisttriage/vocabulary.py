"""Facts: what a case may say, and the finite set of values that rules can tell apart.

A fact's values are numbered; what is known about it is the set of values it may still have, held as an integer
mask with one bit for each value. The values of a number are the intervals between the thresholds that rules use.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from msgspec import Struct

from .diagnostics import quoted, suggest


class Misread(Exception):
    """A text says nothing that the fact knows; `help` tells what it may say."""

    def __init__(self, message: str, help: str | None = None) -> None:
        super().__init__(message)
        self.message, self.help = message, help


def fold(text: str) -> str:
    """Return `text` as it is compared: case, spaces, underscores and hyphens between words do not count.

    A hyphen at either end stays: ``KIT-`` is how a pathologist writes that there is no KIT mutation.
    """
    words = text.replace("_", " ").casefold().split()
    joined = " ".join(words)
    if "-" not in joined:
        return joined
    last = len(joined) - 1
    inner = (0 < i < last and joined[i - 1].isalnum() and joined[i + 1].isalnum() for i in range(last + 1))
    return "".join(" " if char == "-" and between else char for char, between in zip(joined, inner, strict=True))


def bits(mask: int) -> Iterator[int]:
    """Yield the numbers of the values in `mask`, in order."""
    while mask:
        low = mask & -mask
        yield low.bit_length() - 1
        mask ^= low


class Fact(Struct, frozen=True, kw_only=True):
    """One question a case file may answer. Subclasses say what the answers are."""

    name: str
    label: str
    ask: str
    context: bool = False
    many: bool = False
    proviso: str | None = None
    not_known: frozenset[str] = frozenset()
    hints: Mapping[str, str] = {}

    @property
    def size(self) -> int:
        """How many values rules can tell apart."""
        return 1

    @property
    def full(self) -> int:
        """The mask of every value: nothing is known."""
        return (1 << self.size) - 1

    def is_unknown(self, text: str) -> bool:
        """Whether `text` is a spelling of "not known"."""
        return fold(text) in self.not_known

    def read(self, text: str) -> int:
        """Return the mask of the values that `text` allows. Raises Misread."""
        return self.full

    def canonical(self, text: str) -> str | int | float:
        """Return what `text` stands for, in the fact's own name for it."""
        return text

    def names(self, mask: int) -> str:
        """Return the values in `mask` by name: a value, a group, or several joined by "or"."""
        return " or ".join(self.value_name(i) for i in bits(mask))

    def describe(self, mask: int) -> str:
        """Return the values in `mask` in words, as a rule or a branch means them: any of these."""
        return self.names(mask)

    def stated(self, mask: int) -> str:
        """Return the values in `mask` in words, as a case states them: one of these, and which is not known."""
        return self.describe(mask)

    def value_name(self, index: int) -> str:
        """Return one value as a case file would write it."""
        return ""

    def sample(self, mask: int) -> str:
        """Return a text that a case file could hold for this mask."""
        return self.names(mask)


class Text(Fact, frozen=True, kw_only=True):
    """Free text; shown, and read by no rule."""


class Choice(Fact, frozen=True, kw_only=True):
    """One of several named values; a group names a set of them."""

    values: tuple[str, ...]
    labels: tuple[str, ...]
    groups: Mapping[str, int] = {}
    group_labels: Mapping[str, str] = {}
    words: Mapping[str, int] = {}
    kind: str = "choice"

    @property
    def size(self) -> int:
        return len(self.values)

    def is_unknown(self, text: str) -> bool:
        # A value's own spelling wins: "none" is no drug, although elsewhere it may mean that nothing was said.
        folded = fold(text)
        return folded in self.not_known and folded not in self.words

    def read(self, text: str) -> int:
        folded = fold(text)
        mask = self.words.get(folded)
        if mask is None:
            names = (*self.values, *self.groups)
            hint = (
                self.hints.get(folded)
                or self.hints.get(folded.rstrip("+-−– "))
                or _sign_hint(folded)
                or suggest(folded, (*names, *self.words))
                or f"one of: {', '.join(names)}"
            )
            raise Misread(f"{self.name} cannot be {quoted(text)}", hint)
        return mask

    def canonical(self, text: str) -> str:
        return self.names(self.read(text))

    def names(self, mask: int) -> str:
        group = next((name for name, members in self.groups.items() if members == mask), None)
        return group or " or ".join(self.values[i] for i in bits(mask))

    def describe(self, mask: int) -> str:
        # A remark behind a label is on how it was stated, as in "progressed (pattern not stated)", and not on the set.
        return self._told(mask, [name for name in self.groups if not self.group_labels[name].endswith(")")])

    def stated(self, mask: int) -> str:
        return self._told(mask, self.groups)

    def _told(self, mask: int, groups: Iterable[str]) -> str:
        """Return the values in words, where some groups are told by their label."""
        rest = self.full & ~mask
        if mask.bit_count() > 3 and rest and rest.bit_count() < 3 and mask not in self.groups.values():
            return f"anything but {self._told(rest, groups)}"
        parts: list[tuple[int, str]] = []
        for name in sorted(groups, key=lambda name: -self.groups[name].bit_count()):
            members = self.groups[name]
            if members and not members & ~mask:
                parts.append((members, self.group_labels[name]))
                mask &= ~members
        parts += [(1 << i, self.labels[i]) for i in bits(mask)]
        parts.sort(key=lambda part: part[0] & -part[0])
        return " or ".join(text for _, text in parts)

    def value_name(self, index: int) -> str:
        return self.values[index]


def _sign_hint(folded: str) -> str | None:
    """Keep a result with a sign from being taken for the nearest word without one."""
    if folded.strip(" ")[-1:] not in ("-", "+", "–", "−"):
        return None
    return "a plus or a minus is not read: write what was shown, or leave it empty"
