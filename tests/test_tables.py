"""Tables: what every row is answered is what a case file with the same words would be, on every engine."""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gisttriage import Rulebook, assess_situation, load_rulebook
from gisttriage.documents import document_of
from gisttriage.implications import Contradiction
from gisttriage.numbers import Number
from gisttriage.rulefile import read_rulebook
from gisttriage.summary import digest
from gisttriage.tables import parse_mapping
from gisttriage.tables.duck import DuckEngine
from gisttriage.vocabulary import Choice, Fact

from .rulebooks import Sketch, sketches
from .tables import answer, answered, case_answer, read_table, score, write_table

SHIPPED = load_rulebook()
ENDINGS = ("csv", "tsv", "csv.gz", "parquet", "jsonl")


@pytest.fixture
def duck(rulebook: Rulebook) -> Iterator[DuckEngine]:
    """A DuckDB engine."""
    engine = DuckEngine(rulebook, 2)
    yield engine
    engine.close()


def _spelled(text: str) -> st.SearchStrategy[str]:
    """Spell a word as registries do: in capitals, with underscores for spaces, with spaces around it."""
    return st.sampled_from([text, text.upper(), text.title(), text.replace(" ", "_"), f" {text} "])


def cells(fact: Fact) -> st.SearchStrategy[str | None]:
    """Draw what a cell may say of a fact: values, groups, aliases, bounds, ways of not knowing, and nonsense."""
    known: st.SearchStrategy[str]
    if isinstance(fact, Choice):
        known = st.sampled_from(sorted((*fact.values, *fact.groups, *fact.words))).flatmap(_spelled)
    elif isinstance(fact, Number):
        number = st.integers(0, 12).map(str) if fact.whole else st.sampled_from(["0", "2.5", "5", "5.0", "7", "11.25"])
        known = st.one_of(number, st.sampled_from([">5", "<= 5", "5-10", "<2", ">= 1", "1-2"]))
    else:
        known = st.just("liver")
    unknown = st.sampled_from(sorted(fact.not_known)).flatmap(_spelled)
    return st.one_of(
        st.none(), unknown, known, known, known, st.sampled_from(["nonsense", "=1+1", "'; --", '"', "ä,b"])
    )


@st.composite
def shipped_tables(draw: st.DrawFn) -> list[dict[str, str | None]]:
    """Draw a table with columns named like facts of the shipped rulebook."""
    facts = draw(st.lists(st.sampled_from(SHIPPED.read), min_size=1, max_size=8, unique_by=lambda fact: fact.name))
    return draw(st.lists(st.fixed_dictionaries({fact.name: cells(fact) for fact in facts}), min_size=1, max_size=12))


def assert_answered(path: Path, rows: list[dict[str, str | None]], rulebook: Rulebook) -> None:
    """Compare a scored table with the answer to every row as a case."""
    found = read_table(path)
    rows = [row for row in rows if any(cell not in (None, "") for cell in row.values())] if _has_blanks(path) else rows
    assert len(found) == len(rows)
    for row, result in zip(rows, found, strict=True):
        expected = answer(rulebook, {name: cell for name, cell in row.items() if cell is not None})
        assert answered(result, expected) == expected, row


def _has_blanks(path: Path) -> bool:
    """Whether blank rows were passed over: delimited texts have them."""
    return "from-text" in path.name


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=shipped_tables(), ending=st.sampled_from(ENDINGS), out=st.sampled_from(["parquet", "csv", "jsonl"]))
def test_rows_are_answered_as_cases(rows: list[dict[str, str | None]], ending: str, out: str, tmp_path: Path) -> None:
    """Every row of a table in any form gets the answer of a case file with the same words, in the same order."""
    text = ending.startswith(("csv", "tsv"))
    if text and not any(cell not in (None, "") for row in rows for cell in row.values()):
        return
    engine = DuckEngine(SHIPPED, 2)
    source = write_table(tmp_path / f"registry.{ending}", rows)
    result = tmp_path / f"scored-{'from-text' if text else 'typed'}.{out}"
    score(source, SHIPPED, engine, output=result)
    engine.close()
    assert_answered(result, rows, SHIPPED)


def rulebook_of(sketch: Sketch) -> Rulebook:
    """Load a sketched rulebook."""
    return read_rulebook((document_of("sketch.yaml", sketch.text()),))


