"""Ten million rows, 15 columns, 2,000 situations: a table against a query by hand, and against DuckDB's own copy."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import duckdb

from gisttriage import Rulebook, load_rulebook
from gisttriage.implications import Contradiction
from gisttriage.numbers import Number
from gisttriage.vocabulary import Fact

from .timing import paired, seconds

ROWS, SITUATIONS, THREADS = 10_000_000, 2_000, 2
_HERE = Path(__file__).parent


def main() -> None:
    """Print the ratios, the memory, and rows per second beside zen-engine's."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        # In a process of its own: what this one holds would be counted as memory of those that it starts.
        subprocess.run([sys.executable, "-m", "benchmarks.registry", name], check=True)
        gisttriage = [str(Path(sys.executable).with_name("gisttriage")), "batch", "--jobs", str(THREADS)]
        by_hand = [sys.executable, str(_HERE / "registry_floor.py")]
        parquet, csv = str(folder / "registry.parquet"), str(folder / "registry.csv")
        mine, floor = ["-o", str(folder / "mine.parquet")], str(folder / "floor.parquet")
        paired(
            "Parquet : hand-written query", [*gisttriage, parquet, *mine], [*by_hand, "rules", parquet, floor], 1.5, 5
        )
        paired("CSV : DuckDB's own CSV to Parquet", [*gisttriage, csv, *mine], [*by_hand, "copy", csv, floor], 1.3, 5)
        for source in (parquet, csv):
            print(f"memory, {source[-7:]}: {memory([*gisttriage, source, *mine]):.1f} GB (below 4)")
        few = folder / "few.parquet"
        duckdb.execute("COPY (FROM read_parquet($1) LIMIT 200000) TO $2 (FORMAT parquet)", [parquet, str(few)])
        loop = seconds([sys.executable, "-m", "benchmarks.registry_zen", str(few)])
        rate, peer = ROWS / seconds([*gisttriage, parquet, *mine]), 200_000 / loop
        late = folder / "late.csv"
        shutil.copy(csv, late)
        with open(late, "a", encoding="utf-8") as file:
            file.write("P-X,2024,stage IV" + "," * (len(load_rulebook().read) - 1) + "\n")
        again = [*by_hand, "copy", str(late), floor]
        paired(
            "CSV with a value that is new in its last row : the same", [*gisttriage, str(late), *mine], again, None, 3
        )
        print(f"rows per second: {rate:,.0f}; zen-engine row by row: {peer:,.0f} ({rate / peer:.0f} times as many)")


def memory(command: list[str]) -> float:
    """Return the most memory a command held, in GB."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, command
    return used.ru_maxrss / 1e6


def write_tables(folder: Path, rulebook: Rulebook, rows: int, situations: int) -> None:
    """Write the same rows as registry.parquet and registry.csv: an id, a year, and the facts that rules read.

    Situations are as unevenly frequent as in a registry; sizes differ from row to row; a third of the cells is not
    known, in several spellings.
    """
    chance = random.Random(7)
    found: dict[tuple[int, ...], list[str | None]] = {}
    while len(found) < situations:
        drawn = [_cell(fact, chance) for fact in rulebook.read]
        masks = tuple(_mask(fact, cell) for fact, cell in zip(rulebook.read, drawn, strict=True))
        try:
            rulebook.narrow(masks)
        except Contradiction:
            continue
        found[masks] = drawn
    connection = duckdb.connect()
    names = [fact.name for fact in rulebook.read]
    connection.execute(f"CREATE TABLE kinds (i INTEGER, {', '.join(f'{name} VARCHAR' for name in names)})")
    marks = ", ".join("?" for _ in range(len(names) + 1))
    connection.executemany(f"INSERT INTO kinds VALUES ({marks})", [[i, *row] for i, row in enumerate(found.values())])
    columns = ", ".join(_varied(name) for name in names)
    skewed = f"CAST(POWER((HASH(range) % 1000003) / 1000003.0, 2) * {situations - 1} AS INTEGER)"
    connection.execute(
        f"CREATE TABLE registry AS SELECT 'P-' || LPAD(CAST(n AS VARCHAR), 8, '0') AS patient_id, "
        f"1990 + CAST(HASH(n * 3) % 35 AS INTEGER) AS year, {columns} "
        f"FROM (SELECT range AS n, {skewed} AS k FROM range({rows})) JOIN kinds ON i = k"
    )
    connection.execute("COPY registry TO $1 (FORMAT parquet)", [str(folder / "registry.parquet")])
    connection.execute("COPY registry TO $1 (FORMAT csv, HEADER)", [str(folder / "registry.csv")])
    connection.close()


def _cell(fact: Fact, chance: random.Random) -> str | None:
    if chance.random() < 0.35:
        return chance.choice(["", "NA", "unknown", None])
    if isinstance(fact, Number):
        return str(chance.randint(1, 3) if fact.whole else chance.randint(0, 12))
    return chance.choice([fact.value_name(i) for i in range(fact.size)])


def _mask(fact: Fact, cell: str | None) -> int:
    return fact.full if cell is None or fact.is_unknown(cell) else fact.read(cell)


def _varied(name: str) -> str:
    if name != "largest_tumor_cm":
        return name
    number = f"TRY_CAST({name} AS DOUBLE)"
    larger, smaller = "(51 + HASH(n * 5) % 150) / 10.0", "(HASH(n * 5) % 50) / 10.0"
    varied = f"CAST(IF({number} > 5, {larger}, {smaller}) AS VARCHAR)"
    return f"CASE WHEN {number} IS NULL THEN {name} ELSE {varied} END AS {name}"


if __name__ == "__main__":
    if len(sys.argv) > 1:
        write_tables(Path(sys.argv[1]), load_rulebook(), ROWS, SITUATIONS)
    else:
        main()
