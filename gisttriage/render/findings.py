"""What `rules check` found: for people, for programs, for code scanning (SARIF 2.1.0) and for GitHub's annotations."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from .. import __version__
from ..diagnostics import visible
from ..findings import CODES, Finding
from ..rulebook import Rulebook
from ..verify import Proof
from ..words import as_case
from .json import dumps, stamped

_SARIF_LEVEL = {"error": "error", "warning": "warning", "note": "note"}
_GITHUB_LEVEL = {"error": "error", "warning": "warning", "note": "notice"}


def conclusion(proof: Proof, seconds: float) -> str:
    """Return the last line: what was proved, over how much, in what time."""
    counts = dict.fromkeys(("error", "warning", "note"), 0)
    for finding in proof.findings:
        counts[finding.severity] += 1
    told = ", ".join(f"{number} {name}{'' if number == 1 else 's'}" for name, number in counts.items())
    if not proof.proved:
        return f"not proved: a bound on work was reached; {told}; {seconds:.3f} s"
    return (
        f"proved over {proof.cases:,} fully known cases and, with every fact unknown or partly known, "
        f"{proof.situations:,} situations, in {seconds:.3f} s: {told}"
    )


def as_text(proof: Proof, rulebook: Rulebook, seconds: float) -> str:
    """Return one paragraph for each finding, and the conclusion."""
    lines = []
    for finding in proof.findings:
        path = finding.place[0] if finding.place else rulebook.path
        place = f":{finding.span.line}:{finding.span.column}" if finding.span else ""
        lines.append(f"{visible(path)}{place}: {finding.severity}: {visible(finding.message)} [{finding.code}]")
        if finding.witness is not None:
            lines += [
                "  for example:",
                *(f"    {line}" for line in as_case(finding.witness, rulebook.read).splitlines()),
            ]
    stamp = rulebook.stamp
    lines += [f"rulebook {visible(each.id)} {visible(each.version)}, sha256 {each.sha256}" for each in stamp.chain]
    lines.append(conclusion(proof, seconds))
    return "\n".join(lines) + "\n"


def as_json(proof: Proof, rulebook: Rulebook, seconds: float) -> str:
    """Return the findings as one object; the time is left out, so that the same rulebook gives the same bytes."""
    stamp = rulebook.stamp
    return dumps(
        {
            "schema": "gisttriage.check/1",
            "tool": {"name": "gisttriage", "version": __version__},
            "rulebook": stamped(stamp),
            "proved": proof.proved,
            "cases": proof.cases,
            "situations": proof.situations,
            "findings": [_object(finding, rulebook) for finding in proof.findings],
        }
    )


def _object(finding: Finding, rulebook: Rulebook) -> dict[str, Any]:
    return {
        "code": finding.code,
        "severity": finding.severity,
        "message": finding.message,
        "file": finding.place[0] if finding.place else rulebook.path,
        "line": finding.span.line if finding.span else None,
        "column": finding.span.column if finding.span else None,
        "witness": as_case(finding.witness, rulebook.read) if finding.witness is not None else None,
    }


def as_sarif(proof: Proof, rulebook: Rulebook, seconds: float) -> str:
    """Return SARIF 2.1.0 (OASIS), as code-scanning services read it."""
    codes = [
        {"id": code, "shortDescription": {"text": told.meaning}, "help": {"text": told.remedy}}
        for code, told in CODES.items()
    ]
    results = []
    for finding in proof.findings:
        place: dict[str, Any] = {
            "artifactLocation": {"uri": visible(finding.place[0] if finding.place else rulebook.path)}
        }
        if finding.span:
            place["region"] = {"startLine": finding.span.line, "startColumn": finding.span.column}
        message = finding.message
        if finding.witness is not None:
            message += "\n\nFor example:\n" + as_case(finding.witness, rulebook.read)
        results.append(
            {
                "ruleId": finding.code,
                "level": _SARIF_LEVEL[finding.severity],
                "message": {"text": message},
                "locations": [{"physicalLocation": place}],
            }
        )
    driver = {"name": "gisttriage", "version": __version__, "rules": codes}
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
    return dumps({"$schema": "https://json.schemastore.org/sarif-2.1.0.json", "version": "2.1.0", "runs": [run]})


def as_github(proof: Proof, rulebook: Rulebook, seconds: float) -> str:
    """Return workflow commands, which GitHub shows beside the lines of a pull request."""
    lines = []
    for finding in proof.findings:
        place = f",line={finding.span.line},col={finding.span.column}" if finding.span else ""
        text = visible(finding.message).replace("%", "%25")
        path = (
            visible(finding.place[0] if finding.place else rulebook.path)
            .replace("%", "%25")
            .replace(",", "%2C")
            .replace(":", "%3A")
        )
        lines.append(f"::{_GITHUB_LEVEL[finding.severity]} file={path}{place},title={finding.code}::{text}")
    return "\n".join([*lines, conclusion(proof, seconds)]) + "\n"


FORMATS: Mapping[str, Callable[[Proof, Rulebook, float], str]] = {
    "text": as_text,
    "json": as_json,
    "sarif": as_sarif,
    "github": as_github,
}
