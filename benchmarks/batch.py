"""10,000 case files of about 15 lines: `batch` against a loop that only parses them, and against zen-engine."""

from __future__ import annotations

import itertools
import sys
import tempfile
from pathlib import Path

import zen

from gisttriage import assess_situation, load_rulebook
from gisttriage.implications import Contradiction

from .cases import write_cases
from .timing import paired
from .zen_loop import tables

CASES = 10_000


def main() -> None:
    """Print the ratios, and cases per second."""
    python, rulebook = sys.executable, load_rulebook()
    print(f"zen-engine gives the same answer to {same_answers()} fully known cases")
    with tempfile.TemporaryDirectory() as name:
        folders = {distinct: Path(name, str(distinct)) for distinct in (300, 3000)}
        for distinct, folder in folders.items():
            write_cases(folder, rulebook, CASES, distinct)
        gisttriage = str(Path(python).with_name("gisttriage"))
        batch = [gisttriage, "batch", "-o", f"{name}/out.csv"]
        floor = [python, str(Path(__file__).with_name("plain_loop.py")), str(folders[300])]
        paired("300 situations, 1 job : plain loop", [*batch, str(folders[300]), "--jobs", "1"], floor, 1.4, 7)
        paired("300 situations, 2 jobs : plain loop", [*batch, str(folders[300]), "--jobs", "2"], floor, 0.8, 7)
        paired("3,000 situations, 1 job : plain loop", [*batch, str(folders[3000]), "--jobs", "1"], floor, None, 5)
        paired("3,000 situations, 2 jobs : plain loop", [*batch, str(folders[3000]), "--jobs", "2"], floor, None, 5)
        peer = [python, "-m", "benchmarks.zen_loop", str(folders[300])]
        ratio = paired("300 situations, 1 job : zen-engine", [*batch, str(folders[300]), "--jobs", "1"], peer, None, 5)
        print(f"so gisttriage answers {1 / ratio:.1f} times as many cases per second, unknown facts and all")


def same_answers() -> int:
    """Check on fully known cases that the tables say what the rulebook says; return how many were compared."""
    rulebook = load_rulebook()
    engine = zen.ZenEngine({"loader": {"type": "static", "content": {"gist": tables(rulebook)}}})
    names = ("disease_extent", "subtype", "tki", "progression", "resection_expected", "fit_for_surgery")
    ranges = [range(fact.size) if fact.name in names else (0,) for fact in rulebook.read]
    count = 0
    for values in itertools.islice(itertools.product(*ranges), 0, None, 3):
        try:
            assessment = assess_situation(tuple(1 << value for value in values), rulebook)
        except Contradiction:
            continue
        context = {fact.name: value for fact, value in zip(rulebook.read, values, strict=True)}
        result = engine.evaluate("gist", context)["result"]
        expected = {name: answer.option or answer.status for name, answer in assessment.decisions.items()}
        assert result == expected, (context, result, expected)
        count += 1
    return count


if __name__ == "__main__":
    main()
