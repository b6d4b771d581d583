"""Random small rulebooks, as rules.yaml texts, beside an evaluation of them that shares no code with the program."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any, NamedTuple

from hypothesis import strategies as st

OPTIONS = ("yes_do", "maybe", "no_do")
# A condition is ("in", fact, values), ("all", parts), ("any", parts) or ("not", part); a case maps facts to values.
Case = dict[str, str]


class Sketch(NamedTuple):
    """A rulebook in plain Python values."""

    facts: dict[str, list[str]]
    rules: list[tuple[str, Any, str, list[str]]]
    implications: list[tuple[Any, str, list[str]]]
    scope: Any

    def text(self) -> str:
        """Return the rulebook as the text of a rules.yaml."""
        lines = ["rulebook: {id: random, version: 1, not_known: ['', unknown]}", "facts:"]
        lines += ["  id: {type: text, label: id, ask: id?}", "  notes: {type: text, label: notes, ask: notes?}"]
        for fact, values in self.facts.items():
            inside = ", ".join(f"{value}: {{}}" for value in values)
            lines.append(f"  {fact}: {{type: choice, label: {fact}, ask: '{fact}?', values: {{{inside}}}}}")
        lines.append("implications:")
        for i, (when, fact, values) in enumerate(self.implications):
            lines.append(f"  - {{id: i{i}, when: {_yaml(when)}, then: {{{fact}: [{', '.join(values)}]}}}}")
        options = ", ".join(f"{option}: {{}}" for option in OPTIONS)
        lines += ["sources: {}", f"decisions: {{go: {{label: go, options: {{{options}}}}}}}"]
        lines += [f"scope: {{when: {_yaml(self.scope)}}}", "rules:"]
        for id, when, option, overrides in self.rules:
            over = f"[{', '.join(overrides)}]"
            lines.append(
                f"  - {{id: {id}, when: {_yaml(when)}, then: {{go: {option}}}, because: b, overrides: {over}}}"
            )
        return "\n".join(lines) + "\n"

    def outcome(self, case: Case) -> str | None:
        """Answer a fully known case, or None if an implication excludes it."""
        if any(holds(when, case) and case[fact] not in values for when, fact, values in self.implications):
            return None
        if not holds(self.scope, case):
            return "out_of_scope"
        true = {id for id, when, _, _ in self.rules if holds(when, case)}
        applying: set[str] = set()
        for id, _, _, _ in reversed(self.rules):  # only later rules override
            if id in true and not any(id in overrides for other, _, _, overrides in self.rules if other in applying):
                applying.add(id)
        found = {option for id, _, option, _ in self.rules if id in applying}
        return "conflict" if len(found) > 1 else found.pop() if found else "no_guidance"

    def completions(self, known: dict[str, list[str]]) -> Iterator[Case]:
        """Yield every case that agrees with what is known and with the implications."""
        for values in itertools.product(*(known.get(fact, values) for fact, values in self.facts.items())):
            case = dict(zip(self.facts, values, strict=True))
            if self.outcome(case) is not None:
                yield case


def holds(condition: Any, case: Case) -> bool:
    """Two-valued truth of a condition."""
    kind, *rest = condition
    if kind == "in":
        return case[rest[0]] in rest[1]
    if kind == "not":
        return not holds(rest[0], case)
    return (all if kind == "all" else any)(holds(part, case) for part in rest[0])


def _yaml(condition: Any) -> str:
    kind, *rest = condition
    if kind == "in":
        return f"{{{rest[0]}: [{', '.join(rest[1])}]}}"
    if kind == "not":
        return f"{{not: {_yaml(rest[0])}}}"
    return f"{{{kind}: [{', '.join(_yaml(part) for part in rest[0])}]}}"


@st.composite
def sketches(draw: st.DrawFn, most_facts: int = 4, most_rules: int = 6) -> Sketch:
    """Draw a small rulebook: facts of two to four values, rules that may override earlier ones, implications."""
    facts = {
        f"f{i}": [f"v{j}" for j in range(draw(st.integers(2, 4)))] for i in range(draw(st.integers(2, most_facts)))
    }
    tests = st.sampled_from(sorted(facts)).flatmap(
        lambda fact: st.lists(st.sampled_from(facts[fact]), min_size=1, unique=True).map(
            lambda values: ("in", fact, values)
        )
    )
    conditions = st.recursive(
        tests,
        lambda inner: st.one_of(
            st.tuples(st.just("all"), st.lists(inner, min_size=1, max_size=3)),
            st.tuples(st.just("any"), st.lists(inner, min_size=1, max_size=3)),
            st.tuples(st.just("not"), inner),
        ),
        max_leaves=4,
    )
    rules: list[tuple[str, Any, str, list[str]]] = []
    for i in range(draw(st.integers(1, most_rules))):
        earlier = [id for id, _, _, _ in rules]
        over = draw(st.lists(st.sampled_from(earlier), unique=True, max_size=2)) if earlier else []
        rules.append((f"r{i}", draw(conditions), draw(st.sampled_from(OPTIONS)), over))
    implications = [
        (when, fact, values)
        for when, (_, fact, values) in draw(st.lists(st.tuples(tests, tests), max_size=2))
        if when[1] != fact
    ]
    scope = draw(st.one_of(st.just(("any", [("in", "f0", facts["f0"])])), tests))
    return Sketch(facts, rules, implications, scope)