@st.composite
def sketched_tables(draw: st.DrawFn) -> tuple[Sketch, list[dict[str, str | None]]]:
    """Draw a rulebook, and a table with its facts."""
    sketch = draw(sketches())
    cell = {fact: st.sampled_from([None, "unknown", "zzz", *values]) for fact, values in sketch.facts.items()}
    return sketch, draw(st.lists(st.fixed_dictionaries(cell), min_size=1, max_size=30))


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(drawn=sketched_tables())
def test_random_rulebooks_answer_rows_as_cases(
    drawn: tuple[Sketch, list[dict[str, str | None]]], tmp_path: Path
) -> None:
    """With any rulebook, too; and a fully known row gets what an independent evaluation of the rulebook says."""
    sketch, rows = drawn
    rulebook = rulebook_of(sketch)
    engine = DuckEngine(rulebook, 2)
    source = write_table(tmp_path / "registry.parquet", rows)
    score(source, rulebook, engine, output=tmp_path / "typed.parquet")
    engine.close()
    assert_answered(tmp_path / "typed.parquet", rows, rulebook)
    for row, result in zip(rows, read_table(tmp_path / "typed.parquet"), strict=True):
        if all(cell in sketch.facts[fact] for fact, cell in row.items()):
            outcome = sketch.outcome({fact: str(cell) for fact, cell in row.items()})
            assert result["gisttriage_go"] == (outcome or "")


def wide_rulebook() -> Rulebook:
    """A rulebook that needs more than two words: a fact of 70 values, a number cut in 90 places, others."""
    values = {f"f{i}": [f"v{j}" for j in range(n)] for i, n in enumerate((70, 30, 30, 4))}
    facts = "".join(
        f"  {name}: {{type: choice, label: {name}, ask: a?, values: {{{', '.join(f'{v}: {{}}' for v in found)}}}}}\n"
        for name, found in values.items()
    )
    facts += "  size: {type: number, label: size, ask: a?, unit: cm, min: 0, max: 100}\n"
    rules = "".join(
        f"  - {{id: s{i}, when: {{size: '> {i}', f3: v0}}, then: {{go: do}}, because: b}}\n" for i in range(90)
    )
    rules += "".join(
        f"  - {{id: r{name}{v}, when: {{{name}: {v}, f3: v1}}, then: {{go: do}}, because: b}}\n"
        for name, found in values.items()
        for v in found[::3]
        if name != "f3"
    )
    text = (
        "rulebook: {id: wide, version: 1, not_known: ['', unknown]}\nfacts:\n"
        "  id: {type: text, label: id, ask: id?}\n  notes: {type: text, label: notes, ask: n?}\n"
        f"{facts}sources: {{}}\ndecisions: {{go: {{label: go, options: {{do: {{}}}}}}}}\n"
        f"scope: {{when: {{f3: [v0, v1, v2, v3]}}}}\nrules:\n{rules}"
    )
    return read_rulebook((document_of("wide.yaml", text),))


