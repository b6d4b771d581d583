"""``gisttriage rules sources``: the evidence, to read or to export."""

from __future__ import annotations

import sys

import click

from ...output import write_out
from ...render.references import FORMATS
from ...render.rules import closing, lines_of_source, printed
from ..common import examples, format_option, rulebook_of, rules_option


@click.command(epilog=examples("gisttriage rules sources", "gisttriage rules sources --format bibtex > gist.bib"))
@format_option("text", *FORMATS)
@rules_option
def sources(format: str, rules: str | None) -> None:
    """List the sources with their design and size, what each says, and how well that was confirmed; or export them."""
    rulebook = rulebook_of(rules)
    if format != "text":
        write_out(FORMATS[format](rulebook.sources.values()), as_utf8=True)
        return
    for source in rulebook.sources.values():
        write_out(printed(lines_of_source(source), sys.stdout) + "\n")
    write_out(printed(closing(rulebook), sys.stdout))
