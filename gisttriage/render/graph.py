"""A decision as a tree: asked fact by fact, the one that settles most first; as Mermaid and as SVG."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape

from msgspec import Struct

from ..assessment import Branch
from ..diagnostics import visible
from ..missing import branches, giving
from ..rulebook import CONFLICT, NO_GUIDANCE, OUT_OF_SCOPE, Decision, Rulebook
from ..words import chain

_DEEPEST = 64
_WORDS = {NO_GUIDANCE: "no guidance", OUT_OF_SCOPE: "out of scope", CONFLICT: "conflict"}
_COLOUR = {"for": "#1a7f37", "caution": "#b35900", "against": "#c62828", "neutral": "#444444", "silent": "#777777"}
_LEGEND = "≈ marks an extension of the source, in its own words."
_ROW, _COLUMN, _LETTER = 30, 250, 7.8


class Node(Struct, frozen=True):
    """A place in a tree: the values that lead to it, and what is asked or answered there."""

    values: str
    text: str
    tone: str
    inner: tuple[Node, ...]


def tree(decision: Decision, rulebook: Rulebook) -> Node:
    """Return the whole decision as a tree, from a case of which nothing is known."""
    split = decision.reach.split(rulebook.full)
    found = branches(decision, split, rulebook.full, rulebook, _DEEPEST)
    if not found:
        rules = giving(decision, rulebook.full, rulebook)
        return _leaf("", decision.named(split.outcomes)[0], rules, decision, rulebook)
    return _node("", found, decision, rulebook)


def _node(values: str, found: tuple[Branch, ...], decision: Decision, rulebook: Rulebook) -> Node:
    """Return a question with what follows from each group of answers to it."""
    fact = rulebook.facts[found[0].fact]
    inner = tuple(
        _node(fact.describe(branch.values), branch.branches, decision, rulebook)
        if branch.branches
        else _leaf(fact.describe(branch.values), branch.possible[0], branch.rules, decision, rulebook)
        for branch in found
    )
    return Node(values, f"{fact.label}?", "ask", inner)


def _leaf(values: str, outcome: str, rules: Sequence[str], decision: Decision, rulebook: Rulebook) -> Node:
    """Return an answer, marked as in an assessment where a rule behind it goes beyond its source."""
    option = decision.options.get(outcome)
    behind = [rule for rule in map(rulebook.rules.__getitem__, rules) if rule.then[decision.name] == outcome]
    mark = " ≈" if any(rule.extension for rule in behind) else ""
    return Node(values, (option.label if option else _WORDS[outcome]) + mark, option.tone if option else "silent", ())


def as_mermaid(decisions: Sequence[Decision], rulebook: Rulebook) -> str:
    """Return one flow chart with a tree for each decision."""
    lines = [f"%% Rulebook {visible(chain(rulebook.stamp))}. {_LEGEND}", "flowchart LR"]
    for decision in decisions:
        lines.append(f'  subgraph {decision.name}["{_quoted(decision.label)}"]')
        lines += (f"    {line}" for line in _mermaid(tree(decision, rulebook), decision.name))
        lines.append("  end")
    return "\n".join(lines) + "\n"


def _mermaid(node: Node, name: str) -> Iterator[str]:
    left, right = ("{{", "}}") if node.inner else ("[", "]")
    yield f'{name}_0{left}"{_quoted(node.text)}"{right}'
    for i, inner in enumerate(node.inner):
        yield from _mermaid(inner, f"{name}_{i}")
        yield f'{name}_0 -->|"{_quoted(inner.values)}"| {name}_{i}_0'


def _quoted(text: str) -> str:
    return escape(visible(text), quote=True).replace("&#x27;", "'").replace("&quot;", "#quot;").replace("&", "#")


def as_svg(decisions: Sequence[Decision], rulebook: Rulebook) -> str:
    """Return one picture, the decisions one below the other; it loads nothing."""
    parts: list[str] = []
    top, width = 20.0, 0.0
    for decision in decisions:
        parts.append(f'<text x="10" y="{top}" class="title">{_shown(decision.label)}</text>')
        root = tree(decision, rulebook)
        height = _leaves(root) * _ROW
        parts += _drawn(root, 10, top + 14)
        width = max(width, _wide(root, 10))
        top += height + 50
    stamp = f"Rulebook {chain(rulebook.stamp)}. {_LEGEND} {rulebook.stamp.disclaimer}"
    parts.append(f'<text x="10" y="{top:.0f}" class="stamp">{_shown(stamp)}</text>')
    width = max(width, len(stamp) * _LETTER * 0.85) + 20
    style = (
        "text{font:13px system-ui,sans-serif;fill:#222}.title{font-size:18px;font-weight:600}.ask{font-weight:600}"
        ".values,.stamp{font-size:11px;fill:#555}path{fill:none;stroke:#bbb}"
    )
    size = f'viewBox="0 0 {width:.0f} {top + 20:.0f}" width="{width:.0f}" height="{top + 20:.0f}"'
    paper = '<rect width="100%" height="100%" fill="#fff"/>'
    body = "\n".join((f"<style>{style}</style>", paper, *parts))
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size}>\n{body}\n</svg>\n'


def _drawn(node: Node, x: float, top: float) -> Iterator[str]:
    """Yield a node in the middle of its leaves, and what follows from it in the next column."""
    middle = top + _leaves(node) * _ROW / 2
    kind = "ask" if node.inner else "answer"
    colour = "" if node.inner else f' style="fill:{_COLOUR[node.tone]};font-weight:600"'
    yield f'<text x="{x}" y="{middle + 4:.0f}" class="{kind}"{colour}>{_shown(node.text)}</text>'
    start = x + len(node.text) * _LETTER + 6
    at, following = top, _next_column(node, x)
    for inner in node.inner:
        end = at + _leaves(inner) * _ROW / 2
        bend = start + 30
        curve = f"M{start:.0f},{middle:.0f} C{bend:.0f},{middle:.0f} {start:.0f},{end:.0f} {bend:.0f},{end:.0f}"
        yield f'<path d="{curve} H{following - 6:.0f}"/>'
        yield f'<text x="{start + 34:.0f}" y="{end - 3:.0f}" class="values">{_shown(inner.values)}</text>'
        yield from _drawn(inner, following, at)
        at += _leaves(inner) * _ROW


def _next_column(node: Node, x: float) -> float:
    """Return where the answers of a node start: behind its question and the longest of its values."""
    longest = max((len(inner.values) for inner in node.inner), default=0)
    return x + max(_COLUMN, len(node.text) * _LETTER + 50 + longest * 6.4)


def _leaves(node: Node) -> int:
    return sum(map(_leaves, node.inner)) if node.inner else 1


def _wide(node: Node, x: float) -> float:
    following = _next_column(node, x)
    return max((_wide(inner, following) for inner in node.inner), default=x + len(node.text) * _LETTER + 20)


def _shown(text: str) -> str:
    return escape(visible(text))


FORMATS = {"mermaid": as_mermaid, "svg": as_svg}
