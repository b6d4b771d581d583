"""A first look over rulebook files before they are read: where things stand, and which conditions there are."""

from __future__ import annotations

from collections.abc import Sequence

from yaml.nodes import Node

from .diagnostics import Span
from .documents import span_of
from .fields import Fields


def places_of(layers: Sequence[Fields]) -> dict[tuple[str, str], tuple[str, Span]]:
    """Return where each fact, definition, source, finding, decision and implication stands: file and place."""
    kinds = {"fact": "facts", "definition": "definitions", "source": "sources", "decision": "decisions"}
    places: dict[tuple[str, str], tuple[str, Span]] = {}
    for layer in layers:
        document = layer.document
        for kind, section in kinds.items():
            for name, key in section_of(layer, section).keys.items():
                places[kind, name] = (document.name, span_of(key))
        for id, node in section_of(layer, "sources").values.items():
            findings = Fields(document, node, [], "").values.get("findings")
            for name, key in Fields(document, findings, [], "").keys.items():
                places["finding", f"{id}/{name}"] = (document.name, span_of(key))
        for entry in Fields(document, layer.node, [], "").mappings("implications"):
            if entry.node is not None:
                places["implication", entry.text("id")] = (document.name, span_of(entry.node))
    return places


def conditions_of(layers: Sequence[Fields]) -> list[Node]:
    """Every condition of the files, wherever it stands: numbers are cut at the thresholds in them."""
    entries: list[Fields] = []
    for layer in layers:
        document, quiet = layer.document, Fields(layer.document, layer.node, [], "")
        entries += [Fields(document, node, [], "") for node in section_of(layer, "definitions").values.values()]
        entries += [*quiet.mappings("implications"), *quiet.mappings("rules"), section_of(layer, "scope")]
    return [node for entry in entries for name in ("when", "then") if (node := entry.values.get(name)) is not None]


def section_of(layer: Fields, name: str) -> Fields:
    """Return a section without reporting what is wrong with it: whoever reads it does that."""
    return Fields(layer.document, layer.values.get(name), [], name)