def test_rulebooks_wider_than_a_key(tmp_path: Path) -> None:
    """A rulebook of more than 63 bits takes several key columns, even if one fact alone is wider."""
    rulebook = wide_rulebook()
    assert max(fact.size for fact in rulebook.read) > 63 and sum(fact.size for fact in rulebook.read) > 3 * 63
    rows: list[dict[str, str | None]] = [
        {
            "f0": f"v{i % 70}",
            "f1": f"v{i % 30}",
            "f2": None,
            "f3": f"v{i % 4}",
            "size": str(i % 100) if i % 5 else ">80",
        }
        for i in range(140)
    ]
    engine = DuckEngine(rulebook)
    score(write_table(tmp_path / "registry.parquet", rows), rulebook, engine, output=tmp_path / "typed.parquet")
    assert_answered(tmp_path / "typed.parquet", rows, rulebook)
    patients = [{"patient": str(i // 2), **row} for i, row in enumerate(rows)]
    mapping = parse_mapping("group_by: patient", rulebook)
    cohort = score(write_table(tmp_path / "p.csv", patients), rulebook, engine, mapping, tmp_path / "by-patient.csv")
    assert cohort.cases == 70 and cohort.clashes == 70
    engine.close()


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_rows_of_a_patient_merge(data: st.DataObject, tmp_path: Path) -> None:
    """What rows of a patient have in common holds; if that is nothing, one of the values seen, and it is said."""
    facts = [fact for fact in SHIPPED.read if isinstance(fact, Choice) and fact.kind == "choice"]
    chosen = data.draw(st.lists(st.sampled_from(facts), min_size=1, max_size=4, unique_by=lambda fact: fact.name))
    cell = {f.name: st.sampled_from([None, "NA", "nonsense", *f.values, *f.groups]) for f in chosen}
    cell |= {"who": st.sampled_from(["a", "b", " b ", "c", "", "unknown"])}
    rows = data.draw(st.lists(st.fixed_dictionaries(cell), min_size=1, max_size=14))
    engine = DuckEngine(SHIPPED, 2)
    source = write_table(tmp_path / "registry.parquet", rows)
    cohort = score(source, SHIPPED, engine, parse_mapping("group_by: who", SHIPPED), tmp_path / "scored.jsonl")
    engine.close()
    groups: dict[str, list[dict[str, Any]]] = {}
    for i, row in enumerate(rows):
        name = row["who"].strip()
        groups.setdefault(name if name in ("a", "b", "c") else f"alone {i}", []).append(row)
    found = read_table(tmp_path / "scored.jsonl")
    assert (cohort.cases, cohort.rows, len(found)) == (len(groups), len(rows), len(groups))
    for (_, patient), result in zip(groups.items(), found, strict=True):
        merged, clashing = merge(patient, chosen)
        assert result["gisttriage_rows"] == len(patient)
        for fact in chosen:
            assert (f"{fact.name}: what is said of it disagrees" in result["gisttriage_errors"]) == (
                fact.name in clashing
            )
        expected = answer_of_sets(merged)
        assert answered(result, expected) == expected


def merge(rows: list[dict[str, Any]], facts: list[Choice]) -> tuple[dict[str, set[str]], set[str]]:
    """Merge rows by sets of values, sharing no code with the program but its vocabulary."""
    merged, clashing = {}, set()
    for fact in facts:
        whole = set(fact.values)
        said = []
        for row in rows:
            text = row[fact.name]
            if text in fact.groups:
                said.append({fact.values[i] for i in range(len(fact.values)) if fact.groups[text] >> i & 1})
            elif text in fact.values:
                said.append({text})
        both = whole.intersection(*said)
        if not both:
            clashing.add(fact.name)
        merged[fact.name] = both or set().union(*said)
    return merged, clashing


def answer_of_sets(merged: dict[str, set[str]]) -> dict[str, str]:
    """Answer a patient of whom sets of values are known."""
    masks = []
    for fact in SHIPPED.read:
        values = merged.get(fact.name)
        masks.append(
            sum(1 << i for i, value in enumerate(fact.values) if value in values)
            if isinstance(fact, Choice) and values is not None
            else fact.full
        )
    try:
        found = digest(assess_situation(tuple(masks), SHIPPED, brief=True), SHIPPED)
    except Contradiction:
        return {"gisttriage_status": "error"}
    return {"gisttriage_status": found.status, **{f"gisttriage_{name}": each for name, each in found.answers.items()}}


def test_rules_decide_between_rows(duck: DuckEngine, rulebook: Rulebook, tmp_path: Path) -> None:
    """`latest by` takes what was said last, a blank says nothing; `any` needs one yes, `all` needs every yes."""
    rows = [
        {"id_": "a", "progression": "limited", "visit": "2020-01-05", "ruptured": "no", "fit": "yes"},
        {"id_": "a", "progression": "multifocal", "visit": "2021-03-01", "ruptured": "yes", "fit": "yes"},
        {"id_": "a", "progression": "", "visit": "2022-01-01", "ruptured": "", "fit": "yes"},
        {"id_": "b", "progression": "multifocal", "visit": "2021-03-01", "ruptured": "no", "fit": "no"},
        {"id_": "b", "progression": "limited", "visit": "2021-03-01", "ruptured": "", "fit": "yes"},
        {"id_": "c", "progression": "multifocal", "visit": "", "ruptured": "no", "fit": ""},
        {"id_": "c", "progression": "limited", "visit": "2021-03-01", "ruptured": "no", "fit": "yes"},
    ]
    mapping = parse_mapping(
        """
        columns:
          progression: {fact: progression, rule: {latest by: visit}}
          ruptured: {fact: tumor_rupture, rule: any}
          fit: {fact: fit_for_surgery, rule: all}
        constants: {disease_extent: metastatic, tki: imatinib}
        group_by: id_
        """,
        rulebook,
    )
    source = write_table(tmp_path / "visits.csv", rows)
    cohort = score(source, rulebook, duck, mapping, tmp_path / "scored.jsonl")
    known = {row["id_"]: situation(cohort, row, rulebook) for row in read_table(tmp_path / "scored.jsonl")}
    assert known["a"] == {"progression": "multifocal", "tumor_rupture": "yes", "fit_for_surgery": "yes"}
    assert known["b"] == {"progression": "progressed", "fit_for_surgery": "no"}
    # What was said on no known date may be the latest.
    assert known["c"] == {"progression": "progressed", "tumor_rupture": "no"}
    assert {patient for patient, _ in cohort.clashing} == {"b", "c"}


def test_only_the_latest_row_counts(duck: DuckEngine, rulebook: Rulebook, tmp_path: Path) -> None:
    """With `latest by` for the table, a drug of one visit never meets the progression of another."""
    rows = [
        {"who": "a", "tki": "imatinib", "progression": "limited", "visit": "2018-01-01", "fit": "yes"},
        {"who": "a", "tki": "sunitinib", "progression": "", "visit": "31.12.2020", "fit": ""},
        {"who": "b", "tki": "imatinib", "progression": "limited", "visit": "2021", "fit": "no"},
        {"who": "b", "tki": "imatinib", "progression": "multifocal", "visit": "2021-02-01", "fit": "no"},
        {"who": "c", "tki": "imatinib", "progression": "none", "visit": "20180101", "fit": ""},
        {"who": "c", "tki": "imatinib", "progression": "limited", "visit": "2019-01-01T08:00", "fit": ""},
        {"who": "c", "tki": "imatinib", "progression": "limited", "visit": "some time", "fit": "yes"},
    ]
    text = "columns: {fit: {fact: fit_for_surgery, rule: any}}\ngroup_by: who\nlatest by: visit"
    source = write_table(tmp_path / "visits.csv", rows)
    cohort = score(source, rulebook, duck, parse_mapping(text, rulebook), tmp_path / "scored.jsonl")
    found = read_table(tmp_path / "scored.jsonl")
    situations = {scored.number: scored.situation for scored in cohort.situations}
    known = {}
    for row in found:
        pairs = zip(rulebook.read, situations[row["gisttriage_situation"]], strict=True)
        known[row["who"]] = {fact.name: fact.names(mask) for fact, mask in pairs if mask != fact.full}
    assert known["a"] == {"tki": "sunitinib"}
    assert known["b"] == {"tki": "imatinib", "progression": "progressed", "fit_for_surgery": "no"}
    assert known["c"] == {"tki": "imatinib", "progression": "limited", "fit_for_surgery": "yes"}
    assert [(each.text, each.rows) for each in cohort.undated] == [("some time", 1)]
    assert found[0]["visit"] == "2018-01-01; 31.12.2020" and found[0]["progression"] == "limited"
    assert found[2]["progression"] == "none; limited; limited"


def test_a_fact_may_order_the_rows(duck: DuckEngine, rulebook: Rulebook, tmp_path: Path) -> None:
    """Rows may go by a column that is a fact itself, whatever in it is no number (once a blank word shifted the order)."""
    texts = [("NA", "multifocal"), ("12", "none"), ("3", "multifocal"), ("unknown", "none"), ("40", "limited")]
    rows = [{"who": str(i % 2), "tki_months": months, "progression": text} for i in range(2) for months, text in texts]
    mapping = parse_mapping(
        "columns: {progression: {fact: progression, latest by: tki_months}}\ngroup_by: who", rulebook
    )
    dated = [row for row in rows if row["tki_months"].isdigit()]
    for some, known in ((dated, "limited"), (rows, "unknown")):
        source = write_table(tmp_path / "r.csv", [*some, {"who": "x", "tki_months": "NA", "progression": ""}])
        cohort = score(source, rulebook, duck, mapping, tmp_path / "s.jsonl")
        found = {row["who"]: situation(cohort, row, rulebook) for row in read_table(tmp_path / "s.jsonl")}
        assert found["0"] == found["1"] == ({"progression": known} if known != "unknown" else {})


def test_a_written_unknown_is_the_latest_word(duck: DuckEngine, rulebook: Rulebook, tmp_path: Path) -> None:
    """On the latest date, a blank says nothing, while "not evaluated" or a word that is not known leaves it open."""
    rows = [
        {"who": who, "progression": text, "visit": str(i)}
        for who, texts in {"a": ["none", ""], "b": ["none", "not evaluated"], "c": ["none", "some"]}.items()
        for i, text in enumerate(texts)
    ]
    mapping = parse_mapping("columns: {progression: {fact: progression, latest by: visit}}\ngroup_by: who", rulebook)
    cohort = score(write_table(tmp_path / "r.csv", rows), rulebook, duck, mapping, tmp_path / "s.jsonl")
    known = [situation(cohort, row, rulebook) for row in read_table(tmp_path / "s.jsonl")]
    assert known == [{"progression": "none"}, {}, {}]


def test_decimal_commas_and_doubtful_codes(duck: DuckEngine, rulebook: Rulebook, tmp_path: Path) -> None:
    """A column may have decimal commas; codes that look like numbers, and a program's None, are read and told."""
    rows = [
        {"size": "4,9", "mitoses_per_50_hpf": "99", "tki": "None"},
        {"size": "> 5,5", "mitoses_per_50_hpf": "7", "tki": "none"},
    ]
    mapping = parse_mapping("columns: {size: {fact: largest_tumor_cm, decimal: ','}}", rulebook)
    cohort = score(write_table(tmp_path / "r.csv", rows), rulebook, duck, mapping, tmp_path / "s.jsonl")
    known = [situation(cohort, row, rulebook) for row in read_table(tmp_path / "s.jsonl")]
    assert [each["largest_tumor_cm"] for each in known] == ["<= 5", "> 5"]
    doubtful = {column.fact: [each.text for each in column.doubtful] for column in cohort.columns}
    assert doubtful == {"largest_tumor_cm": [], "mitoses_per_50_hpf": ["99"], "tki": ["None"]}


def test_what_may_be_an_emergency_is_told(duck: DuckEngine, rulebook: Rulebook, tmp_path: Path) -> None:
    """Symptoms that may be an emergency are noted and stand first; where nothing was said, nothing is."""
    rows = [{"tki": "imatinib", "presentation": text} for text in ("", "", "asymptomatic", "bleeding", "abscess")]
    cohort = score(write_table(tmp_path / "r.csv", rows), rulebook, duck, output=tmp_path / "s.jsonl")
    noted = [row["gisttriage_notices"] for row in read_table(tmp_path / "s.jsonl")]
    assert noted == ["", "", "", "possible: notice-emergency", "notice-emergency"]
    assert [scored.group for scored in cohort.situations[:2]] == ["emergency", "maybe_emergency"]
    assert cohort.situations[1].digest is not None and cohort.situations[1].digest.missing[0] == "presentation"


def situation(cohort: Any, row: dict[str, Any], rulebook: Rulebook) -> dict[str, str]:
    """Return what is known in a row's situation, without the constants of the test."""
    (found,) = (scored for scored in cohort.situations if scored.number == int(row["gisttriage_situation"]))
    pairs = zip(rulebook.read, found.situation, strict=True)
    known = {fact.name: fact.names(mask) for fact, mask in pairs if mask != fact.full}
    return {name: text for name, text in known.items() if name not in ("disease_extent", "tki")}


def test_mapping_reads_registry_words(duck: DuckEngine, rulebook: Rulebook, tmp_path: Path) -> None:
    """A mapping gives columns facts, cells meanings, codes for unknown, lists, and constants."""
    rows = [
        {"Status": "Met", "GENE": "KIT11;TP53", "Drug code": "1", "Size": "99", "PD": "1"},
        {"Status": "loc", "GENE": "WT", "Drug code": "9", "Size": "7.0", "PD": "0"},
        {"Status": "MET", "GENE": "KIT11;PDGFRA", "Drug code": "99.0", "Size": "4", "PD": "2"},
    ]
    mapping = parse_mapping(
        """
        columns:
          status: {fact: disease_extent, values: {met: metastatic, loc: [locally_advanced, recurrent]}}
          GENE:
            fact: subtype
            separator: ";"
            values: {KIT11: kit_exon_11, TP53: unknown}
          drug code: {fact: tki, values: {1: imatinib, 9: none}, unknown: [99]}
          Size: {fact: largest_tumor_cm, unknown: [99]}
          PD: {fact: progression, values: {1: progressed, 0: none}}
        constants: {fit_for_surgery: yes}
        """,
        rulebook,
    )
    cohort = score(write_table(tmp_path / "r.csv", rows), rulebook, duck, mapping, tmp_path / "s.jsonl")
    facts = [
        {"disease_extent": "metastatic", "subtype": "kit_exon_11", "tki": "imatinib", "progression": "progressed"},
        {"subtype": "wild_type", "tki": "none", "progression": "none", "largest_tumor_cm": "7"},
        {"disease_extent": "metastatic", "largest_tumor_cm": "4"},
    ]
    found = read_table(tmp_path / "s.jsonl")
    expected = case_answer(rulebook, {**facts[0], "fit_for_surgery": "yes"})
    assert answered(found[0], expected) == expected
    assert found[1]["gisttriage_errors"] == "" and "disagree" in found[2]["gisttriage_errors"]
    assert "column PD: no value of progression" in found[2]["gisttriage_errors"]
    assert [scored.cases for scored in cohort.situations] == [1, 1, 1]
    (unread,) = (each for column in cohort.columns for each in column.unread)
    assert (unread.text, unread.rows) == ("2", 1) and "one of" in unread.help


def test_unknown_values_are_counted_and_suggested(duck: DuckEngine, rulebook: Rulebook, tmp_path: Path) -> None:
    """A value no fact knows is told once a column, with its rows and the nearest known value; --strict refuses it."""
    rows = [{"tki": "imatinb"}] * 3 + [{"tki": "imatinib"}] * 2
    source = write_table(tmp_path / "r.csv", rows)
    cohort = score(source, rulebook, duck, output=tmp_path / "s.parquet")
    (unread,) = cohort.columns[0].unread
    assert (unread.text, unread.rows) == ("imatinb", 3) and "did you mean imatinib" in unread.help
    assert [row["gisttriage_errors"] != "" for row in read_table(tmp_path / "s.parquet")] == [True] * 3 + [False] * 2
    with pytest.raises(Exception, match=r"imatinb.*3 rows"):
        score(source, rulebook, duck, output=tmp_path / "t.parquet", strict=True)
    assert not (tmp_path / "t.parquet").exists()


HOSTILE = [
    '"; DROP TABLE answers; --', "'; SELECT 1; --", 'a"b', "c'd", "{0}", "%s", "$1", "?", "c0", "k0", "input", "a.b", "`x`",
    "x\\", "é漢🎗", "n" * 300, "[1]", "*", "<b>", "=1+1", "select", "--", "/* x */", " lead", "line\u2028break",
]  # fmt: skip


@pytest.mark.parametrize("ending", ["csv", "parquet", "jsonl"])
def test_hostile_names_and_values_stay_data(duck: DuckEngine, rulebook: Rulebook, tmp_path: Path, ending: str) -> None:
    """Whatever columns and cells are called, they come out as they went in, and nothing else happens."""
    rows: list[dict[str, Any]] = [
        {name: f"{name}{i}" for name in HOSTILE} | {"tki": text} for i, text in enumerate(HOSTILE)
    ]
    folder = tmp_path / "it's; DROP [x]*"
    folder.mkdir()
    source = write_table(folder / f"a'b;--.{ending}", rows)
    said = [json.dumps(name, ensure_ascii=False).replace("\u2028", "\\u2028") for name in HOSTILE]
    text = "".join(f"  {name}: {{fact: tki, values: {{{name}: none}}}}\n" for name in said)
    mapping = parse_mapping(f"columns:\n{text}", rulebook)
    for how in (None, mapping):
        score(source, rulebook, duck, how, folder / "out'; --.parquet")
        found = read_table(folder / "out'; --.parquet")
        assert [{name: row[name] for name in rows[0]} for row in found] == rows
        assert all(row["gisttriage_errors"] or rulebook.facts["tki"].is_unknown(row["tki"]) for row in found)


def test_a_mapping_wins_over_a_name(duck: DuckEngine, rulebook: Rulebook, tmp_path: Path) -> None:
    """A column named like a fact is not read if the mapping takes that fact from another, or ignores the column."""
    rows = [{"tki": "sunitinib", "drug": "imatinib", "progression": "PD", "subtype": "spindle"}]
    source = write_table(tmp_path / "r.csv", rows)
    mapping = parse_mapping("columns: {drug: tki}\nconstants: {progression: limited}\nignore: [subtype]", rulebook)
    cohort = score(source, rulebook, duck, mapping, tmp_path / "s.jsonl")
    expected = case_answer(rulebook, {"tki": "imatinib", "progression": "limited"})
    assert answered(read_table(tmp_path / "s.jsonl")[0], expected) == expected
    assert cohort.unread == ("tki", "progression", "subtype")


def test_engines_reset_between_tables(duck: DuckEngine, rulebook: Rulebook, tmp_path: Path) -> None:
    """One engine scores one table after another, with nothing of the first left in the second."""
    first = write_table(tmp_path / "a.csv", [{"tki": "imatinib", "progression": "limited"}] * 5)
    second = write_table(tmp_path / "b.csv", [{"progression": "multifocal", "tki": "sunitinib", "x": "y"}])
    score(first, rulebook, duck, output=tmp_path / "a.parquet")
    score(second, rulebook, duck, output=tmp_path / "b.parquet")
    expected = case_answer(rulebook, {"progression": "multifocal", "tki": "sunitinib"})
    assert answered(read_table(tmp_path / "b.parquet")[0], expected) == expected


def test_typed_columns_are_read_as_texts(duck: DuckEngine, rulebook: Rulebook, tmp_path: Path) -> None:
    """Numbers, booleans, decimals and lists of a typed table say what the same text would say."""
    source = tmp_path / "typed.parquet"
    duckdb.execute(
        """
        COPY (SELECT * FROM (VALUES
          (true, 2::TINYINT, 7.0::DOUBLE, 4.50::DECIMAL(5,2), ['limited']),
          (false, 0::TINYINT, 'nan'::DOUBLE, 5.00::DECIMAL(5,2), ['limited', 'multifocal']),
          (NULL, NULL, -1.0::DOUBLE, NULL, [])
        ) t(fit_for_surgery, progressing_lesions, mitoses_per_50_hpf, largest_tumor_cm, progression))
        TO $1 (FORMAT parquet)
        """,
        [str(source)],
    )
    score(source, rulebook, duck, output=tmp_path / "s.parquet")
    found = read_table(tmp_path / "s.parquet")
    facts = {"fit_for_surgery": "yes", "progressing_lesions": "2", "mitoses_per_50_hpf": "7", "largest_tumor_cm": "4.5"}
    expected = case_answer(rulebook, {**facts, "progression": "limited"})
    assert answered(found[0], expected) == expected
    assert found[1]["gisttriage_errors"].count("disagrees") == 1
    assert "column mitoses_per_50_hpf: no value" in found[2]["gisttriage_errors"]
    assert found[0]["largest_tumor_cm"] == Decimal("4.5")


def test_several_columns_about_one_fact_merge(duck: DuckEngine, rulebook: Rulebook, tmp_path: Path) -> None:
    """Two columns may speak of one fact: they complete each other, and what disagrees is partly known."""
    mapping = parse_mapping("columns: {kit: subtype, exon: subtype}", rulebook)
    rows = [{"kit": "kit", "exon": "kit exon 11"}, {"kit": "", "exon": "nf1"}, {"kit": "nf1", "exon": "kit exon 9"}]
    score(write_table(tmp_path / "r.csv", rows), rulebook, duck, mapping, tmp_path / "s.jsonl")
    found = read_table(tmp_path / "s.jsonl")
    for row, subtype in zip(found, ("kit_exon_11", "nf1"), strict=False):
        expected = case_answer(rulebook, {"subtype": subtype})
        assert answered(row, expected) == expected
    assert [row["gisttriage_errors"] for row in found] == [
        "",
        "",
        "subtype: what is said of it disagrees (kit_exon_9 or nf1)",
    ]
