"""gisttriage: what the documents say on surgery, drug and local therapy for one patient with GIST.

>>> from gisttriage import assess, load_rulebook, parse_case
>>> rulebook = load_rulebook()
>>> case = parse_case("{disease_extent: metastatic, tki: none, subtype: kit_exon_11}", rulebook)
>>> assess(case, rulebook).decisions["systemic_therapy"].option
'start_imatinib'
"""

from .assessment import Answer, Assessment
from .case import Case, parse_case, read_case
from .diagnostics import CaseError, GistTriageError, OutputError, Problem, RulebookError
from .rulebook import Rulebook
from .rulefile import load_rulebook
from .triage import assess, assess_situation

__version__ = "0.1.0"

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
