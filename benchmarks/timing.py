"""Timing whole commands in pairs: A B A B …, so that a drifting machine moves both sides of a ratio."""

from __future__ import annotations

import os
import statistics
import subprocess
import time
from collections.abc import Sequence


def seconds(command: Sequence[str]) -> float:
    """Return how long a command takes; its output is thrown away, and it must succeed."""
    begin = time.perf_counter()
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment)
    return time.perf_counter() - begin


def paired(name: str, command: Sequence[str], floor: Sequence[str], limit: float | None, runs: int) -> float:
    """Print and return the median of the ratios command : floor, after one uncounted pair."""
    seconds(floor), seconds(command)
    pairs = [(seconds(command), seconds(floor)) for _ in range(runs)]
    ratio = statistics.median(mine / other for mine, other in pairs)
    mine, other = (statistics.median(side) for side in zip(*pairs, strict=True))
    verdict = "" if limit is None else f"  (at most {limit}: {'ok' if ratio <= limit else 'MISSED'})"
    print(f"{name:58s} {ratio:5.2f} x  {mine * 1e3:8.1f} ms : {other * 1e3:.1f} ms{verdict}", flush=True)
    return ratio
