"""Cases shaped like a real list: some hundred distinct situations, a third of the cases with unknown facts."""

from __future__ import annotations

import random
from pathlib import Path

from gisttriage import Rulebook
from gisttriage.numbers import Number
from gisttriage.vocabulary import Choice, bits

SKIPPED = ("progressing_lesions", "best_response")


def situations(rulebook: Rulebook, distinct: int, seed: int = 1) -> list[dict[str, str]]:
    """Draw `distinct` different descriptions of what rules may read."""
    chance = random.Random(seed)
    found: dict[tuple[tuple[str, str], ...], dict[str, str]] = {}
    while len(found) < distinct:
        unknown = chance.random() < 1 / 3
        case = {}
        for fact in rulebook.read:
            if fact.name in SKIPPED or (unknown and chance.random() < 0.35):
                continue
            assert isinstance(fact, Choice | Number)
            case[fact.name] = fact.sample(1 << chance.choice(list(bits(fact.full))))
        found.setdefault(tuple(case.items()), case)
    return list(found.values())


def write_cases(folder: Path, rulebook: Rulebook, cases: int, distinct: int, seed: int = 1) -> None:
    """Write case files of about 15 lines each into `folder`, a hundred subfolders deep enough for any file system."""
    chance = random.Random(seed)
    known = situations(rulebook, distinct, seed)
    for i in range(cases):
        case = chance.choice(known)
        lines = [f"id: case-{i:06d}", f"age: {chance.randrange(20, 90)}", f"sex: {chance.choice(('female', 'male'))}"]
        lines += [f'{name}: "{value}"' if value[:1] in "<>" else f"{name}: {value}" for name, value in case.items()]
        lines += [
            "primary_site: stomach",
            "metastatic_sites: [liver, peritoneum]",
            f"tki_months: {chance.randrange(120)}",
        ]
        inside = folder / f"{i % 100:02d}"
        inside.mkdir(parents=True, exist_ok=True)
        (inside / f"case-{i:06d}.yaml").write_text("\n".join(lines) + "\n", encoding="utf-8")
