"""References for other programs: BibTeX, RIS and CSL-JSON. Only identifiers seen in print are given."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from ..sources import Source
from .json import dumps

# What TeX would obey, as it has to be written to be shown.
_TEX = {
    "\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}",
    **{sign: f"\\{sign}" for sign in "&%$#_{}"},
}  # fmt: skip
_FIELDS = ("journal", "year", "volume", "doi")


def authors_of(source: Source) -> list[tuple[str, str]]:
    """Return (family, initials) of every author named; "et al." only says that there are more."""
    names = [name.strip() for name in source.publication.get("authors", "").split(",")]
    return [(family, initials) for name in names if name and name != "et al." for family, initials in [_split(name)]]


def _split(name: str) -> tuple[str, str]:
    family, _, initials = name.rpartition(" ")
    return (family, initials) if family and re.fullmatch(r"[A-Z]{1,3}", initials) else (name, "")


def as_bibtex(sources: Iterable[Source]) -> str:
    """Return one entry for each source; a document without a publication is @misc."""
    return "\n".join("".join(_bibtex(source)) for source in sources)


def _bibtex(source: Source) -> Iterator[str]:
    yield f"@{'article' if source.publication else 'misc'}{{{source.id},\n"
    yield f"  title = {{{{{_tex(source.title)}}}}},\n"
    names = [f"{family}, {'. '.join(initials)}." if initials else family for family, initials in authors_of(source)]
    if names:
        more = ["others"] if "et al." in source.publication.get("authors", "") else []
        yield f"  author = {{{_tex(' and '.join([*names, *more]))}}},\n"
    for field in _FIELDS:
        if field in source.publication:
            yield f"  {field} = {{{_tex(source.publication[field])}}},\n"
    if "issue" in source.publication:
        yield f"  number = {{{_tex(source.publication['issue'])}}},\n"
    if "pages" in source.publication:
        yield f"  pages = {{{_tex(source.publication['pages'].replace('-', '--'))}}},\n"
    if "pmid" in source.publication:
        yield f"  note = {{PMID {_tex(source.publication['pmid'])}}},\n"
    yield "}\n"


def _tex(text: str) -> str:
    return "".join(_TEX.get(char, char) for char in text)


def as_ris(sources: Iterable[Source]) -> str:
    """Return RIS, one record for each source."""
    return "".join(f"{tag}  - {' '.join(value.split())}\n" for source in sources for tag, value in _ris(source))


def _ris(source: Source) -> Iterator[tuple[str, str]]:
    part = source.publication
    yield "TY", "JOUR" if part else "GEN"
    yield "ID", source.id
    yield "TI", source.title
    for family, initials in authors_of(source):
        yield "AU", f"{family}, {'. '.join(initials)}." if initials else family
    first, _, last = part.get("pages", "").partition("-")
    named = (("JO", "journal"), ("PY", "year"), ("VL", "volume"), ("IS", "issue"), ("DO", "doi"), ("AN", "pmid"))
    for tag, value in (*((tag, part.get(field, "")) for tag, field in named), ("SP", first), ("EP", last)):
        if value:
            yield tag, value
    yield "ER", ""


def as_csl(sources: Iterable[Source]) -> str:
    """Return CSL-JSON (schema 1.0.2), as reference managers exchange it."""
    return dumps([_csl(source) for source in sources])


def _csl(source: Source) -> dict[str, Any]:
    part = source.publication
    item: dict[str, Any] = {"id": source.id, "type": "article-journal" if part else "speech", "title": source.title}
    authors = [
        {"family": family, "given": initials} if initials else {"family": family}
        for family, initials in authors_of(source)
    ]
    if authors:
        item["author"] = authors
    if year := part.get("year"):
        # A paper in press has a year in words only.
        item["issued"] = {"date-parts": [[int(year)]]} if re.fullmatch("[0-9]{4}", year) else {"literal": year}
    named = (
        ("container-title", "journal"),
        ("volume", "volume"),
        ("issue", "issue"),
        ("page", "pages"),
        ("DOI", "doi"),
        ("PMID", "pmid"),
    )
    return item | {name: part[field] for name, field in named if field in part}


FORMATS: Mapping[str, Callable[[Iterable[Source]], str]] = {"bibtex": as_bibtex, "ris": as_ris, "csl-json": as_csl}
