"""What people read: the panel, Markdown and HTML, and what a case file cannot do to them."""

from __future__ import annotations

import json as standard
import re
import unicodedata
from pathlib import Path

import pytest

from gisttriage import Rulebook, assess, parse_case, read_case
from gisttriage.render import html, json, markdown, svg, text
from gisttriage.render.parts import Report
from gisttriage.render.report import report

from .conftest import ROOT

GOLDEN = Path(__file__).parent / "golden"
HOSTILE = "\x1b[31mred\x1b[0m [bold]b[/bold] <script>alert(1)</script> \u202egnp.exe \x9b2J =cmd() **md** \u2028 😀"
QUOTED = '"' + HOSTILE.replace("\x1b", "\\e").replace("\x9b", "\\x9b").replace("\u2028", "\\L") + '"'


def reported(name: str, rulebook: Rulebook) -> Report:
    """The report on one of the examples."""
    case = read_case(ROOT / "examples" / name, rulebook)
    return report(case, assess(case, rulebook), rulebook)


def rendered(name: str, rulebook: Rulebook) -> Report:
    """The report on one of the examples, with its stamp made independent of the rulebook's wording."""
    made = reported(name, rulebook)
    return type(made)(**{f: getattr(made, f) for f in made.__struct_fields__} | {"stamp": "STAMP"})


@pytest.mark.parametrize("width", [60, 80, 200])
@pytest.mark.parametrize(
    "name", ["d6-resistant-site", "d13-nf1", "open-pattern-not-stated", "emergency", "out-of-scope"]
)
def test_the_panel_is_as_it_was_agreed(rulebook: Rulebook, name: str, width: int) -> None:
    """The printed panel, without colour, at 60, 80 and 200 columns (``python -m tests.golden_update`` writes them)."""
    golden = GOLDEN / f"{name}-{width}.txt"
    assert text.render([rendered(f"{name}.yaml", rulebook)], width=width) == golden.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["d13-nf1", "open-pattern-not-stated"])
def test_markdown_and_html_are_as_they_were_agreed(rulebook: Rulebook, name: str) -> None:
    """The same answer as a document and as a page."""
    made = [rendered(f"{name}.yaml", rulebook)]
    assert markdown.render(made) == (GOLDEN / f"{name}.md").read_text(encoding="utf-8")
    assert html.render(made) == (GOLDEN / f"{name}.html").read_text(encoding="utf-8")


def test_the_picture_in_the_readme_is_what_the_program_draws(rulebook: Rulebook) -> None:
    """The SVG is real output, loads nothing, and is up to date."""
    drawn = svg.render([reported("open-pattern-not-stated.yaml", rulebook)])
    assert drawn == (ROOT / "examples" / "open-pattern-not-stated.svg").read_text(encoding="utf-8")
    assert set(re.findall(r"https?://[^\"]+", drawn)) == {"http://www.w3.org/2000/svg"}


@pytest.mark.parametrize("width", [40, 60, 72, 80, 110, 200])
@pytest.mark.parametrize("path", sorted(ROOT.glob("examples/[!c]*.yaml")), ids=lambda path: path.stem)
def test_no_line_is_wider_than_the_terminal(rulebook: Rulebook, path: Path, width: int) -> None:
    """Nothing runs over the edge, whatever the width."""
    case = read_case(path, rulebook)
    printed = text.render([report(case, assess(case, rulebook), rulebook, explain=True)], width=width)
    assert max(map(len, printed.splitlines())) <= width


def test_colour_adds_nothing_but_colour(rulebook: Rulebook) -> None:
    """Without the colour codes, the coloured panel is the plain one."""
    made = [rendered("d13-nf1.yaml", rulebook)]
    coloured = text.render(made, colour=True)
    assert "\x1b[" in coloured
    stripped = re.sub(r"\x1b\[[0-9;]*m", "", coloured)
    assert [line.rstrip() for line in stripped.splitlines()] == text.render(made).splitlines()


