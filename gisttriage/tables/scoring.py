"""A table → its distinct situations → their assessments → the table with its answers.

Each column's different values are read once, by the code that reads case files. The engine maps every row to its key
and finds the different keys; each is assessed once, by `triage`; the engine joins the answers back (design, section 2).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence

from msgspec import structs

from ..diagnostics import Problem, TableError
from ..rulebook import Rulebook
from ..summary import MAYBE, ORDER
from .answers import Answering, Scored, answer_cells, answer_names
from .cells import CLASH, SAID, UNREAD, text_of
from .cohort import Cohort
from .engine import Engine, Target, Unforeseen
from .fitting import Fitted, fit
from .keys import Layout, lay_out
from .mapping import ColumnMapping
from .queries import Keyed, clashing_query, counts_query, limbs_of, output_query
from .readings import Readings, read_values

_ORDERED = 1_000_000  # rows up to which a Parquet file keeps their order: sorting more takes as long as all the rest
_LISTED = 20  # contradictory patients that are named

Note = Callable[[str], None]
"""Told what is being done, for whoever waits."""


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
    scoring = _Scoring(engine, rulebook, fitted, ", ".join(paths), strict, note)
    if target is None:
        scoring.learn()
        return scoring.cohort()
    if engine.learns_from_part(target) and fitted.group is None and not strict:
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


class _Scoring:
    """One run over one table. `learn` finds out what there is to answer; `write` joins the answers to the rows."""

    def __init__(
        self,
        engine: Engine,
        rulebook: Rulebook,
        fitted: Fitted,
        table: str,
        strict: bool,
        note: Note,
    ) -> None:
        self._engine, self._rulebook, self._fitted = engine, rulebook, fitted
        self._table, self._strict, self._note = table, strict, note
        self._readings = Readings(fitted, rulebook, {}, {})
        self._scored: list[Scored] = []
        self._layout = Layout({}, {}, {}, 0)
        self._counts: dict[tuple[int, ...], int] = {}
        if fitted.group is not None:
            unknown = rulebook.facts["id"].not_known | fitted.unknown
            blanks = sorted({"", *(word.replace("-", " ").strip() for word in unknown)})
            engine.table("blanks", {"a0": blanks})

    def learn(self) -> None:
        """Read the different values, then find and answer the different keys. Raises TableError."""
        self._note("reading the values")
        self._read()
        self._make_dictionaries()
        self._note("finding the situations")
        rows = self._engine.rows(counts_query(self._keyed().query(), self._layout))
        self._counts = dict(sorted((tuple(words), count) for *words, count in rows))
        if not self._counts:
            raise TableError([Problem(path=self._table, message="this table has no rows", help="is it the right one?")])
        self._note(f"assessing {len(self._counts):,} situations")
        answering = Answering(self._rulebook, self._fitted, self._layout, {})
        self._scored = [answering.answer(i, key) for i, key in enumerate(self._counts, 1)]

    def _read(self) -> None:
        """Read the different values; with --strict, refuse those that are not known. Raises TableError."""
        self._readings = read_values(self._engine, self._fitted, self._rulebook, self._table)
        columns = self._readings.columns() if self._strict else ()
        problems = [problem for column in columns for problem in column.problems(self._table)]
        if problems:
            raise TableError(problems[:_LISTED])

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
        learned = {k: frozenset(each.values) for k, each in self._readings.dictionaries.items()}
        try:
            with self._engine.staged(target) as place:
                self.write(place, ordered=False)
                self._engine.written(place)
                number = f"c{len(self._fitted.names) + answer_names(self._rulebook).index('gisttriage_situation')}"
                tally = dict(self._engine.rows(f"SELECT {number}, COUNT(*) FROM input GROUP BY {number}"))
                if None in tally or sum(tally.values()) <= _ORDERED:
                    raise Unforeseen
                self._read()
                if any(set(each.values) - learned[k] for k, each in self._readings.dictionaries.items()):
                    raise Unforeseen
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
            columns=tuple(self._readings.columns()),
            constants=tuple(self._fitted.constants),
            unread=self._fitted.unread,
            situations=tuple(sorted(situations, key=_first)),
            clashing=tuple(self._clashing()) if grouped and self._layout.clashes else (),
            alone=int(alone),
            undated=tuple(unread for dates in self._readings.dates.values() for unread in dates.unread),
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

    def _make_dictionaries(self) -> None:
        """Give the engine what each value means, and lay out the keys."""
        self._lay_out()
        columns = {self._fitted.statements[k][0]: each.values for k, each in self._readings.dictionaries.items()}
        self._engine.code(columns)
        for k in self._looked_up():
            column, statement = self._fitted.statements[k]
            each = self._readings.dictionaries[k]
            words = limbs_of(self._layout, statement.fact, [meant.mask for meant in each.meant])
            flags = [meant.flags for meant in each.meant]
            self._engine.dictionary(f"d{k}", f"c{column}", each.values, {**words, "flags": flags})
            if k in self._fitted.dates:
                self._order(f"e{k}", self._fitted.dates[k])
        if self._fitted.latest is not None:
            self._order("latest", self._fitted.latest)

    def _order(self, name: str, column: int) -> None:
        """Give the engine the order of a column's dates."""
        dates = self._readings.dates[column]
        self._engine.dictionary(name, f"c{column}", dates.values, {"r": dates.ranks})

    def _lay_out(self) -> None:
        about = Counter(statement.fact for _, statement in self._fitted.statements)
        used = [fact for fact in self._rulebook.read if fact.name in about]
        clashing = {self._fitted.statements[k][1].fact for k in self._readings.with_flag(CLASH)}
        grouped = self._fitted.group is not None
        self._layout = lay_out(
            {fact.name: fact.size for fact in used},
            sorted(self._readings.with_flag(UNREAD)),
            [fact.name for fact in used if fact.name in clashing or about[fact.name] > 1 or grouped],
        )

    def _looked_up(self) -> frozenset[int]:
        """The statements whose values matter: to rules, or because some cannot be read."""
        return frozenset(
            k
            for k, each in self._readings.dictionaries.items()
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
            flagged=self._readings.with_flag(UNREAD | CLASH | SAID),
            numbered=numbered,
        )

    def _clashing(self) -> Iterator[tuple[str, tuple[str, ...]]]:
        """Yield the first patients of whom rows contradict each other."""
        query = clashing_query(self._keyed().query(), self._layout, _LISTED)
        for patient, *key in self._engine.rows(query):
            facts = tuple(fact for fact, slot in self._layout.clashes.items() if slot.read(key))
            yield text_of(patient) or "(no patient)", facts


def _first(scored: Scored) -> tuple[int, int, int]:
    """Sort what cannot wait before the rest, and the rest by how often it occurs."""
    return (min(ORDER.index(scored.group), ORDER.index(MAYBE) + 1), -scored.cases, scored.number)
