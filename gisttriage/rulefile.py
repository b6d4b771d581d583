"""rules.yaml → Rulebook, with every problem of the file at its place."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache
from hashlib import sha256

from msgspec import structs
from yaml.nodes import ScalarNode

from .compiled import Compiled, outcomes_of
from .conditions import WORDS, Conditions, thresholds
from .diagnostics import Problem, Problems, RulebookError, TooManyProblems, quoted
from .documents import Document
from .facts import cut, read_fact, refuse_reading
from .fields import NAME, Fields
from .implications import Implication
from .layers import BUILTIN, layer_of, read_layers
from .logic import Condition, Test, TooLarge
from .numbers import Number
from .rulebook import CONFLICT, NO_GUIDANCE, OUT_OF_SCOPE, Decision, Definition, Option, Rule, Rulebook, Stamp
from .rulesection import RuleSection
from .sources import Source, read_sources
from .survey import conditions_of, places_of
from .vocabulary import Choice, Fact, Text, fold

_OVERLAY = ("extends", "rulebook", "facts", "definitions", "implications", "sources", "rules", "disable")
_SECTIONS = ("rulebook", "facts", "definitions", "implications", "sources", "decisions", "scope", "rules")
_STAMP = ("id", "title", "version", "reviewed", "population", "intended_user", "not_for", "disclaimer", "not_known")
_KEPT = {"disclaimer": " ", "not_for": "; ", "population": "; "}
"""What every answer keeps of the rulebook at the bottom: an overlay's own words follow, behind these signs."""
_TONES = ("for", "caution", "against", "neutral")
_Options = Mapping[str, tuple[Fields, dict[str, Option]]]


def load_rulebook(path: str | os.PathLike[str] | None = None) -> Rulebook:
    """Read and check a rulebook; without a path, the one that ships with the program.

    A rulebook that `extends` another is read with what it extends. Raises RulebookError with every problem of the
    files, each with its place.
    """
    return _builtin() if path is None else _read(os.fspath(path))


@lru_cache(maxsize=1)
def _builtin() -> Rulebook:
    return _read(BUILTIN)


def _read(path: str) -> Rulebook:
    return _made_of(lambda problems: read_layers(path, problems))


def read_rulebook(documents: tuple[Document, ...]) -> Rulebook:
    """Read a rulebook from its texts, what is extended first, as `load_rulebook` does from files."""
    return _made_of(lambda problems: [layer_of(document, problems) for document in documents])


def _made_of(layers: Callable[[Problems], list[Fields]]) -> Rulebook:
    problems = Problems()
    try:
        return _Reader(layers(problems), problems).rulebook()
    except TooManyProblems:
        rest = Problem(path=problems[-1].path, message="too much is wrong to go on", help="mend these first")
        raise RulebookError([*problems, rest]) from None


def _layered(name: str, own: str, below: str) -> str:
    """Return what an overlay says of itself; what the answers are not for may be added to, and never lifted."""
    if name == "reviewed":
        return own  # what is below was reviewed at its own time, and not with what is added
    if name not in _KEPT or not below or not own.strip():
        return own or below
    return f"{below}{_KEPT[name]}{own}"