def test_an_ascii_terminal_gets_plain_characters(rulebook: Rulebook) -> None:
    """Where the encoding lacks the signs, plain ones stand in, frame and all, and no line gets wider."""
    plain = text.render([rendered("open-pattern-not-stated.yaml", rulebook)], plain=True)
    assert plain.isascii()
    assert "->" in plain
    framed = [line for line in plain.splitlines() if line.startswith("|")]
    assert {len(line) for line in framed} == {80}


def hostile(rulebook: Rulebook) -> Report:
    """A report on a case that tries to be obeyed in every text it has."""
    case = parse_case(f"{{id: {QUOTED}, notes: {QUOTED}, primary_site: [{QUOTED}]}}", rulebook)
    return report(case, assess(case, rulebook), rulebook)


def test_terminal_codes_and_markup_in_a_case_are_shown_and_not_obeyed(rulebook: Rulebook) -> None:
    """Escape codes, bidirectional marks and Rich markup come out as the text they are."""
    printed = text.render([hostile(rulebook)], width=100)
    unsafe = {char for char in printed if unicodedata.category(char) in ("Cc", "Cf", "Zl", "Zp")} - {"\n"}
    assert not unsafe
    assert "\\x1b[31mred" in printed
    assert "[bold]b[/bold]" in printed


def test_a_case_cannot_put_markup_into_a_page_or_a_document(rulebook: Rulebook) -> None:
    """HTML and Markdown escape what a case says; the page allows no script at all."""
    page = html.render([hostile(rulebook)])
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    assert "default-src 'none'" in page
    document = markdown.render([hostile(rulebook)])
    assert "<script" not in document.replace("\\<script", "")
    assert "\\*\\*md\\*\\*" in document


def test_json_keeps_every_text_and_is_safe_to_print(rulebook: Rulebook) -> None:
    """What a terminal could obey is escaped with the same meaning, so a program reads exactly what was written."""
    case = parse_case(f"{{notes: {QUOTED}}}", rulebook)
    printed = json.render([(case, assess(case, rulebook))], rulebook)
    assert standard.loads(printed)["case"]["facts"]["notes"]["value"] == HOSTILE
    assert not {char for char in printed if unicodedata.category(char) in ("Cc", "Cf", "Zl", "Zp")} - {"\n"}


def test_every_format_names_the_rulebook_and_says_that_it_supports_review(rulebook: Rulebook) -> None:
    """Version, hash and disclaimer stand in every output."""
    case = parse_case("{}", rulebook)
    assessment = assess(case, rulebook)
    made = [report(case, assessment, rulebook)]
    outputs = (text.render(made), markdown.render(made), html.render(made), json.render([(case, assessment)], rulebook))
    for output in outputs:
        flat = " ".join(output.replace("\\", "").split())
        assert rulebook.stamp.id in flat
        assert rulebook.stamp.version in flat
        assert rulebook.stamp.sha256[:12] in flat
        assert "Supports clinical review and does not replace it." in flat


def test_every_missing_fact_has_its_place(rulebook: Rulebook) -> None:
    """A fact that is not stated is asked for, could bring something, was assumed, or is said to change nothing."""
    for name in ("d13-nf1", "partly-known", "subtype-not-tested", "emergency"):
        case = read_case(ROOT / "examples" / f"{name}.yaml", rulebook)
        assessment = assess(case, rulebook)
        flat = " ".join(text.render([report(case, assessment, rulebook)]).split()).lower()
        for missing in assessment.missing:
            fact = rulebook.facts[missing.fact]
            assert fact.ask.lower() in flat or fact.label.lower() in flat, missing.fact


def test_every_disagreement_behind_an_answer_is_printed(rulebook: Rulebook) -> None:
    """Whatever is cited, the note on how its publication differs stands in the panel."""
    made = rendered("d13-nf1.yaml", rulebook)
    flat = " ".join(text.render([made]).split())
    case = read_case(ROOT / "examples" / "d13-nf1.yaml", rulebook)
    notes = [rulebook.sources[c.source].findings[c.finding].note for c in assess(case, rulebook).citations]
    assert any(notes)
    for note in notes:
        assert note in flat
