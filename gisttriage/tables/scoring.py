"""A table → its distinct situations → their assessments → the table with its answers.

Each column's different values are read once, by the code that reads case files. The engine maps every row to its key
and finds the different keys; each is assessed once, by `triage`; the engine joins the answers back (design, section 2).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from msgspec import Struct, structs

from ..diagnostics import Problem, TableError, quoted
from ..implications import Contradiction
from ..logic import TRUE, Situation
from ..numbers import Number
from ..rulebook import Rulebook
from ..summary import MAYBE, ORDER, Digest, digest
from ..triage import assess_situation
from ..vocabulary import Fact, Misread, Text, fold
from .answers import Scored, answer_cells, answer_names
from .cells import CLASH, CODES, SAID, UNREAD, Meant, Unread, read_cell, text_of
from .dates import DATE_HELP, Dates, rank_dates
from .engine import Engine, Target, Unforeseen
from .keys import Layout, lay_out
from .mapping import ColumnMapping, Fitted, Statement, fit
from .queries import Keyed, clashing_query, counts_query, limbs_of, output_query, values_query

_AT_ONCE = 40  # columns of which the values are counted in one scan: engines number the groupings in 63 bits
_ORDERED = 1_000_000  # rows up to which a Parquet file keeps their order: sorting more takes as long as all the rest
_LISTED = 20  # contradictory patients that are named

Note = Callable[[str], None]
"""Told what is being done, for whoever waits."""


class ReadColumn(Struct, frozen=True, kw_only=True):
    """How one column was read: for which fact, how many different values it has, and those that were not known.

    `doubtful` are read, and may not mean what they say. `unused` are cells that the mapping gives a meaning, and that
    no row has.
    """

    column: str
    fact: str
    values: int
    unread: tuple[Unread, ...]
    doubtful: tuple[Unread, ...]
    unused: tuple[str, ...]


class Cohort(Struct, frozen=True, kw_only=True):
    """What a table came to: `cases` are rows, or patients if grouped.

    `situations` stand in the order in which they should be read: emergencies, what may be one, then by frequency.

    `clashing` names the first patients of whom rows contradict each other, each with the facts; `alone` are rows
    without a patient; `undated` are cells that are no dates, and `grouping` says by what rows were grouped.
    """

    table: str
    rows: int
    cases: int
    grouped: bool
    columns: tuple[ReadColumn, ...]
    constants: tuple[str, ...]
    unread: tuple[str, ...]
    situations: tuple[Scored, ...]
    clashing: tuple[tuple[str, tuple[str, ...]], ...]
    alone: int
    undated: tuple[Unread, ...]
    grouping: str

    @property
    def failed(self) -> int:
        """How many cases could not be answered."""
        return sum(scored.cases for scored in self.situations if scored.digest is None)

    @property
    def clashes(self) -> int:
        """In how many cases rows or columns contradict each other."""
        return sum(scored.cases for scored in self.situations if scored.clashing)


def score_table(
    paths: Sequence[str],
    rulebook: Rulebook,
    engine: Engine,
    mapping: ColumnMapping | None = None,
    target: Target | None = None,
    *,
    strict: bool = False,
    note: Note = lambda text: None,
) -> Cohort:
    """Answer every row of a table, or every patient, and write it with its answers if a target is named.

    Raises TableError if the table cannot be read, tells nothing, or with `strict` holds a value that is not known;
    OutputError if it cannot be written. Then nothing is written.
    """
    mapping = mapping or ColumnMapping()
    names = engine.open(paths)
    fitted = fit(mapping, names, rulebook, ", ".join(paths))
    _refuse_silence(fitted, rulebook, paths, mapping)
    scoring = _Scoring(engine, rulebook, fitted, mapping, ", ".join(paths), strict, note)
    if target is None:
        scoring.learn()
        return scoring.cohort()
    if engine.learns_from_part(target) and fitted.group is None:
        if scoring.write_after_part(target):
            return scoring.cohort()
        engine.open(paths)
    scoring.learn()
    with engine.staged(target) as place:
        scoring.write(place, ordered=scoring.is_ordered(target))
    return scoring.cohort()


def _refuse_silence(fitted: Fitted, rulebook: Rulebook, paths: Sequence[str], mapping: ColumnMapping) -> None:
    used = {fact.name for fact in rulebook.read}
    if not used & ({statement.fact for _, statement in fitted.statements} | fitted.constants.keys()):
        if mapping.document.name:
            message = "this gives no fact that rules use"
            help = f"under `columns` write COLUMN: fact; facts are {', '.join(sorted(used))}"
            raise TableError([mapping.problem(None, message, help)])
        message = "no column is named like a fact that rules use"
        help = f"gisttriage batch --suggest-map {paths[0]} drafts a mapping, to be completed and used with --map"
        raise TableError([Problem(path=paths[0], message=message, help=help)])


class _Dictionary(Struct, frozen=True):
    """The different values of a column for one statement, and what each means."""

    values: tuple[Any, ...]
    rows: tuple[int, ...]
    meant: tuple[Meant, ...]

    def has(self, flag: int) -> bool:
        return any(meant.flags & flag for meant in self.meant)


class _Scoring:
    """One run over one table. `learn` finds out what there is to answer; `write` joins the answers to the rows."""

    def __init__(
        self,
        engine: Engine,
        rulebook: Rulebook,
        fitted: Fitted,
        mapping: ColumnMapping,
        table: str,
        strict: bool,
        note: Note,
    ) -> None:
        self._engine, self._rulebook, self._fitted, self._mapping = engine, rulebook, fitted, mapping
        self._table, self._strict, self._note = table, strict, note
        self._digests: dict[Situation, Digest] = {}
        self._dictionaries: dict[int, _Dictionary] = {}
        self._dates: dict[int, Dates] = {}
        self._scored: list[Scored] = []
        self._layout = Layout({}, {}, {}, 0)
        self._counts: dict[tuple[int, ...], int] = {}
        if fitted.group is not None:
            blanks = sorted({"", *(word.strip() for word in rulebook.facts["id"].not_known)})
            engine.table("blanks", {"a0": blanks})

    def learn(self) -> None:
        """Read the different values, then find and answer the different keys. Raises TableError."""
        self._note("reading the values")
        self._dictionaries = self._read_values()
        self._refuse_unread()
        self._make_dictionaries()
        self._note("finding the situations")
        rows = self._engine.rows(counts_query(self._keyed().query(), self._layout))
        self._counts = dict(sorted((tuple(words), count) for *words, count in rows))
        if not self._counts:
            raise TableError([Problem(path=self._table, message="this table has no rows", help="is it the right one?")])
        self._note(f"assessing {len(self._counts):,} situations")
        self._scored = [self._answer(i, key) for i, key in enumerate(self._counts, 1)]

    def write(self, place: Target, *, ordered: bool) -> None:
        """Write the table with its answers."""
        self._note("writing the answers")
        words = zip(*self._counts, strict=True)
        keys: dict[str, Sequence[int | str]] = {f"k{i}": each for i, each in enumerate(words)}
        cells = zip(*(answer_cells(scored, self._rulebook) for scored in self._scored), strict=True)
        self._engine.table("answers", keys | {f"a{i}": each for i, each in enumerate(cells)})
        grouped = self._fitted.group is not None
        shown = [f"c{i}" for i in range(len(self._fitted.names))] + (["size"] if grouped else [])
        added = answer_names(self._rulebook)
        query = output_query(self._keyed(numbered=ordered).query(), shown, self._layout, len(added), ordered)
        names = [*self._fitted.names, *(["gisttriage_rows"] if grouped else []), *added]
        self._engine.write(query, names, place)

    def write_after_part(self, target: Target) -> bool:
        """Write after looking at the first rows only, and check afterwards that they told everything; False if not.

        Reading a delimited text is dear, and what its first rows hold is nearly always all there is.
        """
        self._engine.part(True)
        self.learn()
        self._engine.part(False)
        try:
            with self._engine.staged(target) as place:
                self.write(place, ordered=False)
                self._engine.written(place)
                number = f"c{len(self._fitted.names) + answer_names(self._rulebook).index('gisttriage_situation')}"
                tally = dict(self._engine.rows(f"SELECT {number}, COUNT(*) FROM input GROUP BY {number}"))
                if None in tally or sum(tally.values()) <= _ORDERED:
                    raise Unforeseen
                self._dictionaries = self._read_values()
                self._refuse_unread()
        except Unforeseen:
            return False
        self._counts = {key: tally.get(i, 0) for i, key in enumerate(self._counts, 1)}
        return True

    def cohort(self) -> Cohort:
        """Return what was found."""
        counts = self._counts.values()
        situations = [structs.replace(scored, cases=n) for scored, n in zip(self._scored, counts, strict=True) if n]
        grouped, cases, rows, alone = self._fitted.group is not None, sum(counts), sum(counts), 0
        if grouped:
            keyed = self._keyed().query()
            ((rows, alone),) = self._engine.rows(
                f"SELECT SUM(size), SUM(CASE WHEN g IS NULL THEN 1 ELSE 0 END) FROM ({keyed})"
            )
        return Cohort(
            table=self._table,
            rows=int(rows),
            cases=cases,
            grouped=grouped,
            columns=tuple(self._columns()),
            constants=tuple(self._fitted.constants),
            unread=self._fitted.unread,
            situations=tuple(sorted(situations, key=_first)),
            clashing=tuple(self._clashing()) if grouped and self._layout.clashes else (),
            alone=int(alone),
            undated=tuple(unread for dates in self._dates.values() for unread in dates.unread),
            grouping=self._grouping(),
        )

    def _grouping(self) -> str:
        """Say by what rows were grouped, and which of them count."""
        if self._fitted.group is None:
            return ""
        names = self._fitted.names
        told = f"rows of one patient by {names[self._fitted.group]}"
        if self._fitted.latest is not None:
            told += f", only the latest by {names[self._fitted.latest]}"
        rules = (f"{s.column} {s.rule} {s.by}".rstrip() for _, s in self._fitted.statements if s.rule)
        return ", ".join((told, *rules))

    def _fact(self, statement: Statement) -> Fact:
        return self._rulebook.facts[statement.fact]

    def _read_values(self) -> dict[int, _Dictionary]:
        """Read every different value of every column, as cells of each statement about it."""
        telling = {
            k: (column, statement)
            for k, (column, statement) in enumerate(self._fitted.statements)
            if not isinstance(self._fact(statement), Text)
        }
        dated = {column for k, column in self._fitted.dates.items() if k in telling}
        if self._fitted.latest is not None:
            dated.add(self._fitted.latest)
        found = self._values(sorted({column for column, _ in telling.values()} | dated))
        dictionaries = {}
        for k, (column, statement) in telling.items():
            fact = self._fact(statement)
            meant = tuple(read_cell(value, statement, fact) for value, _ in found[column])
            values, rows = zip(*found[column], strict=True) if found[column] else ((), ())
            dictionaries[k] = _Dictionary(values, rows, meant)
        self._dates = {column: self._ranked(column, found[column]) for column in dated}
        return dictionaries

    def _values(self, columns: Sequence[int]) -> dict[int, list[tuple[Any, int]]]:
        """Return the different values of columns, each with the number of its rows; NULL is left out."""
        found: dict[int, list[tuple[Any, int]]] = {column: [] for column in columns}
        for start in range(0, len(columns), _AT_ONCE):
            some = columns[start : start + _AT_ONCE]
            place = {((1 << len(some)) - 1) ^ (1 << (len(some) - 1 - i)): i for i in range(len(some))}
            for grouping, *cells, count in self._engine.rows(values_query(some)):
                i = place[grouping]
                if cells[i] is not None:
                    found[some[i]].append((cells[i], count))
        return found

    def _ranked(self, column: int, found: Sequence[tuple[Any, int]]) -> Dates:
        """Put the dates of a column into order. Raises TableError if it has none."""
        dates = rank_dates(found, self._rulebook.facts["id"].not_known)
        if dates.unread and not dates.values:
            message = f"{quoted(dates.unread[0].text)} in the column {quoted(self._fitted.names[column])} is no date"
            raise TableError([Problem(path=self._table, message=message, help=DATE_HELP)])
        return dates

    def _make_dictionaries(self) -> None:
        """Give the engine what each value means, and lay out the keys."""
        self._lay_out()
        columns = {self._fitted.statements[k][0]: each.values for k, each in self._dictionaries.items()}
        self._engine.code(columns)
        for k in self._looked_up():
            column, statement = self._fitted.statements[k]
            each = self._dictionaries[k]
            words = limbs_of(self._layout, statement.fact, [meant.mask for meant in each.meant])
            flags = [meant.flags for meant in each.meant]
            self._engine.dictionary(f"d{k}", f"c{column}", each.values, {**words, "flags": flags})
            if k in self._fitted.dates:
                date = self._fitted.dates[k]
                self._engine.dictionary(f"e{k}", f"c{date}", self._dates[date].values, {"r": self._dates[date].ranks})
        if self._fitted.latest is not None:
            dates = self._dates[self._fitted.latest]
            self._engine.dictionary("latest", f"c{self._fitted.latest}", dates.values, {"r": dates.ranks})

    def _lay_out(self) -> None:
        about = Counter(statement.fact for _, statement in self._fitted.statements)
        used = [fact for fact in self._rulebook.read if fact.name in about]
        clashing = {self._fitted.statements[k][1].fact for k, each in self._dictionaries.items() if each.has(CLASH)}
        grouped = self._fitted.group is not None
        self._layout = lay_out(
            {fact.name: fact.size for fact in used},
            [k for k, each in self._dictionaries.items() if each.has(UNREAD)],
            [fact.name for fact in used if fact.name in clashing or about[fact.name] > 1 or grouped],
        )

    def _looked_up(self) -> frozenset[int]:
        """The statements whose values matter: to rules, or because some cannot be read."""
        return frozenset(
            k
            for k, each in self._dictionaries.items()
            if self._fitted.statements[k][1].fact in self._layout.masks or k in self._layout.unread
        )

    def is_ordered(self, target: Target) -> bool:
        """Whether rows are to be written in the order in which they were read."""
        if self._engine.keeps_order:
            return self._fitted.group is not None
        return target.format != "parquet" or sum(self._counts.values()) <= _ORDERED

    def _keyed(self, numbered: bool = False) -> Keyed:
        return Keyed(
            fitted=self._fitted,
            layout=self._layout,
            rulebook=self._rulebook,
            engine=self._engine,
            looked_up=self._looked_up(),
            flagged=frozenset(k for k, each in self._dictionaries.items() if each.has(UNREAD | CLASH | SAID)),
            numbered=numbered,
        )

    def _answer(self, number: int, key: Sequence[int]) -> Scored:
        """Answer one key: the situation in it, and what is wrong in it."""
        situation = tuple(
            self._layout.mask(fact.name, key)
            if fact.name in self._layout.masks
            else self._fitted.constants.get(fact.name, fact.full)
            for fact in self._rulebook.read
        )
        errors = list(self._wrong(key))
        try:
            known = self._digest(situation)
        except Contradiction as found:
            errors.append(self._contradiction(situation, found))
            known = None
        urgent = (id for id, rule in self._rulebook.rules.items() if rule.urgent and rule.when.truth(situation) is TRUE)
        notices = known.noted if known is not None else tuple(urgent)
        group = known.group if known is not None else "emergency" if notices else "error"
        return Scored(
            number=number,
            situation=situation,
            cases=0,
            digest=known,
            group=group,
            notices=notices,
            clashing=tuple(fact for fact, slot in self._layout.clashes.items() if slot.read(key)),
            errors=tuple(errors),
        )

    def _digest(self, situation: Situation) -> Digest:
        known = self._digests.get(situation)
        if known is None:
            assessment = assess_situation(situation, self._rulebook, brief=True)
            known = self._digests[situation] = digest(assessment, self._rulebook)
        return known

    def _wrong(self, key: Sequence[int]) -> Iterator[str]:
        for k, slot in self._layout.unread.items():
            if slot.read(key):
                column, statement = self._fitted.statements[k]
                yield f"column {self._fitted.names[column]}: no value of {statement.fact}"
        for fact, slot in self._layout.clashes.items():
            if slot.read(key):
                said = self._rulebook.facts[fact].names(self._layout.mask(fact, key))
                yield f"{fact}: what is said of it disagrees ({said})"

    def _contradiction(self, situation: Situation, found: Contradiction) -> str:
        said = " and ".join(
            f"{fact.name}: {fact.names(situation[place])}"
            for place in found.facts
            if situation[place] != (fact := self._rulebook.read[place]).full
        )
        return f"{said} contradict each other"

    def _clashing(self) -> Iterator[tuple[str, tuple[str, ...]]]:
        """Yield the first patients of whom rows contradict each other."""
        query = clashing_query(self._keyed().query(), self._layout, _LISTED)
        for patient, *key in self._engine.rows(query):
            facts = tuple(fact for fact, slot in self._layout.clashes.items() if slot.read(key))
            yield text_of(patient) or "(no patient)", facts

    def _columns(self) -> Iterator[ReadColumn]:
        for k, (column, statement) in enumerate(self._fitted.statements):
            each = self._dictionaries.get(k, _Dictionary((), (), ()))
            cells = {fold(text_of(value)) for value in each.values}
            if statement.separator:
                cells |= {fold(part) for value in each.values for part in text_of(value).split(statement.separator)}
            yield ReadColumn(
                column=self._fitted.names[column],
                fact=statement.fact,
                values=len(each.values),
                unread=tuple(_unread(each)),
                doubtful=tuple(_doubtful(each, statement, self._fact(statement))),
                unused=tuple(cell for cell in statement.values if cell not in cells and k in self._dictionaries),
            )

    def _refuse_unread(self) -> None:
        """With --strict, refuse a table that holds values which are not known."""
        if not self._strict:
            return
        problems = [
            Problem(
                path=self._table,
                message=f"{quoted(unread.text)} in the column {quoted(column.column)} ({unread.rows:,} rows) "
                f"is no value of {column.fact}",
                help=unread.help,
            )
            for column in self._columns()
            for unread in column.unread
        ]
        if problems:
            raise TableError(problems[:_LISTED])


def _first(scored: Scored) -> tuple[int, int, int]:
    """Sort what cannot wait before the rest, and the rest by how often it occurs."""
    return (min(ORDER.index(scored.group), ORDER.index(MAYBE) + 1), -scored.cases, scored.number)


def _unread(dictionary: _Dictionary) -> Iterator[Unread]:
    """Yield the values that are not known, the most frequent first."""
    found: list[tuple[int, str, Misread]] = [
        (rows, text_of(value), meant.misread)
        for value, rows, meant in zip(dictionary.values, dictionary.rows, dictionary.meant, strict=True)
        if meant.misread is not None
    ]
    for rows, text, misread in sorted(found, key=lambda each: (-each[0], each[1])):
        yield Unread(text, rows, misread.help or "")


def _doubtful(dictionary: _Dictionary, statement: Statement, fact: Fact) -> Iterator[Unread]:
    """Yield cells that are read as values, and that tables also use for what is not known."""
    for value, rows, meant in zip(dictionary.values, dictionary.rows, dictionary.meant, strict=True):
        text = text_of(value).strip()
        if meant.misread is not None or meant.mask == fact.full or fold(text) in statement.values:
            continue
        if isinstance(fact, Number) and text in CODES:
            yield Unread(text, rows, f"if it is a code for not known, say so in the mapping: unknown: [{text}]")
        elif text == "None":
            yield Unread(text, rows, "if a program wrote it for a blank, say so in the mapping: unknown: [None]")
