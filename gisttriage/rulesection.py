"""The `rules` section of a rulebook and of what extends it: from YAML to rules, and to who overrides whom."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence

from .conditions import Conditions
from .diagnostics import Problems, Span, quoted
from .documents import span_of
from .fields import NAME, Fields
from .rulebook import NO_GUIDANCE, Rule
from .sources import Source, read_cites

_RULE = ("id", "when", "then", "because", "cites", "overrides", "provided", "caution", "notice", "extension", "urgent")


class RuleSection:
    """Reads the rules of all layers, what is extended first; `options` are those of each decision."""

    def __init__(
        self,
        layers: Sequence[Fields],
        conditions: Conditions,
        sources: Mapping[str, Source],
        options: Mapping[str, Collection[str]],
        problems: Problems,
    ) -> None:
        self._layers, self._conditions, self._sources = layers, conditions, sources
        self._options, self._problems = options, problems

    def rules(self) -> dict[str, Rule]:
        """Return every rule of every layer, by its id."""
        rules: dict[str, Rule] = {}
        given = [fields for layer in self._layers for fields in layer.mappings("rules")]
        if not given:
            self._layers[0].fail(self._layers[0].keys.get("rules"), "there is no rule")
        for fields in given:
            rule = self._rule(fields)
            if rule.id in rules:
                fields.fail(
                    fields.values.get("id"), f"a second rule {rule.id!r}", "give it an id of its own; disable the other"
                )
            elif rule.id:
                rules[rule.id] = rule
        for fields in given:
            for node in fields.scalars("overrides"):
                if node.value not in rules:
                    fields.unknown_at(node, "rule", node.value, rules)
        return rules

    def _rule(self, fields: Fields) -> Rule:
        fields.only(_RULE)
        id = fields.text("id", required=True)
        if id and not re.fullmatch(NAME, id):
            fields.fail(fields.values["id"], f"{quoted(id)} is no name for a rule", "letters, digits, _ and -")
        then = Fields(fields.document, fields.values.get("then"), self._problems, f"then of {id!r}")
        self._check_then(then)
        if not then.values and "caution" not in fields.values and "notice" not in fields.values:
            fields.fail(None, f"rule {id!r} says nothing", "it needs `then`, `caution` or `notice`")
        return Rule(
            id=id,
            when=self._conditions.read(fields.node_of("when", required=True), fields.document),
            then=then.plain(),
            because=fields.text("because", required=bool(then.values)),
            cites=read_cites(fields, self._sources),
            overrides=fields.texts("overrides"),
            provided=fields.text("provided"),
            caution=fields.text("caution"),
            notice=fields.text("notice"),
            extension=fields.flag("extension"),
            urgent=fields.flag("urgent"),
            path=fields.document.name,
            span=span_of(fields.node) if fields.node is not None else Span(1),
        )

    def disabled(self, rules: Mapping[str, Rule]) -> dict[str, str]:
        """Return the rules that an overlay disables, each with its reason."""
        disabled: dict[str, str] = {}
        for layer in self._layers[1:]:
            for entry in layer.mappings("disable"):
                entry.only(("rule", "because"))
                id, because = entry.text("rule", required=True), entry.text("because", required=True)
                if id not in rules:
                    entry.unknown("rule", id, rules)
                elif id in disabled:
                    help = f"it was disabled because: {disabled[id]}; keep one"
                    entry.fail(entry.values["rule"], f"{id!r} is disabled already", help)
                disabled[id] = because
        return disabled

    def _check_then(self, then: Fields) -> None:
        options = self._options
        for decision, option in then.plain().items():
            if decision not in options:
                then.fail(then.keys[decision], f"no decision {decision!r}", f"one of: {', '.join(options)}")
            elif option not in options[decision] and option != NO_GUIDANCE:
                then.unknown(decision, option, (*options[decision], NO_GUIDANCE))

    def overridden_by(self, rules: Mapping[str, Rule]) -> dict[str, tuple[str, ...]]:
        """Return who overrides whom, with the rules in an order in which overriding ones stand first."""
        done: dict[str, tuple[str, ...]] = {}
        by = {id: tuple(other.id for other in rules.values() if id in other.overrides) for id in rules}
        waiting = dict(by)
        while ready := [id for id, others in waiting.items() if all(other in done for other in others)]:
            done |= {id: waiting.pop(id) for id in ready}
        if waiting:
            circle = _circle(waiting)
            first = rules[circle[0]]
            shown = circle if len(circle) < 8 else [*circle[:6], "…"]
            message = f"rules override each other in a circle: {' → '.join((*shown, circle[0]))}"
            document = next(layer.document for layer in self._layers if layer.document.name == first.path)
            self._problems.append(document.problem(first.span, message, "remove one of these overrides"))
        return done


def _circle(waiting: Mapping[str, tuple[str, ...]]) -> list[str]:
    path = [next(iter(waiting))]
    seen = set(path)
    while True:
        following = next(other for other in waiting[path[-1]] if other in waiting)
        if following in seen:
            return path[path.index(following) :]
        path.append(following)
        seen.add(following)
