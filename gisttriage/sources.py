"""Sources: the document, its publications, and what each was found to say."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct
from yaml.nodes import MappingNode

from .diagnostics import Problem
from .documents import Document
from .fields import Fields

AGREEMENTS = ("agrees", "differs", "imprecise", "not_verifiable")
_PUBLICATION = ("authors", "journal", "year", "volume", "issue", "pages", "doi", "pmid")
_SOURCE = ("type", "title", "short", "design", "n", "findings", *_PUBLICATION)
_FINDING = ("statement", "figures", "locator", "agreement", "disagreement", "note")


class Finding(Struct, frozen=True, kw_only=True):
    """One thing a source says, and how well the publication behind it confirms that."""

    id: str
    statement: str
    figures: Mapping[str, str]
    locator: str
    agreement: str
    disagreement: str
    note: str


class Source(Struct, frozen=True, kw_only=True):
    """A document or a publication. Design and n are printed as they are: no grade is made of them."""

    id: str
    type: str
    title: str
    short: str
    design: str
    n: str
    publication: Mapping[str, str]
    findings: Mapping[str, Finding]

    @property
    def reference(self) -> str:
        """The reference as it is printed: authors, title, journal, year, volume, pages, identifiers."""
        part = self.publication
        if not part:
            return self.title
        issue = f"({part['issue']})" if "issue" in part else ""
        text = f"{part.get('authors', '')}. {self.title}. {part.get('journal', '')} {part.get('year', '')}"
        text += f";{part.get('volume', '')}{issue}:{part.get('pages', '')}."
        text += f" DOI {part['doi']}." if "doi" in part else ""
        return text + (f" PMID {part['pmid']}." if "pmid" in part else "")


class Cite(Struct, frozen=True):
    """A rule's reference to one finding of one source."""

    source: str
    finding: str


def read_sources(document: Document, fields: Fields, problems: list[Problem]) -> dict[str, Source]:
    """Read the `sources` section."""
    found = {}
    for id in fields.names():
        source = Fields(document, fields.values[id], problems, f"source {id!r}")
        source.only(_SOURCE)
        if source.text("type", required=True) not in ("document", "publication"):
            source.fail(source.values.get("type"), "a source is a document or a publication")
        findings = Fields(document, source.node_of("findings", required=True), problems, f"findings of {id!r}")
        found[id] = Source(
            id=id,
            type=source.text("type"),
            title=source.text("title", required=True),
            short=source.text("short") or f"{source.text('authors').split(' ')[0]} {source.text('year')}",
            design=source.text("design", required=True),
            n=source.text("n"),
            publication={name: source.text(name) for name in _PUBLICATION if name in source.values},
            findings={name: _finding(document, name, findings, problems) for name in findings.names()},
        )
    return found


def _finding(document: Document, id: str, findings: Fields, problems: list[Problem]) -> Finding:
    fields = Fields(document, findings.values[id], problems, f"finding {id!r}")
    fields.only(_FINDING)
    agreement = fields.text("agreement", required=True)
    if agreement and agreement not in AGREEMENTS:
        fields.fail(
            fields.values["agreement"], f"agreement cannot be {agreement!r}", f"one of: {', '.join(AGREEMENTS)}"
        )
    if agreement != "agrees" and not fields.text("note"):
        fields.fail(findings.keys[id], f"finding {id!r} does not simply agree, so it needs a note", "add one")
    figures = fields.values.get("figures")
    return Finding(
        id=id,
        statement=fields.text("statement", required=True),
        figures=Fields(document, figures, problems, "figures").plain() if isinstance(figures, MappingNode) else {},
        locator=fields.text("locator", required=True),
        agreement=agreement,
        disagreement=fields.text("disagreement"),
        note=fields.text("note"),
    )


def read_cites(rule: Fields, sources: Mapping[str, Source]) -> tuple[Cite, ...]:
    """Read a rule's `cites`; each must name a source and one of its findings."""
    cites = []
    for entry in rule.mappings("cites"):
        entry.only(("source", "finding"))
        source, finding = entry.text("source", required=True), entry.text("finding", required=True)
        if source not in sources:
            entry.unknown("source", source, sources)
        elif finding not in sources[source].findings:
            entry.unknown("finding", finding, sources[source].findings)
        else:
            cites.append(Cite(source, finding))
    return tuple(cites)
