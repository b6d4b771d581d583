"""The draft of a mapping for a table: what its column names say, and in comments what a person has to decide.

Only a column that is called what a fact is called is placed. A name that merely reminds of a fact, and every value that
is not known, is left in a comment: a specimen is not the extent of disease, a blank is not "none", a panel mutation is
not a syndrome, and several tumours at diagnosis are not progression in several places.
"""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterator, Sequence
from typing import Any

from ..diagnostics import visible
from ..numbers import Number
from ..rulebook import Rulebook
from ..vocabulary import Fact, Text, fold
from .cells import CODES, Meant, read_cell, text_of
from .engine import Engine
from .mapping import Statement
from .queries import values_query

_MOST_VALUES = 12
_LOOKED_AT = 1000
_WIDTH = 110
# A column with one of these words speaks of another time, of a specimen, or of a gene, whatever else it is called.
_ELSEWHERE = frozenset(
    """
    diagnosis diagnosed baseline initial first second third line lines prior previous past history before specimen
    sample biopsy panel gene genes variant variants mutation mutations somatic germline coverage purity free survival
    pfs os date days margin margins reason type
    """.split()  # noqa: SIM905 - a list of words is read more easily
)
_WARNINGS = """\
# What may not be concluded, and is for you to decide:
#   a specimen (primary, metastasis) is not the extent of disease now;
#   a blank drug is not "none", and an earlier drug is not the current one;
#   a mutation on a panel is not a syndrome or a subtype: not tested is not wild type;
#   several tumours at diagnosis are not multifocal progression;
#   what was found at diagnosis (extent, symptoms) is not what is so now.
"""


def suggest_mapping(paths: Sequence[str], rulebook: Rulebook, engine: Engine) -> str:
    """Return the draft of a mapping for a table, as YAML with comments. Raises TableError."""
    names = engine.open(paths)
    found = _values(range(len(names)), engine)
    return "".join(f"{line}\n" for line in _lines(paths, names, found, rulebook))


def _values(columns: Sequence[int], engine: Engine) -> dict[int, list[tuple[Any, int]]]:
    """Return the most frequent values of each column with their counts; one column at a time, since it may be an id."""
    found = {}
    for column in columns:
        query = f"{values_query([column])} ORDER BY 3 DESC, 2 LIMIT {_LOOKED_AT}"
        found[column] = [(value, rows) for _, value, rows in engine.rows(query)]
    return found


def _lines(
    paths: Sequence[str], names: Sequence[str], found: dict[int, list[tuple[Any, int]]], rulebook: Rulebook
) -> Iterator[str]:
    yield f"# A draft, made from the names and values of {visible(' '.join(paths))}. Read it, complete it, use it:"
    yield "#   gisttriage batch TABLE --map THIS-FILE -o scored.parquet"
    yield "#"
    yield from _WARNINGS.splitlines()
    placed = {column: fact for column, name in enumerate(names) if (fact := _called(name, rulebook)) is not None}
    readable = {column: fact for column, fact in placed.items() if _is_readable(fact, found[column])}
    yield ""
    yield "columns:" if readable else "columns: {}"
    for column, fact in readable.items():
        yield from _placed(names[column], fact, found[column])
    given = {fact.name for fact in readable.values()}
    yield ""
    yield "# Not placed. To read one of these, write it under `columns` as `COLUMN: fact`."
    for column, name in enumerate(names):
        if column not in readable:
            yield from _left(name, found[column], rulebook, placed.get(column))
    ignored = [_quoted(names[column]) for column in placed if column not in readable]
    if ignored:
        yield ""
        yield "# Called like facts, but with values that these facts do not know:"
        yield f"ignore: [{', '.join(ignored)}]"
    yield ""
    yield from _patients(names, found)
    yield ""
    yield "# What is true of every row, if you know it. Facts that no column gives:"
    yield "# constants:"
    for fact in rulebook.read:
        if fact.name not in given:
            yield from _comment("", f"  {fact.name}:    # {visible(fact.ask)}")


def _called(name: str, rulebook: Rulebook) -> Fact | None:
    """Return the fact that a column is named after."""
    folded = fold(name.strip())
    for fact in rulebook.facts.values():
        if fact.name not in ("id", "notes") and folded == fold(fact.name):
            return fact
    return None


def _is_readable(fact: Fact, values: Sequence[tuple[Any, int]]) -> bool:
    """Whether a fact knows anything that a column says, or the column says nothing."""
    statement = Statement(column="", fact=fact.name)
    known = unread = 0
    for value, rows in values:
        if not fact.is_unknown(text_of(value)):
            misread = read_cell(value, statement, fact).misread is not None
            known, unread = known + (not misread) * rows, unread + misread * rows
    return known > 0 or unread == 0


