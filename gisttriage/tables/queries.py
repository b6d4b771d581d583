"""The queries of the method: from rows to keys, in the SQL that all engines share.

They only look values up and pack what was found. What a value means is decided in `cells`, what follows from a
situation in `triage`; neither is known here. Tables: `input` (c0, c1, …), a dictionary `d<k>` (v, m0, …, flags) for
statement k, and for a statement that goes by a date the ranks of its dates, `e<k>` (v, r).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct

from ..rulebook import Rulebook
from .cells import CLASH, UNREAD
from .engine import Engine
from .fitting import Fitted
from .keys import Layout
from .mapping import ALL, ANY, Statement


def values_query(columns: Sequence[int]) -> str:
    """Return the query for the different values of columns and their counts, in one scan.

    Its rows are the number of the grouping (the column's bit is 0 in it), the columns, and the count.
    """
    names = ", ".join(f"c{i}" for i in columns)
    sets = ", ".join(f"(c{i})" for i in columns)
    return f"SELECT GROUPING_ID({names}), {names}, COUNT(*) FROM input GROUP BY GROUPING SETS ({sets})"


def counts_query(keyed: str, layout: Layout) -> str:
    """Return the query for the different keys and how often each occurs."""
    words = _words(layout)
    return f"SELECT {words}, COUNT(*) FROM ({keyed}) GROUP BY {words}"


def output_query(keyed: str, shown: Sequence[str], layout: Layout, answers: int, ordered: bool) -> str:
    """Return the query that joins the answers (a0, a1, …) to the columns shown; its columns are o0, o1, …"""
    taken = [f"k.{name}" for name in shown] + [f"a.a{i}" for i in range(answers)]
    columns = ", ".join(f"{expression} AS o{i}" for i, expression in enumerate(taken))
    same = " AND ".join(f"k.k{i} = a.k{i}" for i in range(layout.words))
    order = " ORDER BY k.n" if ordered else ""
    return f"SELECT /*+ BROADCAST(a) */ {columns} FROM ({keyed}) k LEFT JOIN answers a ON {same}{order}"


def clashing_query(keyed: str, layout: Layout, most: int) -> str:
    """Return the query for the first groups of which rows contradict each other: their name, and their key."""
    marked = " OR ".join(f"(k{slot.word} & {slot.full}) <> 0" for slot in layout.clashes.values())
    return f"SELECT g, {_words(layout)} FROM ({keyed}) WHERE {marked} ORDER BY n LIMIT {most}"


def _words(layout: Layout) -> str:
    return ", ".join(f"k{i}" for i in range(layout.words))


class Keyed(Struct, frozen=True, kw_only=True):
    """Builds the query that gives every row (or every patient) its key.

    `looked_up` are the statements that have a dictionary, `flagged` those in whose dictionary a flag is set. `numbered`
    keeps the order of rows, which takes time where they are many.
    """

    fitted: Fitted
    layout: Layout
    rulebook: Rulebook
    engine: Engine
    looked_up: frozenset[int]
    flagged: frozenset[int]
    numbered: bool

    def query(self) -> str:
        """Return the query; its columns are those of the input, k0, k1, …, and for patients g, n and size."""
        words: list[list[str]] = [[] for _ in range(self.layout.words)]
        for fact, slots in self.layout.masks.items():
            for slot, expression in zip(slots, self._masks(fact), strict=True):
                words[slot.word].append(expression)
            if fact in self.layout.clashes:
                mark = self.layout.clashes[fact]
                words[mark.word].append(f"CASE WHEN {self._clash(fact)} THEN {mark.full} ELSE 0 END")
        for k, mark in self.layout.unread.items():
            words[mark.word].append(f"CASE WHEN (f{k} & {UNREAD}) <> 0 THEN {mark.full} ELSE 0 END")
        keys = ", ".join(f"{' | '.join(parts) or '0'} AS k{i}" for i, parts in enumerate(words))
        shown = [f"c{i}" for i in range(len(self.fitted.names))]
        if self.fitted.group is not None:
            shown += ["g", "n", "size"]
        elif self.numbered:
            shown.append("n")
        return f"SELECT {', '.join(shown)}, {keys} FROM ({self._grouped() if 'g' in shown else self._single()})"

    def _about(self, fact: str) -> list[int]:
        return [k for k, (_, statement) in enumerate(self.fitted.statements) if statement.fact == fact]

    def _full(self, fact: str) -> list[int]:
        return [slot.full for slot in self.layout.masks.get(fact, ())]

    def _masks(self, fact: str) -> list[str]:
        """Return the limbs of a fact: what all statements leave, or where that is nothing, one of what they said."""
        about, limbs = self._about(fact), range(len(self.layout.masks[fact]))
        both = [f"({' & '.join(f'a{k}m{i}' for k in about)})" for i in limbs]
        if fact not in self.layout.clashes:
            return both
        nothing = " AND ".join(f"{part} = 0" for part in both)
        either = [f"({' | '.join(f'o{k}m{i}' for k in about)})" for i in limbs]
        return [f"CASE WHEN {nothing} THEN {o} ELSE {a} END" for a, o in zip(both, either, strict=True)]

    def _clash(self, fact: str) -> str:
        about, limbs = self._about(fact), range(len(self.layout.masks[fact]))
        nothing = " AND ".join(f"({' & '.join(f'a{k}m{i}' for k in about)}) = 0" for i in limbs)
        marked = [f"(f{k} & {CLASH}) <> 0" for k in about if k in self.flagged]
        return f"({nothing})" + "".join(f" OR {mark}" for mark in marked)

    def _said(self) -> str:
        """Look up every cell: the limbs s<k>m<i> and the flags s<k>f of each statement."""
        columns, joins, tables = ["t.*"], "", []
        lookup = self.engine.lookup
        for k, (column, statement) in enumerate(self.fitted.statements):
            if k not in self.looked_up:
                continue
            tables.append(f"d{k}")
            joins += self.engine.joining(f"d{k}", f"t.c{column}")
            full = self._full(statement.fact)
            for i, limb in enumerate(full):
                columns.append(f"COALESCE({lookup(f'd{k}', f't.c{column}', f'm{i}')}, {limb}) AS s{k}m{i}")
            flags = f"COALESCE({lookup(f'd{k}', f't.c{column}', 'flags')}, 0)" if k in self.flagged else "0"
            columns.append(f"{flags} AS s{k}f")
            if k in self.fitted.dates:
                tables.append(f"e{k}")
                date = f"t.c{self.fitted.dates[k]}"
                joins += self.engine.joining(f"e{k}", date)
                columns.append(f"{lookup(f'e{k}', date, 'r')} AS r{k}")
        if self.fitted.latest is not None:
            date = f"t.c{self.fitted.latest}"
            tables.append("latest")
            joins += self.engine.joining("latest", date)
            columns.append(f"{lookup('latest', date, 'r')} AS latest_r")
        hint = f"/*+ BROADCAST({', '.join(tables)}) */ " if tables else ""
        return f"SELECT {hint}{', '.join(columns)} FROM {self._input()} t{joins}"

    def _input(self) -> str:
        """Return the input, numbered; with the patient's id g if rows are grouped: a row without one stands alone."""
        if self.fitted.group is None:
            return f"(SELECT *, {self.engine.row_number} AS n FROM input)" if self.numbered else "input"
        id = f"TRIM(CAST(c{self.fitted.group} AS STRING))"
        plain = f"TRIM(TRANSLATE(LOWER(CAST(x.c{self.fitted.group} AS STRING)), '_-', '  '))"
        numbered = f"SELECT *, {self.engine.row_number} AS n FROM input"
        named = f"SELECT x.*, CASE WHEN b.a0 IS NULL THEN {id} END AS g FROM ({numbered}) x"
        named += f" LEFT JOIN blanks b ON {plain} = b.a0"
        return f"(SELECT *, CASE WHEN g IS NULL THEN n ELSE 0 END AS alone FROM ({named}))"

    def _single(self) -> str:
        """One row, one case: a<k> is what a statement leaves, o<k> the same or 0 if it says nothing."""
        columns = ["*"]
        for k, statement in self._looked_up():
            full = self._full(statement.fact)
            stated = _stated(f"s{k}m", full)
            columns.append(f"s{k}f AS f{k}")
            for i in range(len(full)):
                columns.append(f"s{k}m{i} AS a{k}m{i}")
                columns.append(f"CASE WHEN {stated} THEN s{k}m{i} ELSE 0 END AS o{k}m{i}")
        return f"SELECT {', '.join(columns)} FROM ({self._said()})"

    def _grouped(self) -> str:
        """All rows of a patient, one case."""
        joined = [f"{self.engine.joined(f'c{i}', 'n')} AS c{i}" for i in range(len(self.fitted.names))]
        columns = ["g", "MIN(n) AS n", "COUNT(*) AS size", *joined]
        for k, statement in self._looked_up():
            columns.append(f"BIT_OR({self._kept(k, f's{k}f', 0)}) AS f{k}")
            columns += self._aggregates(k, statement)
        return f"SELECT {', '.join(columns)} FROM ({self._ranked()}) GROUP BY g, alone"

    def _aggregates(self, k: int, statement: Statement) -> Iterator[str]:
        full = self._full(statement.fact)
        if statement.rule in (ANY, ALL) and full:
            decided = self._decided(k, statement)
            yield f"{decided} AS a{k}m0"
            yield f"COALESCE(NULLIF({decided}, {full[0]}), 0) AS o{k}m0"
            return
        stated = _stated(f"s{k}m", full)
        for i, limb in enumerate(full):
            yield f"BIT_AND({self._kept(k, f's{k}m{i}', limb)}) AS a{k}m{i}"
            yield f"BIT_OR({self._kept(k, f'CASE WHEN {stated} THEN s{k}m{i} ELSE 0 END', 0)}) AS o{k}m{i}"

    def _decided(self, k: int, statement: Statement) -> str:
        """Return `cells.decided` as an aggregate over the rows of a patient."""
        fact = self.rulebook.facts[statement.fact]
        yes = fact.read("yes")
        winning, losing = (yes, fact.full & ~yes) if statement.rule == ANY else (fact.full & ~yes, yes)
        (won,), (lost,) = (self.layout.limbs(fact.name, mask) for mask in (winning, losing))
        some = f"MAX({self._kept(k, f'CASE WHEN s{k}m0 = {won} THEN 1 ELSE 0 END', 0)}) = 1"
        every = f"MIN({self._kept(k, f'CASE WHEN s{k}m0 = {lost} THEN 1 ELSE 0 END', 1)}) = 1"
        return f"CASE WHEN {some} THEN {won} WHEN {every} THEN {lost} ELSE {self._full(fact.name)[0]} END"

    def _ranked(self) -> str:
        """Add to every row the latest date of its patient on which each dated statement says something."""
        tops = [
            f"MAX(CASE WHEN {self._says(k)} THEN r{k} END) OVER (PARTITION BY g, alone) AS top{k}"
            for k, _ in self._looked_up()
            if k in self.fitted.dates
        ]
        if self.fitted.latest is not None:
            tops.append("MAX(latest_r) OVER (PARTITION BY g, alone) AS latest_top")
        return f"SELECT *, {', '.join(tops)} FROM ({self._said()})" if tops else self._said()

    def _kept(self, k: int, expression: str, otherwise: int) -> str:
        """Return what counts of a row: everything, or what is said on the latest date.

        That is the latest on which a dated statement says something, or else the latest row of all, if rows go by a
        date. What is said without a date may be the latest, so it counts too.
        """
        if k not in self.fitted.dates:
            if self.fitted.latest is None:
                return expression
            return f"CASE WHEN latest_r IS NULL OR latest_r = latest_top THEN {expression} ELSE {otherwise} END"
        return f"CASE WHEN {self._says(k)} AND (r{k} IS NULL OR r{k} = top{k}) THEN {expression} ELSE {otherwise} END"

    def _says(self, k: int) -> str:
        return f"({_stated(f's{k}m', self._full(self.fitted.statements[k][1].fact))} OR s{k}f <> 0)"

    def _looked_up(self) -> Iterator[tuple[int, Statement]]:
        for k, (_, statement) in enumerate(self.fitted.statements):
            if k in self.looked_up:
                yield k, statement


def _stated(prefix: str, full: Sequence[int]) -> str:
    """Return the condition that a mask leaves something out."""
    return "(" + (" OR ".join(f"{prefix}{i} <> {limb}" for i, limb in enumerate(full)) or "1 = 0") + ")"


def limbs_of(layout: Layout, fact: str, masks: Sequence[int]) -> Mapping[str, list[int]]:
    """Return the masks of a fact as columns m0, m1, … of a dictionary."""
    if fact not in layout.masks:
        return {}
    rows = [layout.limbs(fact, mask) for mask in masks]
    return {f"m{i}": [row[i] for row in rows] for i in range(len(layout.masks[fact]))}
