"""The same rules in zen-engine, an open-source decision engine: parse every file, then evaluate in its bulk call.

Each decision becomes one decision table with the hit policy "first": a row for each box of each rule, overriding
rules first, so that a fully known case gets the answer that gisttriage gives (the benchmark checks that). It is a fair
translation of what such a table can say. What it cannot say is what gisttriage is for: a missing fact matches no
row that asks for it, so the table answers as if it were something else.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any

import yaml
import zen

from gisttriage import Rulebook, load_rulebook
from gisttriage.logic import boxes
from gisttriage.vocabulary import bits


def tables(rulebook: Rulebook) -> dict[str, Any]:
    """Return the rules as a JSON decision model: one decision table, with a row for each box, for each decision."""
    ends = [{"id": "in", "type": "inputNode", "name": "in"}, {"id": "out", "type": "outputNode", "name": "out"}]
    nodes, edges = [*ends], []
    for name in rulebook.decisions:
        nodes.append({"id": name, "type": "decisionTableNode", "name": name, "content": _table(name, rulebook)})
        edges += [
            {"id": f"in-{name}", "type": "edge", "sourceId": "in", "targetId": name},
            {"id": f"{name}-out", "type": "edge", "sourceId": name, "targetId": "out"},
        ]
    return {"nodes": nodes, "edges": edges}


def _table(decision: str, rulebook: Rulebook) -> dict[str, Any]:
    facts = [fact.name for fact in rulebook.read]
    inputs = [{"id": name, "name": name, "field": name} for name in facts]
    rows: list[dict[str, str]] = []
    outside = [
        {fact: rulebook.full[fact] & ~mask for fact, mask in box.items()}
        for box in boxes(rulebook.scope, rulebook.full)
    ]
    owned = [("out_of_scope", box) for box in outside]
    # Overriding rules come first in overridden_by, silent ones last among their equals.
    order = [rulebook.rules[id] for id in rulebook.overridden_by if decision in rulebook.rules[id].then]
    owned += [(rule.then[decision], dict(box)) for rule in order for box in boxes(rule.when, rulebook.full)]
    for i, (option, box) in enumerate(owned):
        row = {"_id": f"{decision}-{i}", "answer": json.dumps(option)}
        for place, mask in box.items():
            row[facts[place]] = ", ".join(str(value) for value in bits(mask))
        rows.append(row)
    rows.append({"_id": f"{decision}-else", "answer": '"no_guidance"'})
    outputs = [{"id": "answer", "name": decision, "field": decision}]
    return {"hitPolicy": "first", "inputs": inputs, "outputs": outputs, "rules": rows}


def context(case: dict[str, Any], rulebook: Rulebook) -> dict[str, int]:
    """Return the values by number, as the table compares them; a missing one is left out."""
    found = {}
    for fact in rulebook.read:
        if fact.name in case:
            mask = fact.read(_text(case[fact.name]))
            if mask.bit_count() == 1:
                found[fact.name] = mask.bit_length() - 1
    return found


def _text(value: Any) -> str:
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)


def main() -> None:
    """Read the folder, evaluate all cases in one bulk call, and count the answers."""
    rulebook = load_rulebook()
    engine = zen.ZenEngine({"loader": {"type": "static", "content": {"gist": tables(rulebook)}}})
    requests = []
    for folder, _, names in os.walk(sys.argv[1]):
        for name in names:
            with open(os.path.join(folder, name), encoding="utf-8") as file:
                case = yaml.load(file, Loader=yaml.CSafeLoader)
            requests.append({"key": "gist", "context": context(case, rulebook)})
    results = engine.evaluate_batch(requests)
    assert all(result["success"] for result in results), results[0]
    print(len(results))


if __name__ == "__main__":
    main()