class _Reader:
    """Reads layers section by section, collecting problems; later sections and layers build on earlier ones."""

    def __init__(self, layers: list[Fields], problems: Problems) -> None:
        self.layers, self.base, self.problems = layers, layers[0], problems
        self.documents = tuple(layer.document for layer in layers)
        self.document = self.documents[-1]

    def rulebook(self) -> Rulebook:
        self.base.only(_SECTIONS)
        for layer in self.layers[1:]:
            layer.only(_OVERLAY)
        self.heads = tuple(self._sections("rulebook"))
        stamp = self._stamp()
        facts = self._facts()
        self._stop_if_broken()
        read = tuple(fact for fact in facts.values() if not fact.context)
        self.full = tuple(fact.full for fact in read)
        conditions = Conditions(self.document, facts, {fact.name: i for i, fact in enumerate(read)}, self.problems)
        definitions = self._definitions(conditions)
        implications = self._implications(conditions)
        sources = self._sources()
        options = self._options()
        scope = self._section("scope", "when", "because")
        within = conditions.read(scope.node_of("when", required=True), scope.document)
        names = {name: tuple(labels) for name, (_, labels) in options.items()}
        section = RuleSection(self.layers, conditions, sources, names, self.problems)
        rules = section.rules()
        disabled = section.disabled(rules)
        rules = {
            id: structs.replace(rule, overrides=tuple(other for other in rule.overrides if other not in disabled))
            for id, rule in rules.items()
            if id not in disabled
        }
        overridden_by = section.overridden_by(rules)
        self._stop_if_broken()
        compiled = self._compiled(rules, overridden_by, within, implications)
        decisions = self._decisions(options, compiled)
        self._stop_if_broken()
        return Rulebook(
            stamp=stamp,
            documents=self.documents,
            facts=facts,
            read=read,
            definitions=definitions,
            implications=implications,
            sources=sources,
            decisions=decisions,
            consistent=compiled.consistent(),
            places=places_of(self.layers),
            scope=within,
            scope_because=scope.text("because"),
            rules=rules,
            disabled=disabled,
            overridden_by=overridden_by,
        )

    def _stop_if_broken(self) -> None:
        if self.problems:
            order = {document.name: i for i, document in enumerate(self.documents)}
            self.problems.sort(key=lambda each: (order.get(each.path, 0), each.span.line if each.span else 0))
            raise RulebookError(self.problems)

    def _section(self, name: str, *known: str) -> Fields:
        """Return a section that only the rulebook at the bottom has."""
        section = Fields(self.base.document, self.base.node_of(name, required=True), self.problems, name)
        if known:
            section.only(known)
        return section

    def _sections(self, name: str) -> Iterator[Fields]:
        """Yield a section of every layer; the one at the bottom has to have it, unless it may be left out."""
        for layer in self.layers:
            required = layer is self.base and name not in ("definitions", "implications")
            yield Fields(layer.document, layer.node_of(name, required=required), self.problems, name)

    def _added(self, name: str, what: str) -> Iterator[tuple[str, Fields]]:
        """Yield every name in a section of every layer, with the section; a name that is there already is a problem."""
        seen: dict[str, str] = {}
        for section in self._sections(name):
            for entry in section.names():
                if entry in seen:
                    help = "a rulebook adds to what it extends; choose another name"
                    section.fail(section.keys[entry], f"{seen[entry]} has the {what} {entry!r} already", help)
                else:
                    seen[entry] = section.document.name
                    yield entry, section

    def _stamp(self) -> Stamp:
        """Return the stamp of the topmost rulebook, which names what it extends."""
        stamp: Stamp | None = None
        for head in self.heads:
            head.only(_STAMP)
            if not re.fullmatch(NAME, head.text("id", "-")):
                head.fail(head.values.get("id"), f"{quoted(head.text('id'))} is no name for a rulebook")
            texts = {
                name: head.text(name, required=name in ("id", "version")) for name in _STAMP if name != "not_known"
            }
            if stamp is not None:
                texts = {name: _layered(name, text, getattr(stamp, name)) for name, text in texts.items()}
            under = () if stamp is None else (stamp, *stamp.extends)
            if head.text("id") in (each.id for each in under):
                help = "give it an id of its own: every answer names both"
                head.fail(head.values["id"], f"{texts['id']!r} is the id of a rulebook that this one extends", help)
            stamp = Stamp(sha256=sha256(head.document.text.encode()).hexdigest(), extends=under, **texts)
        assert stamp is not None
        return stamp

    def _facts(self) -> dict[str, Fact]:
        words = [(head, node) for head in self.heads for node in head.scalars("not_known")]
        everywhere, not_known = frozenset({""}), dict[str, frozenset[str]]()
        for head in self.heads:  # a layer goes by its own spellings of not known, and by those of what it extends
            everywhere |= {fold(node.value) for of, node in words if of is head}
            not_known[head.document.name] = everywhere
        facts: dict[str, Fact] = {}
        homes: dict[str, Fields] = {}
        for name, section in self._added("facts", "fact"):
            if name in (*WORDS, "expect"):
                section.fail(section.keys[name], f"no fact can be called {name!r}", "the word has a meaning of its own")
            fact = read_fact(section.document, name, section, self.problems, not_known[section.document.name])
            if fact is not None:
                facts[name], homes[name] = fact, section
        self._refuse_readings(words, facts)
        # What an overlay adds holds for the facts below it too.
        facts = {name: structs.replace(fact, not_known=fact.not_known | everywhere) for name, fact in facts.items()}
        for name, used in thresholds(conditions_of(self.layers), facts).items():
            fact = facts[name]
            if isinstance(fact, Number):
                try:
                    facts[name] = cut(fact, used)
                except ValueError:
                    message = f"the rules use too many different numbers for {name}"
                    homes[name].fail(homes[name].keys[name], message)
        for name in ("id", "notes"):
            if not isinstance(facts.get(name), Text):
                self.base.fail(self.base.keys.get("facts"), f"the facts need {name!r}, of type text")
        return facts

    def _refuse_readings(self, words: Iterable[tuple[Fields, ScalarNode]], facts: Mapping[str, Fact]) -> None:
        """Report every spelling of not known that a fact reads, unless it was reported at the value spelled so."""
        for head, node in words:
            word = fold(node.value)
            for fact in facts.values():
                told = isinstance(fact, Choice) and fact.kind == "choice" and word in fact.not_known
                if not told and refuse_reading(fact, node, head):
                    break

    def _sources(self) -> dict[str, Source]:
        sources: dict[str, Source] = {}
        for section in self._sections("sources"):
            for id in sources.keys() & section.keys.keys():
                section.fail(section.keys[id], f"the source {id!r} is there already", "choose another name")
            sources |= read_sources(section.document, section, self.problems)
        return sources

    def _definitions(self, conditions: Conditions) -> dict[str, Definition]:
        found = {}
        for name, section in self._added("definitions", "definition"):
            entry = Fields(section.document, section.values[name], self.problems, f"definition {name!r}")
            entry.only(("label", "when"))
            when = conditions.define(name, entry.node_of("when", required=True), section.keys[name], section.document)
            found[name] = Definition(name, entry.text("label", name), when)
        return found

    def _implications(self, conditions: Conditions) -> tuple[Implication, ...]:
        found = dict[str, Implication]()
        for entry in (entry for layer in self.layers for entry in layer.mappings("implications")):
            entry.only(("id", "when", "then", "because"))
            then = conditions.read(entry.node_of("then", required=True), entry.document)
            if not isinstance(then, Test):
                entry.fail(entry.values.get("then"), "an implication narrows exactly one fact")
                continue
            when = conditions.read(entry.node_of("when", required=True), entry.document)
            id = entry.text("id", required=True)
            if id and id in found:
                entry.fail(entry.values["id"], f"a second implication {id!r}", "give it an id of its own")
            found[id] = Implication(id=id, when=when, then=then, because=entry.text("because"))
        return tuple(found.values())

    def _options(self) -> _Options:
        section, found = self._section("decisions"), dict[str, tuple[Fields, dict[str, Option]]]()
        if not section.values:
            section.fail(self.base.keys.get("decisions"), "there is no decision", "name a question and its options")
        for name in section.names():
            entry = Fields(section.document, section.values[name], self.problems, f"decision {name!r}")
            entry.only(("label", "ask", "options"))
            given = entry.node_of("options", required=True)
            options = Fields(entry.document, given, self.problems, f"options of {name!r}")
            found[name] = (entry, {option: self._option(options, option) for option in options.names()})
        return found

    def _option(self, options: Fields, name: str) -> Option:
        if name in (NO_GUIDANCE, OUT_OF_SCOPE, CONFLICT):
            options.fail(options.keys[name], f"{name!r} is not an option: it is what an answer without one is called")
        entry = Fields(options.document, options.values[name], self.problems, f"option {name!r}")
        entry.only(("label", "tone"))
        tone = entry.text("tone", "neutral")
        if tone not in _TONES:
            entry.unknown("tone", tone, _TONES)
        return Option(entry.text("label", name), tone)

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
