"""One situation, missing facts and what-if included: random partial cases, and the empty one."""

from __future__ import annotations

import random
import statistics
import time

from gisttriage import assess_situation
from gisttriage.implications import Contradiction
from gisttriage.layers import BUILTIN
from gisttriage.rulefile import load_rulebook


def main() -> None:
    """Print the median, the 95th percentile and the empty case, in milliseconds."""
    begin = time.perf_counter()
    load_rulebook(BUILTIN)
    print(f"loading the rulebook, first time        {(time.perf_counter() - begin) * 1e3:7.2f} ms")
    rulebook, chance, times = load_rulebook(), random.Random(1), []
    while len(times) < 2000:
        masks = (fact.full if chance.random() < 0.4 else 1 << chance.randrange(fact.size) for fact in rulebook.read)
        situation = tuple(masks)
        begin = time.perf_counter()
        try:
            assess_situation(situation, rulebook)
        except Contradiction:
            continue
        times.append(time.perf_counter() - begin)
    times.sort()
    print(f"a random partial case, median           {statistics.median(times) * 1e3:7.2f} ms  (at most 2)")
    print(f"a random partial case, 95th percentile  {times[int(len(times) * 0.95)] * 1e3:7.2f} ms")
    empty = []
    for _ in range(20):
        begin = time.perf_counter()
        assess_situation(rulebook.full, rulebook)
        empty.append(time.perf_counter() - begin)
    print(f"the empty case, median                  {statistics.median(empty) * 1e3:7.2f} ms  (at most 50)")


if __name__ == "__main__":
    main()
