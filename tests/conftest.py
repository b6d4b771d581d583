"""Fixtures: the shipped rulebook, and the command line run as a user would."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import settings

from gisttriage import Rulebook, load_rulebook

ROOT = Path(__file__).parent.parent

# A slow machine is no failure: limits on time belong in benchmarks/.
settings.register_profile("gisttriage", deadline=None)
settings.load_profile("gisttriage")


@dataclass(frozen=True)
class Ran:
    """How a run of the program ended."""

    code: int
    out: str
    err: str


Run = Callable[..., Ran]


@pytest.fixture(scope="session")
def rulebook() -> Rulebook:
    """The rulebook that ships with the program."""
    return load_rulebook()


@pytest.fixture
def gisttriage(tmp_path: Path) -> Run:
    """Run the program in an empty folder; `stdin` is bytes or text, `env` is added to a clean environment."""

    def run(*arguments: str | Path, stdin: bytes | str = b"", env: dict[str, str] | None = None) -> Ran:
        clean = {
            name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "FORCE_COLOR", "COLUMNS")
        }
        done = subprocess.run(
            [sys.executable, "-m", "gisttriage", *map(str, arguments)],
            input=stdin.encode() if isinstance(stdin, str) else stdin,
            capture_output=True,
            cwd=tmp_path,
            env={**clean, "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1", **(env or {})},
            timeout=120,
            check=False,
        )
        return Ran(done.returncode, done.stdout.decode(), done.stderr.decode())

    return run
