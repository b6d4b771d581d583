"""gisttriage: what the documents say on surgery, drug and local therapy for one patient with GIST.

>>> from gisttriage import assess, load_rulebook, parse_case
>>> rulebook = load_rulebook()
>>> case = parse_case("{disease_extent: metastatic, tki: none, subtype: kit_exon_11}", rulebook)
>>> assess(case, rulebook).decisions["systemic_therapy"].option
'start_imatinib'
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .assessment import Answer, Assessment
    from .case import Case, parse_case, read_case
    from .diagnostics import CaseError, GistTriageError, OutputError, Problem, RulebookError
    from .rulebook import Rulebook
    from .rulefile import load_rulebook
    from .triage import assess, assess_situation

__version__ = "0.1.0"

# Imported on first use (PEP 562), so that the command line is in charge before anything else is loaded.
_HOMES = {
    "Answer": "assessment",
    "Assessment": "assessment",
    "Case": "case",
    "CaseError": "diagnostics",
    "GistTriageError": "diagnostics",
    "OutputError": "diagnostics",
    "Problem": "diagnostics",
    "Rulebook": "rulebook",
    "RulebookError": "diagnostics",
    "assess": "triage",
    "assess_situation": "triage",
    "load_rulebook": "rulefile",
    "parse_case": "case",
    "read_case": "case",
}

__all__ = [
    "Answer",
    "Assessment",
    "Case",
    "CaseError",
    "GistTriageError",
    "OutputError",
    "Problem",
    "Rulebook",
    "RulebookError",
    "__version__",
    "assess",
    "assess_situation",
    "load_rulebook",
    "parse_case",
    "read_case",
]


def __getattr__(name: str) -> object:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module  # noqa: PLC0415

    return getattr(import_module(f".{home}", __name__), name)
