"""`rules check`: the shipped rulebook as a command, random tables in one process, and Z3 on the same questions."""

from __future__ import annotations

import random
import sys
import tempfile
import time
from pathlib import Path

import z3

from gisttriage import Rulebook, load_rulebook
from gisttriage.logic import boxes
from gisttriage.verify import verify
from gisttriage.vocabulary import bits

from .timing import paired

OPTIONS = ("yes_do", "maybe", "no_do")


def random_rulebook(facts: int, rules: int, seed: int) -> str:
    """Return a random decision table as rules.yaml: rules ask three to five facts each, and may override earlier ones."""
    chance = random.Random(seed)
    sizes = [chance.randint(2, 4) for _ in range(facts)]
    lines = ["rulebook: {id: random, version: 1}", "facts:"]
    lines += [f"  {name}: {{type: text, label: x, ask: x?}}" for name in ("id", "notes")]
    for i, size in enumerate(sizes):
        values = ", ".join(f"v{j}: {{}}" for j in range(size))
        lines.append(f"  f{i}: {{type: choice, label: f{i}, ask: x?, values: {{{values}}}}}")
    options = ", ".join(f"{option}: {{}}" for option in OPTIONS)
    lines += [
        "sources: {}",
        f"decisions: {{go: {{label: go, options: {{{options}}}}}}}",
        "scope: {when: {f0: [v0, v1]}}",
        "rules:",
    ]
    for i in range(rules):
        asked = chance.sample(range(facts), chance.randint(3, 5))
        when = ", ".join(
            f"f{f}: [{', '.join(f'v{v}' for v in sorted(chance.sample(range(sizes[f]), chance.randint(1, sizes[f] - 1))))}]"
            for f in asked
        )
        over = ", ".join(f"r{j}" for j in sorted(chance.sample(range(i), min(i, 3)))) if chance.random() < 0.5 else ""
        lines.append(
            f"  - {{id: r{i}, when: {{{when}}}, then: {{go: {chance.choice(OPTIONS)}}}, because: b, overrides: [{over}]}}"
        )
    return "\n".join(lines) + "\n"


def with_z3(rulebook: Rulebook) -> int:
    """Ask Z3 which rules are dead and which pairs conflict; return how many questions that took."""
    facts = [z3.Int(fact.name) for fact in rulebook.read]
    solver, asked = z3.Solver(), 0
    solver.add([z3.And(fact >= 0, fact < known.size) for fact, known in zip(facts, rulebook.read, strict=True)])

    def held(condition: object) -> z3.BoolRef:
        found = boxes(condition, rulebook.full)  # type: ignore[arg-type]
        return z3.Or([z3.And([z3.Or([facts[f] == v for v in bits(mask)]) for f, mask in box.items()]) for box in found])

    solver.add(held(rulebook.scope))
    applies: dict[str, z3.BoolRef] = {}
    for id, over in rulebook.overridden_by.items():
        applies[id] = z3.And(held(rulebook.rules[id].when), z3.Not(z3.Or([applies[other] for other in over])))
    ids = list(applies)
    for i, one in enumerate(ids):
        solver.check(applies[one])
        asked += 1
        for two in ids[:i]:
            if rulebook.rules[one].then != rulebook.rules[two].then:
                solver.check(applies[one], applies[two])
                asked += 1
    return asked


def main() -> None:
    """Print each time, and Z3's beside it."""
    python = sys.executable
    command = [str(Path(python).with_name("gisttriage")), "rules", "check"]
    paired("rules check, shipped : import click, yaml", command, [python, "-c", "import click, yaml"], None, 15)
    with tempfile.TemporaryDirectory() as folder:
        for facts, rules in ((12, 40), (16, 100)):
            for seed in (1, 2, 3):
                path = Path(folder, "rules.yaml")
                path.write_text(random_rulebook(facts, rules, seed))
                rulebook = load_rulebook(path)
                begin = time.perf_counter()
                proof = verify(rulebook)
                mine = time.perf_counter() - begin
                begin = time.perf_counter()
                asked = with_z3(rulebook)
                other = time.perf_counter() - begin
                told = f"{len(proof.findings)} findings" if proof.proved else "NOT PROVED"
                print(
                    f"{facts} facts, {rules} rules, table {seed}: {mine:6.2f} s, {told}; Z3, {asked} questions: {other:6.2f} s",
                    flush=True,
                )


if __name__ == "__main__":
    main()
