"""Facts and numbers: what a text means, and which values rules can tell apart."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from gisttriage.numbers import Interval, Number, partition
from gisttriage.vocabulary import Choice, Misread, bits, fold


def number(*used: str, whole: bool = False, most: int = 100) -> Number:
    """A number in mm from 0 to `most`, cut where conditions such as ``> 5`` cut it."""
    common = {
        "name": "size",
        "label": "Size",
        "ask": "?",
        "unit": "mm",
        "units": ("mm", "millimetres"),
        "least": Decimal(0),
        "most": Decimal(most),
    }
    uncut = Number(**common, whole=whole, intervals=partition(Decimal(0), Decimal(most), whole, ()))  # type: ignore[arg-type]
    intervals = partition(Decimal(0), Decimal(most), whole, [uncut.interval(text) for text in used])
    return Number(**common, whole=whole, intervals=intervals)  # type: ignore[arg-type]


def names(fact: Number, text: str) -> list[str]:
    """The values that a text allows, by name."""
    return [fact.value_name(i) for i in bits(fact.read(text))]


def test_a_number_is_cut_at_the_thresholds_that_conditions_use() -> None:
    """``> 5`` and ``>= 5`` together make three values: below 5, 5, above 5."""
    assert [number("> 5").value_name(i) for i in range(2)] == ["<= 5", "> 5"]
    assert [number("> 5", ">= 5").value_name(i) for i in range(3)] == ["< 5", "5", "> 5"]
    assert [number("> 5", "> 10").value_name(i) for i in range(3)] == ["<= 5", "> 5, <= 10", "> 10"]
    assert number().size == 1


def test_whole_numbers_have_no_values_between() -> None:
    """For a count, ``> 1`` and ``>= 2`` are the same value, and nothing lies between 0 and 1."""
    assert [number("0", "1", "> 1", ">= 2", whole=True).value_name(i) for i in range(3)] == ["0", "1", ">= 2"]


@pytest.mark.parametrize(
    ("text", "allowed"),
    [
        ("3", ["< 5"]),
        ("5", ["5"]),
        ("=5", ["5"]),
        (">5", ["> 5"]),
        (">= 5", ["5", "> 5"]),
        ("≤5", ["< 5", "5"]),
        ("<5", ["< 5"]),
        (">3", ["< 5", "5", "> 5"]),
        ("5-10", ["5", "> 5"]),
        ("1 to 4", ["< 5"]),
        ("1..5", ["< 5", "5"]),
        ("2–9 mm", ["< 5", "5", "> 5"]),
        ("> 5, <= 10", ["> 5"]),
        (">=4 and <6", ["< 5", "5", "> 5"]),
        ("7 MM", ["> 5"]),
    ],
)
def test_a_partial_number_is_the_values_it_touches(text: str, allowed: list[str]) -> None:
    """A bound or a range is partial knowledge: every value that overlaps it remains possible."""
    assert names(number("> 5", ">= 5"), text) == allowed


@pytest.mark.parametrize(
    "text",
    [
        "",
        "five",
        "1e3",
        "nan",
        "inf",
        "0x5",
        "5 cm",
        "1_0",
        "٣",
        "5.",
        ".",
        "5--6",
        "1" * 40,
        ">",
        "200",
        "9-2",
        "-1",
        "> 100",
    ],
)
def test_what_is_no_number_in_range_is_refused_with_help(text: str) -> None:
    """Anything else is a Misread that says what would do."""
    with pytest.raises(Misread) as caught:
        number("> 5").read(text)
    assert caught.value.help


@given(
    st.decimals(0, 100, places=2),
    st.lists(st.tuples(st.sampled_from(["<", "<=", ">", ">="]), st.integers(0, 100)), max_size=4),
)
def test_a_known_number_has_exactly_one_value_and_its_conditions_agree(
    value: Decimal, used: list[tuple[str, int]]
) -> None:
    """The value of a number decides each condition that cut it, exactly as the number itself does."""
    used = [(sign, end) for sign, end in used if (sign, end) not in ((">", 100), ("<", 0))]
    fact = number(*(f"{sign} {end}" for sign, end in used))
    mask = fact.read(str(value))
    assert mask.bit_count() == 1
    compare = {"<": value.__lt__, "<=": value.__le__, ">": value.__gt__, ">=": value.__ge__}
    for sign, end in used:
        assert bool(mask & fact.read(f"{sign} {end}")) is compare[sign](Decimal(end))


@given(st.lists(st.integers(0, 100), max_size=4), st.booleans(), st.data())
def test_a_sample_can_be_read_back(ends: list[int], whole: bool, data: st.DataObject) -> None:
    """Every value, and every run of values, has a text that a case file may hold and that means just that."""
    fact = number(*(f">= {end}" for end in ends), *(f"<= {end}" for end in ends), whole=whole)
    first = data.draw(st.integers(0, fact.size - 1))
    last = data.draw(st.integers(first, fact.size - 1))
    mask = sum(1 << i for i in range(first, last + 1))
    assert fact.read(fact.sample(mask)) == mask
    assert fact.read(fact.names(mask)) == mask


def test_intervals_that_touch_at_an_open_end_do_not_overlap() -> None:
    """(5, 10] and [0, 5] share nothing; [5, 10] and [0, 5] share 5."""
    five, ten = Decimal(5), Decimal(10)
    low = Interval((Decimal(0), 0), (five, 1))
    assert not low.overlaps(Interval((five, 1), (ten, 1)))
    assert low.overlaps(Interval((five, 0), (ten, 1)))


@given(st.text())
def test_folding_twice_is_folding_once(text: str) -> None:
    """Spellings are compared folded, and a folded text is its own folding."""
    assume("ß" not in text)
    assert fold(fold(text)) == fold(text)


def test_several_values_are_described_by_their_groups() -> None:
    """Words stay short: a group by its label, nearly everything as what it is not. A remark on the label is no set."""
    groups = {"low": 0b0011, "high": 0b1100}
    labels = {"low": "A to B", "high": "at least C (which is not stated)"}
    fact = Choice(
        name="f", label="F", ask="?", values=("a", "b", "c", "d"), labels=("A", "B", "C", "D"),
        groups=groups, group_labels=labels, words={},
    )  # fmt: skip
    assert fact.describe(0b0111) == fact.stated(0b0111) == "A to B or C"
    assert fact.describe(0b1100) == "C or D"
    assert fact.describe(0b1110) == "B or C or D"
    assert fact.stated(0b1100) == "at least C (which is not stated)"
    assert fact.names(0b0011) == "low"
    assert fact.names(0b0101) == "a or c"