def _placed(name: str, fact: Fact, values: Sequence[tuple[Any, int]]) -> Iterator[str]:
    statement = Statement(column=name, fact=fact.name)
    meant = [(text_of(value), rows, read_cell(value, statement, fact)) for value, rows in values if value is not None]
    unread = [(text, rows, each) for text, rows, each in meant if each.misread is not None]
    yield f"  {_quoted(name)}:"
    yield f"    fact: {fact.name}"
    yield from _comment("    ", f"Is this what it says? {visible(fact.ask)}")
    if not isinstance(fact, (Text, Number)):
        read = [f"{_short(text)} = {fact.names(each.mask)}" for text, _, each in meant if _says(each, fact)]
        if read:
            yield from _comment("    ", f"read as: {', '.join(read[:_MOST_VALUES])}")
    if any(text.strip() == "None" and fact.names(each.mask) == "none" for text, _, each in meant):
        yield "    unknown: [None]    # programs write it for a blank; remove this if a person wrote it"
    if unread:
        yield "    # Not known, and read as unknown unless you say what they mean:"
        yield "    # values:"
        for text, rows, each in unread[:_MOST_VALUES]:
            hint = f"; {each.misread.help}" if each.misread is not None and each.misread.help else ""
            yield from _comment("    #   ", f"{_rows(rows)}{visible(hint)}")
            yield f"    #   {_quoted(text)}:"
        if len(unread) > _MOST_VALUES:
            yield f"    #   … and {len(unread) - _MOST_VALUES} more"
    codes = [text for text, _, _ in meant if text in CODES]
    if codes:
        yield f"    # unknown: [{', '.join(codes)}]    # if these are codes for not known"


def _says(each: Meant, fact: Fact) -> bool:
    return each.misread is None and each.mask != fact.full


def _left(name: str, values: Sequence[tuple[Any, int]], rulebook: Rulebook, placed: Fact | None) -> Iterator[str]:
    shown = [f"{_short(text_of(value))} ({rows:,})" for value, rows in values if value is not None]
    # Many values are ids, dates or notes: they say nothing here, and do not belong into a file that is passed on.
    fact = placed or _reminds(name, rulebook)
    telling = len(shown) <= _MOST_VALUES and (fact is not None or any(rows > 1 for _, rows in values))
    told = ", ".join(shown) if telling or not shown else f"{_counted(len(shown))} different values"
    yield from _comment("", f"  {_quoted(name)}: {told or 'empty'}")
    if fact is not None:
        yield from _comment("", f"    may bear on {fact.name}: {visible(fact.ask)}")


def _rows(number: int) -> str:
    return f"{number:,} row{'' if number == 1 else 's'}"


def _counted(number: int) -> str:
    return f"{number:,}" if number < _LOOKED_AT else f"{_LOOKED_AT:,} or more"


def _reminds(name: str, rulebook: Rulebook) -> Fact | None:
    """Return the one fact of which a column's name has all the words, unless others speak of something else."""
    words = set(fold(name.strip()).split())
    if words & _ELSEWHERE:
        return None
    facts = [
        fact
        for fact in rulebook.facts.values()
        if fact.name not in ("id", "notes")
        and (not set(fold(fact.name).split()) - words or not set(fold(fact.label).split()) - words)
    ]
    return facts[0] if len(facts) == 1 else None


def _patients(names: Sequence[str], found: dict[int, list[tuple[Any, int]]]) -> Iterator[str]:
    """Suggest to group rows if a column that names patients has one twice."""
    for column, name in enumerate(names):
        if fold(name.strip()) in ("patient id", "patientid", "patient", "case id", "person id", "subject id"):
            if found[column] and found[column][0][0] is not None and found[column][0][1] > 1:
                yield "# Some patients have several rows: they are merged, and what disagrees is only partly known."
                yield f"group_by: {_quoted(name)}"
                yield "# latest by: DATE    # only the latest row of each patient counts: a drug and a progression of"
                yield "#                    # different visits do not belong together"
            else:
                yield f"# group_by: {_quoted(name)}    # no patient has two rows"
            return
    yield "# group_by: PATIENT    # the column that names the patient, if one may have several rows"


def _quoted(name: str) -> str:
    """Return a name or a cell as YAML reads it back: plain where it is plain, else as JSON writes it."""
    if name.isascii() and name.replace("_", "").isalnum() and not name[0].isdigit():
        return name
    quoted = json.dumps(name, ensure_ascii=False)
    # YAML has an escape of its own for what lies beyond 16 bits, and folds what it takes for line ends.
    return "".join(char if char.isprintable() else f"\\U{ord(char):08x}" for char in quoted)


def _short(text: str) -> str:
    return visible(_quoted(text if len(text) <= 40 else f"{text[:40]}…"))


def _comment(indent: str, text: str) -> Iterator[str]:
    """Yield a comment in lines that a screen takes; what follows the first is indented further."""
    inside = " " * (len(text) - len(text.lstrip()))
    width = _WIDTH - len(indent) - 2
    for i, line in enumerate(textwrap.wrap(text.strip(), width - len(inside) - 4, break_long_words=False)):
        yield f"{indent}# {inside}{'    ' if i else ''}{line}"
