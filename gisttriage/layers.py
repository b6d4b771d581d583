"""Which rulebooks a rulebook extends: from the name of a file to the parsed files, what is extended first."""

from __future__ import annotations

import os
from typing import NoReturn

from .diagnostics import Problems, RulebookError, suggest
from .documents import Document, compose, read_document
from .fields import Fields

BUILTIN = os.path.join(os.path.dirname(__file__), "rules.yaml")
"""The rulebook that ships with the program: a link to the one at the top of the tree, and a copy in the wheel."""

_LIMIT = 20_000_000
_MOST = 8


def read_layers(path: str, problems: Problems) -> list[Fields]:
    """Read a rulebook and all that it extends. Raises RulebookError where one of them cannot be read."""
    layers = [layer_of(read_document(path, _LIMIT, RulebookError), problems)]
    seen = {os.path.realpath(path)}
    while "extends" in layers[0].values:
        path, document = _base(layers[0])
        if os.path.realpath(path) in seen:
            _refuse(
                layers[0], "rulebooks extend each other without end", "extend a rulebook that does not extend this one"
            )
        if len(layers) > _MOST:
            _refuse(
                layers[0], f"more than {_MOST} rulebooks would be extended by one", "put some of them into one file"
            )
        seen.add(os.path.realpath(path))
        layers.insert(0, layer_of(document, problems))
    return layers


def layer_of(document: Document, problems: Problems) -> Fields:
    """Return the sections of a rulebook, or of what extends one. Raises RulebookError if it is none."""
    root = compose(document, RulebookError)
    if root is None:
        raise RulebookError([document.problem(None, "this rulebook is empty")])
    fields = Fields(document, root, problems, "the rulebook")
    if not {"rulebook", "rules"} & fields.keys.keys():
        help = "a rulebook has the sections rulebook, facts, decisions, scope and rules"
        raise RulebookError([document.problem(None, "this is no rulebook", help)])
    return fields


def _base(layer: Fields) -> tuple[str, Document]:
    """Return what a layer extends: `builtin`, or a path beside it. What is wrong with the file is told at its name."""
    name = layer.text("extends", required=True)
    if not name.strip():
        raise RulebookError(layer.problems)
    path = BUILTIN if name == "builtin" else os.path.join(os.path.dirname(layer.document.name), name)
    try:
        return path, read_document(path, _LIMIT, RulebookError)
    except RulebookError as error:
        if error.problems[0].span is not None:
            raise
        help = suggest(name, ("builtin",)) or f"`builtin`, or a path from the folder of this file; looked for {path}"
        _refuse(layer, f"this cannot be extended: {error.problems[0].message}", help)


def _refuse(layer: Fields, message: str, help: str) -> NoReturn:
    raise RulebookError([layer.document.problem(layer.values["extends"], message, help)])
