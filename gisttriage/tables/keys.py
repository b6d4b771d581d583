"""Situations as integers: where in a row's key each mask stands, and each mark of something wrong.

A key is one or more words of at most 63 bits, the width of a signed BIGINT without its sign. A mask wider than a word
is cut into limbs; nothing else straddles two words.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct

WORD = 63


class Slot(Struct, frozen=True):
    """A run of bits: `width` bits of word `word`, beginning `shift` bits from its end."""

    word: int
    shift: int
    width: int

    @property
    def full(self) -> int:
        """The word with all bits of this slot set."""
        return ((1 << self.width) - 1) << self.shift

    def read(self, words: Sequence[int]) -> int:
        """Return what the slot holds in a key."""
        return (words[self.word] & self.full) >> self.shift


class Layout(Struct, frozen=True):
    """Where everything stands in a key.

    The limbs of each fact's mask, lowest first; the mark of each statement whose cell cannot be read; the mark of each
    fact of which rows, columns or items of a list say what cannot all hold.
    """

    masks: Mapping[str, tuple[Slot, ...]]
    unread: Mapping[int, Slot]
    clashes: Mapping[str, Slot]
    words: int

    def mask(self, fact: str, words: Sequence[int]) -> int:
        """Return a fact's mask out of a key."""
        return sum(slot.read(words) << (WORD * i) for i, slot in enumerate(self.masks[fact]))

    def limbs(self, fact: str, mask: int) -> tuple[int, ...]:
        """Return a mask as the words that its limbs put into a key."""
        return tuple(
            (mask >> (WORD * i) & ((1 << slot.width) - 1)) << slot.shift for i, slot in enumerate(self.masks[fact])
        )


def lay_out(sizes: Mapping[str, int], unread: Iterable[int], clashes: Iterable[str]) -> Layout:
    """Give every mask and every mark its place. `sizes` are the numbers of values of the facts."""
    free = [WORD]

    def slot(width: int) -> Slot:
        if free[-1] < width:
            free.append(WORD)
        free[-1] -= width
        return Slot(len(free) - 1, WORD - free[-1] - width, width)

    masks = {fact: tuple(slot(min(WORD, size - done)) for done in range(0, size, WORD)) for fact, size in sizes.items()}
    return Layout(masks, {i: slot(1) for i in unread}, {fact: slot(1) for fact in clashes}, len(free))
