"""JSON Lines, and one JSON array: the full assessment of every case, in the schema of `assess --format json`."""

from __future__ import annotations

import msgspec

from .. import __version__
from ..batch import Result
from ..diagnostics import visible
from ..logic import Situation
from ..rulebook import Rulebook
from ..summary import Digest, error_text
from .json import answered, described, printable, stamped

ERROR_SCHEMA = "gisttriage.error/1"


class JsonLines:
    """One object a line; cases in one situation share most of it, so that part is encoded once."""

    whole = True

    def __init__(self, rulebook: Rulebook) -> None:
        self._rulebook = rulebook
        self._shared: dict[Situation, str] = {}

    def start(self) -> str:
        """Return nothing: the first line is a case."""
        return ""

    def row(self, result: Result, digest: Digest | None) -> str:
        """Return one line."""
        return self.object(result) + "\n"

    def end(self) -> str:
        """Return nothing."""
        return ""

    def object(self, result: Result) -> str:
        """Return one case, or why it could not be read, without a line end."""
        if result.case is None or result.assessment is None:
            source = {"id": visible(result.id), "source": visible(result.file)}
            error = {
                "schema": ERROR_SCHEMA,
                "tool": {"name": "gisttriage", "version": __version__},
                "rulebook": stamped(self._rulebook.stamp),
                "case": source,
                "status": "error",
                "error": error_text(result.problems),
                "disclaimer": self._rulebook.stamp.disclaimer,
            }
            return printable(msgspec.json.encode(error).decode())
        shared = self._shared.get(result.situation)
        if shared is None:
            encoded = msgspec.json.encode(answered(result.assessment, self._rulebook)).decode()
            shared = self._shared[result.situation] = printable(encoded)
        own = msgspec.json.encode(described(result.case, result.assessment, self._rulebook)).decode()
        return f"{printable(own)[:-1]},{shared[1:]}"


class JsonArray(JsonLines):
    """The same objects as one array."""

    def __init__(self, rulebook: Rulebook) -> None:
        super().__init__(rulebook)
        self._separator = ""

    def start(self) -> str:
        """Open the array."""
        return "["

    def row(self, result: Result, digest: Digest | None) -> str:
        """Return one element."""
        text = f"{self._separator}\n{self.object(result)}"
        self._separator = ","
        return text

    def end(self) -> str:
        """Close the array."""
        return "\n]\n"
