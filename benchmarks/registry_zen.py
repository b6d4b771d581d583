"""The registry's rows, one by one, through zen-engine's bulk call: what it costs not to look for situations."""

from __future__ import annotations

import sys

import duckdb
import zen

from gisttriage import load_rulebook

from .zen_loop import tables


def main() -> None:
    """Evaluate every row, in blocks."""
    rulebook = load_rulebook()
    engine = zen.ZenEngine({"loader": {"type": "static", "content": {"gist": tables(rulebook)}}})
    meant: list[dict[str | None, int | None]] = [{} for _ in rulebook.read]
    names = ", ".join(fact.name for fact in rulebook.read)
    cursor = duckdb.execute(f"SELECT {names} FROM read_parquet($1)", [sys.argv[1]])
    done = 0
    while rows := cursor.fetchmany(10_000):
        requests = []
        for row in rows:
            context = {}
            for fact, cell, known in zip(rulebook.read, row, meant, strict=True):
                if cell not in known:
                    mask = fact.full if cell is None or fact.is_unknown(cell) else fact.read(cell)
                    known[cell] = mask.bit_length() - 1 if mask.bit_count() == 1 else None
                if known[cell] is not None:
                    context[fact.name] = known[cell]
            requests.append({"key": "gist", "context": context})
        done += len(engine.evaluate_batch(requests))
    print(done)


if __name__ == "__main__":
    main()
