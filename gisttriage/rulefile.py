"""rules.yaml → Rulebook, with every problem of the file at its place."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from functools import lru_cache
from hashlib import sha256

from yaml.nodes import Node

from .compiled import Compiled, outcomes_of
from .conditions import WORDS, Conditions, thresholds
from .diagnostics import Problem, Problems, RulebookError, Span, TooManyProblems, quoted
from .documents import NAME, Document, Fields, compose, read_document, span_of
from .facts import cut, read_fact
from .implications import Implication
from .logic import Condition, Test, TooLarge
from .rulebook import CONFLICT, NO_GUIDANCE, OUT_OF_SCOPE, Decision, Definition, Option, Rule, Rulebook, Stamp
from .sources import Source, read_cites, read_sources
from .vocabulary import Fact, Number, Text, fold

BUILTIN = os.path.join(os.path.dirname(__file__), "rules.yaml")
"""The rulebook that ships with the program: a link to the one at the top of the tree, and a copy in the wheel."""

_LIMIT = 20_000_000
_SECTIONS = ("rulebook", "facts", "definitions", "implications", "sources", "decisions", "scope", "rules")
_STAMP = ("id", "title", "version", "reviewed", "population", "intended_user", "not_for", "disclaimer", "not_known")
_RULE = ("id", "when", "then", "because", "cites", "overrides", "provided", "caution", "notice", "extension", "urgent")
_TONES = ("for", "caution", "against", "neutral")
_Options = Mapping[str, tuple[Fields, dict[str, Option]]]


def load_rulebook(path: str | os.PathLike[str] | None = None) -> Rulebook:
    """Read and check a rulebook; without a path, the one that ships with the program.

    Raises RulebookError with every problem of the file, each with its place.
    """
    return _builtin() if path is None else _read(os.fspath(path))


@lru_cache(maxsize=1)
def _builtin() -> Rulebook:
    return _read(BUILTIN)


def _read(path: str) -> Rulebook:
    return read_rulebook(read_document(path, _LIMIT, RulebookError))


def read_rulebook(document: Document) -> Rulebook:
    """Read a rulebook from a text, as `load_rulebook` does from a file."""
    reader = _Reader(document)
    try:
        return reader.rulebook()
    except TooManyProblems:
        rest = Problem(path=reader.document.name, message="too much is wrong to go on", help="mend these first")
        raise RulebookError([*reader.problems, rest]) from None


class _Reader:
    """Reads one document section by section, collecting problems; later sections build on earlier ones."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.problems = Problems()
        root = compose(document, RulebookError)
        if root is None:
            raise RulebookError([document.problem(None, "this rulebook is empty")])
        self.root = Fields(document, root, self.problems, "the rulebook")
        if not {"rulebook", "rules"} & self.root.keys.keys():
            help = "a rulebook has the sections rulebook, facts, decisions, scope and rules"
            raise RulebookError([document.problem(None, "this is no rulebook", help)])

    def rulebook(self) -> Rulebook:
        self.root.only(_SECTIONS)
        head = self._section("rulebook")
        head.only(_STAMP)
        stamp = self._stamp(head)
        facts = self._facts(frozenset(fold(word) for word in ("", *head.texts("not_known"))))
        self._stop_if_broken()
        read = tuple(fact for fact in facts.values() if not fact.context)
        self.full = tuple(fact.full for fact in read)
        conditions = Conditions(self.document, facts, {fact.name: i for i, fact in enumerate(read)}, self.problems)
        definitions = self._definitions(conditions)
        implications = self._implications(conditions)
        sources = read_sources(self.document, self._section("sources"), self.problems)
        options = self._options()
        scope = self._section("scope", "when", "because")
        within = conditions.read(scope.node_of("when", required=True))
        rules = self._rules(conditions, sources, options)
        overridden_by = self._overridden_by(rules)
        self._stop_if_broken()
        compiled = self._compiled(rules, overridden_by, within, implications)
        decisions = self._decisions(options, compiled)
        self._stop_if_broken()
        return Rulebook(
            stamp=stamp,
            document=self.document,
            facts=facts,
            read=read,
            definitions=definitions,
            implications=implications,
            sources=sources,
            decisions=decisions,
            consistent=compiled.consistent(),
            places=self._places(),
            scope=within,
            scope_because=scope.text("because"),
            rules=rules,
            overridden_by=overridden_by,
        )

    def _places(self) -> dict[tuple[str, str], Span]:
        """Return where each fact, definition, source, finding, decision and implication stands."""
        kinds = {"fact": "facts", "definition": "definitions", "source": "sources", "decision": "decisions"}
        places = {
            (kind, name): span_of(key)
            for kind, section in kinds.items()
            for name, key in self._quiet(section).keys.items()
        }
        for id, node in self._quiet("sources").values.items():
            findings = Fields(self.document, node, [], "").values.get("findings")
            for name, key in Fields(self.document, findings, [], "").keys.items():
                places["finding", f"{id}/{name}"] = span_of(key)
        for entry in Fields(self.document, self.root.node, [], "").mappings("implications"):
            if entry.node is not None:
                places["implication", entry.text("id")] = span_of(entry.node)
        return places

    def _stop_if_broken(self) -> None:
        if self.problems:
            raise RulebookError(sorted(self.problems, key=lambda problem: problem.span.line if problem.span else 0))

    def _section(self, name: str, *known: str) -> Fields:
        required = name not in ("definitions", "implications")
        section = Fields(self.document, self.root.node_of(name, required=required), self.problems, name)
        if known:
            section.only(known)
        return section

    def _stamp(self, head: Fields) -> Stamp:
        if not re.fullmatch(NAME, head.text("id", "-")):
            head.fail(head.values.get("id"), f"{quoted(head.text('id'))} is no name for a rulebook")
        texts = {name: head.text(name, required=name in ("id", "version")) for name in _STAMP if name != "not_known"}
        return Stamp(sha256=sha256(self.document.text.encode()).hexdigest(), **texts)

    def _facts(self, not_known: frozenset[str]) -> dict[str, Fact]:
        section = self._section("facts")
        facts = {
            name: fact
            for name in section.names()
            if (fact := read_fact(self.document, name, section, self.problems, not_known)) is not None
        }
        for name in (*WORDS, "expect"):
            if name in section.keys:
                section.fail(section.keys[name], f"no fact can be called {name!r}", "the word has a meaning of its own")
        for name, used in thresholds(self._whens(), facts).items():
            fact = facts[name]
            if isinstance(fact, Number):
                try:
                    facts[name] = cut(fact, used)
                except ValueError:
                    section.fail(section.keys[name], f"the rules use too many different numbers for {name}")
        for name in ("id", "notes"):
            if not isinstance(facts.get(name), Text):
                section.fail(self.root.keys.get("facts"), f"the facts need {name!r}, of type text")
        return facts

    def _whens(self) -> list[Node]:
        """Every condition of the file, wherever it stands: numbers are cut at the thresholds in them."""
        entries = [
            *(Fields(self.document, node, [], "") for node in self._quiet("definitions").values.values()),
            *Fields(self.document, self.root.node, [], "").mappings("implications"),
            *Fields(self.document, self.root.node, [], "").mappings("rules"),
            self._quiet("scope"),
        ]
        return [node for entry in entries for name in ("when", "then") if (node := entry.values.get(name)) is not None]

    def _quiet(self, name: str) -> Fields:
        return Fields(self.document, self.root.values.get(name), [], name)

    def _definitions(self, conditions: Conditions) -> dict[str, Definition]:
        section, found = self._section("definitions"), {}
        for name in section.names():
            entry = Fields(self.document, section.values[name], self.problems, f"definition {name!r}")
            entry.only(("label", "when"))
            when = conditions.define(name, entry.node_of("when", required=True), section.keys[name])
            found[name] = Definition(name, entry.text("label", name), when)
        return found

    def _implications(self, conditions: Conditions) -> tuple[Implication, ...]:
        found = []
        for entry in self.root.mappings("implications"):
            entry.only(("id", "when", "then", "because"))
            then = conditions.read(entry.node_of("then", required=True))
            if not isinstance(then, Test):
                entry.fail(entry.values.get("then"), "an implication narrows exactly one fact")
                continue
            when = conditions.read(entry.node_of("when", required=True))
            found.append(
                Implication(id=entry.text("id", required=True), when=when, then=then, because=entry.text("because"))
            )
        return tuple(found)

    def _options(self) -> _Options:
        section, found = self._section("decisions"), dict[str, tuple[Fields, dict[str, Option]]]()
        if not section.values:
            section.fail(self.root.keys.get("decisions"), "there is no decision", "name a question and its options")
        for name in section.names():
            entry = Fields(self.document, section.values[name], self.problems, f"decision {name!r}")
            entry.only(("label", "ask", "options"))
            options = Fields(
                self.document, entry.node_of("options", required=True), self.problems, f"options of {name!r}"
            )
            found[name] = (entry, {option: self._option(options, option) for option in options.names()})
        return found

    def _option(self, options: Fields, name: str) -> Option:
        if name in (NO_GUIDANCE, OUT_OF_SCOPE, CONFLICT):
            options.fail(options.keys[name], f"{name!r} is not an option: it is what an answer without one is called")
        entry = Fields(self.document, options.values[name], self.problems, f"option {name!r}")
        entry.only(("label", "tone"))
        tone = entry.text("tone", "neutral")
        if tone not in _TONES:
            entry.unknown("tone", tone, _TONES)
        return Option(entry.text("label", name), tone)

    def _rules(self, conditions: Conditions, sources: Mapping[str, Source], options: _Options) -> dict[str, Rule]:
        rules: dict[str, Rule] = {}
        given = list(self.root.mappings("rules"))
        if not given:
            self.root.fail(self.root.keys.get("rules"), "there is no rule")
        for fields in given:
            rule = self._rule(fields, conditions, sources, options)
            if rule.id in rules:
                fields.fail(fields.values.get("id"), f"a second rule {rule.id!r}", "give every rule an id of its own")
            elif rule.id:
                rules[rule.id] = rule
        for fields in given:
            for node in fields.scalars("overrides"):
                if node.value not in rules:
                    fields.unknown_at(node, "rule", node.value, rules)
        return rules

    def _rule(self, fields: Fields, conditions: Conditions, sources: Mapping[str, Source], options: _Options) -> Rule:
        fields.only(_RULE)
        id = fields.text("id", required=True)
        if id and not re.fullmatch(NAME, id):
            fields.fail(fields.values["id"], f"{quoted(id)} is no name for a rule", "letters, digits, _ and -")
        then = Fields(self.document, fields.values.get("then"), self.problems, f"then of {id!r}")
        self._check_then(then, options)
        if not then.values and "caution" not in fields.values and "notice" not in fields.values:
            fields.fail(None, f"rule {id!r} says nothing", "it needs `then`, `caution` or `notice`")
        return Rule(
            id=id,
            when=conditions.read(fields.node_of("when", required=True)),
            then=then.plain(),
            because=fields.text("because", required=bool(then.values)),
            cites=read_cites(fields, sources),
            overrides=fields.texts("overrides"),
            provided=fields.text("provided"),
            caution=fields.text("caution"),
            notice=fields.text("notice"),
            extension=fields.flag("extension"),
            urgent=fields.flag("urgent"),
            span=span_of(fields.node) if fields.node is not None else Span(1),
        )

    def _check_then(self, then: Fields, options: _Options) -> None:
        for decision, option in then.plain().items():
            if decision not in options:
                then.fail(then.keys[decision], f"no decision {decision!r}", f"one of: {', '.join(options)}")
            elif option not in options[decision][1] and option != NO_GUIDANCE:
                then.unknown(decision, option, (*options[decision][1], NO_GUIDANCE))

    def _overridden_by(self, rules: Mapping[str, Rule]) -> dict[str, tuple[str, ...]]:
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
            self.problems.append(self.document.problem(first.span, message, "remove one of these overrides"))
        return done

    def _compiled(
        self,
        rules: Mapping[str, Rule],
        overridden_by: Mapping[str, tuple[str, ...]],
        scope: Condition,
        implications: tuple[Implication, ...],
    ) -> Compiled:
        try:
            return Compiled(self.full, rules, overridden_by, scope, implications)
        except TooLarge:
            help = "write it with fewer `any` and `not`"
            problem = self.document.problem(None, "the scope or an implication covers too many cases", help)
            raise RulebookError([problem]) from None

    def _decisions(self, options: _Options, compiled: Compiled) -> dict[str, Decision]:
        decisions = {}
        for name, (entry, labels) in options.items():
            try:
                reach = compiled.reach(name, labels)
            except TooLarge:
                help = "write the conditions with fewer `any` and `not`"
                entry.fail(None, f"the rules of {name!r} are too many cases to work through", help)
                continue
            decisions[name] = Decision(
                name=name,
                label=entry.text("label", name),
                ask=entry.text("ask"),
                options=labels,
                outcomes=outcomes_of(labels),
                reach=reach,
            )
        return decisions


def _circle(waiting: Mapping[str, tuple[str, ...]]) -> list[str]:
    path = [next(iter(waiting))]
    seen = set(path)
    while True:
        following = next(other for other in waiting[path[-1]] if other in waiting)
        if following in seen:
            return path[path.index(following) :]
        path.append(following)
        seen.add(following)
