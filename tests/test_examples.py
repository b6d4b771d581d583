"""The examples are acceptance tests: each is run as a user would run it, against the answer it expects."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from .conftest import ROOT, Run

EXAMPLES = sorted((ROOT / "examples").glob("*.yaml"))


def expected(path: Path) -> dict[str, Any]:
    """The `expect` block of an example."""
    loaded: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))["expect"]
    return loaded


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_gets_the_answer_it_expects(gisttriage: Run, path: Path) -> None:
    """An option where one is expected, the possible outcomes where a list is, an error where an error is."""
    expect = expected(path)
    ran = gisttriage("assess", path, "--format", "json")
    if "error" in expect:
        assert ran.code == 2
        assert expect["error"] in ran.err
        return
    assert (ran.code, ran.err) == (0, "")
    answer = json.loads(ran.out)
    assert answer["status"] == expect.pop("status")
    assert [remark["rule"] for remark in answer["cautions"]] == expect.pop("cautions", [])
    assert [remark["rule"] for remark in answer["notices"]] == expect.pop("notices", [])
    if "first_missing" in expect:
        assert answer["missing"][0]["fact"] == expect.pop("first_missing")
    for decision, outcome in expect.items():
        wanted = outcome if isinstance(outcome, list) else [outcome]
        assert sorted(answer["decisions"][decision]["possible"]) == sorted(wanted)


def test_the_examples_are_those_that_were_promised() -> None:
    """The document's two patients, an open, a partly known, a contradictory and an out-of-scope case."""
    statuses = {path.stem: expected(path).get("status", "error") for path in EXAMPLES}
    assert statuses["d6-resistant-site"] == statuses["d13-nf1"] == statuses["partly-known"] == "settled"
    assert statuses["open-pattern-not-stated"] == "needs_data"
    assert statuses["contradictory"] == "error"
    assert statuses["out-of-scope"] == "out_of_scope"
