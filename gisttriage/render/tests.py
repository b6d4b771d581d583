"""The outcome of a rulebook's tests: for people, for programs, and as JUnit XML for CI."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from .. import __version__
from ..diagnostics import visible
from ..expectation import Coverage, Tested
from ..logic import Truth
from ..rulebook import Rulebook
from ..words import chain, is_one_of
from .json import dumps, stamped

_SIDES = (Truth.TRUE, Truth.FALSE, Truth.UNKNOWN)


def as_text(tested: Sequence[Tested], coverage: Coverage, rulebook: Rulebook) -> str:
    """Return what failed, what was never tried, and the totals."""
    return "".join(f"{visible(line)}\n" for line in _lines(tested, coverage, rulebook))


def _lines(tested: Sequence[Tested], coverage: Coverage, rulebook: Rulebook) -> Iterator[str]:
    for each in tested:
        for failure in each.failures:
            # What is wrong with the expectation itself comes with its place in the file.
            yield f"FAILED {failure if failure.startswith(f'{each.file}:') else f'{each.file}: {failure}'}"
    width = max(map(len, coverage.rules), default=0)
    yield f"{'rule':{width}}   true  false  unknown"
    for id, tried in coverage.rules.items():
        mark = (
            "" if tried.both else "  never " + " or ".join(side.value for side in _SIDES[:2] if not tried.counts[side])
        )
        yield f"{id:{width}} {' '.join(f'{tried.counts[side]:6}' for side in _SIDES)}{mark}"
    for text in never_tried(coverage, rulebook):
        yield f"never tried: {text}"
    failed = sum(bool(each.failures) for each in tested)
    yield f"rulebook {chain(rulebook.stamp)}"
    share = f"{coverage.percent:.1f} % of the rules' true and false sides tried"
    yield f"{len(tested) - failed} passed, {failed} failed; {share}"


def never_tried(coverage: Coverage, rulebook: Rulebook) -> Iterator[str]:
    """Yield every condition that was never true, or never false, in words."""
    for (id, _), (test, tried) in coverage.conditions.items():
        missing = [side.value for side in _SIDES[:2] if not tried.counts[side]]
        if missing:
            yield f"{id}: {is_one_of(rulebook.read[test.fact], test.mask)} was never {' or '.join(missing)}"


def as_json(tested: Sequence[Tested], coverage: Coverage, rulebook: Rulebook) -> str:
    """Return the same as one object."""
    rules: dict[str, Any] = {
        id: {side.value: tried.counts[side] for side in _SIDES} for id, tried in coverage.rules.items()
    }
    return dumps(
        {
            "schema": "gisttriage.test/1",
            "tool": {"name": "gisttriage", "version": __version__},
            "rulebook": stamped(rulebook.stamp),
            "tests": [{"file": visible(each.file), "failures": each.failures} for each in tested],
            "coverage": {
                "percent": round(coverage.percent, 1),
                "rules": rules,
                "never": list(never_tried(coverage, rulebook)),
            },
        }
    )


def as_junit(tested: Sequence[Tested]) -> str:
    """Return JUnit XML, one test case for each case file."""
    failed = sum(bool(each.failures) for each in tested)
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f'<testsuite name="gisttriage rules" tests="{len(tested)}" failures="{failed}">',
    ]
    for each in tested:
        name = quoteattr(visible(each.file))
        told = "".join(f"<failure>{escape(visible(failure))}</failure>" for failure in each.failures)
        lines.append(f'  <testcase classname="rules" name={name}>{told}</testcase>')
    return "\n".join([*lines, "</testsuite>", ""])
