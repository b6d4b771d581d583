"""What checking a rulebook may find: a stable code each, with its severity, meaning and remedy."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from .diagnostics import Span
from .logic import Situation


class Code(Struct, frozen=True):
    """A kind of finding: error, warning or note; what it means, what to do, and an example."""

    severity: str
    meaning: str
    remedy: str
    example: str


CODES: Mapping[str, Code] = {
    "conflict": Code(
        "error",
        "Two rules that apply give one decision different options.",
        "Override one of them, or narrow a condition.",
        "rule A: tki: imatinib → surgery: consider; rule B: presentation: pain → surgery: caution",
    ),
    "dead-rule": Code(
        "error",
        "A rule never applies: its condition cannot hold in scope, or others always override it.",
        "Mend its condition, or remove it.",
        "when: {disease_extent: localized}, in a rulebook whose scope leaves localised disease out",
    ),
    "only-unknown": Code(
        "error",
        "A rule looks possible while something is unknown, and never applies once it is known.",
        "Mend its condition, or remove it.",
        "all: [{tki: imatinib}, {tki: sunitinib}]",
    ),
    "implications-clash": Code(
        "error",
        "An implication can never hold, because others contradict it.",
        "Mend one of them.",
        "progressing_lesions: 0 → progression: none, and progressing_lesions: 0 → progression: limited",
    ),
    "gap": Code(
        "warning",
        "In scope, and no rule speaks of the decision, not even to declare silence.",
        "Add a rule, or one that gives no_guidance and says why.",
        "no rule on surgery for patients on sunitinib",
    ),
    "redundant-rule": Code(
        "warning",
        "Without the rule every answer would be the same.",
        "Remove it, or check what it was meant to change.",
        "a rule for KIT exon 11 beside one for all KIT mutations with the same option",
    ),
    "uncited-rule": Code(
        "warning",
        "A rule gives an option or a caution on nobody's word.",
        "Cite a finding.",
        "a rule without cites",
    ),
    "unstated-disagreement": Code(
        "warning",
        "A finding is said to disagree with its publication, and no note says how.",
        "Add a note.",
        "disagreement: X3 without a note",
    ),
    "unused-definition": Code(
        "warning",
        "No condition uses the definition.",
        "Use it or remove it.",
        "definitions: {elderly: …}, and elderly in no condition",
    ),
    "unused-fact": Code(
        "note", "No condition reads the fact.", "Mark it as context, or remove it.", "a fact nobody asks for"
    ),
    "unused-value": Code(
        "note",
        "No condition names the value.",
        "Nothing, unless a rule was meant to.",
        "best_response: stable, where rules ask for progression only",
    ),
    "unused-source": Code(
        "note", "No rule cites any finding of the source.", "Cite it or remove it.", "a paper kept for reading"
    ),
    "uncited-finding": Code(
        "note", "No rule cites the finding.", "Nothing, if it is there to be read.", "a figure that supports no rule"
    ),
    "not-proved": Code(
        "error",
        "A bound on work was reached before everything was visited.",
        "Write conditions with fewer combinations.",
        "forty facts that all interact in one decision",
    ),
}
"""Every code there is. Codes are stable: scripts and suppressions may rely on them."""


class Finding(Struct, frozen=True, kw_only=True):
    """One thing found: a stable code, a sentence, where it stands, and a situation that shows it, if one can."""

    code: str
    message: str
    place: tuple[str, Span] | None
    witness: Situation | None = None

    @property
    def span(self) -> Span | None:
        """The place in its file."""
        return self.place[1] if self.place is not None else None

    @property
    def severity(self) -> str:
        """error, warning or note."""
        return CODES[self.code].severity
