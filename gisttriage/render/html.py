"""HTML: one self-contained page, with no script and nothing to load. Everything is escaped by the template engine."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import jinja2

from .parts import Report, numbered

_PAGE = Path(__file__).with_name("page.html")


def render(reports: Iterable[Report]) -> str:
    """Return one page with an article for each report."""
    template = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined).from_string(
        _PAGE.read_text(encoding="utf-8")
    )
    return template.render(reports=list(reports), numbered=numbered)
