"""One test for each fault that was found and mended; each states what holds now."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
import time
from pathlib import Path
from xml.etree import ElementTree

import pytest

from gisttriage import CaseError, Rulebook, RulebookError, assess, load_rulebook, parse_case
from gisttriage.render import markdown, svg, text
from gisttriage.render.report import report

from .conftest import ROOT, Run
from .test_cli import SETTLED, start, write
from .test_rulefile import RULE, START

READY = "fit_for_surgery: yes, resection_expected: complete"


def asked(tmp_path: Path, answers: bytes, *arguments: str) -> tuple[int, str, str]:
    """Run `assess --ask` on a terminal; return the exit code, the JSON and what was asked."""
    outer, inner = pty.openpty()
    process = start(
        tmp_path, "assess", *arguments, "--ask", "--format", "json", stdin=inner, stdout=subprocess.PIPE, stderr=inner
    )
    os.write(outer, answers)
    out, _ = process.communicate(timeout=60)
    screen = os.read(outer, 65536).decode()
    os.close(outer)
    os.close(inner)
    return process.returncode, out.decode(), screen


@pytest.mark.parametrize("lesions", ["3", '">0"'])
def test_an_answer_that_contradicts_the_case_is_asked_again(tmp_path: Path, lesions: str) -> None:
    """--ask refuses an answer that cannot hold beside the case, says why, and asks again, under the name of the case."""
    write(
        tmp_path,
        "a.yaml",
        f"{{disease_extent: metastatic, tki: imatinib, subtype: kit, progressing_lesions: {lesions}, {READY}}}",
    )
    code, out, screen = asked(tmp_path, b"none\nlimited\n\n\n\n\n", "a.yaml")
    assert code == 0
    assert "contradict each other" in screen
    assert "a.yaml: Is the disease growing" in screen
    assert json.loads(out)["decisions"]["surgery"]["option"] == "consider"


def test_facts_that_only_together_leave_nothing_are_a_contradiction(rulebook: Rulebook) -> None:
    """More than no lesion growing, and no progression: no single implication fires, and still no patient is like that."""
    with pytest.raises(CaseError, match="contradict each other"):
        parse_case('{progressing_lesions: ">0", progression: none}', rulebook)


BROKEN = {
    "a key that is a list": RULE.replace("colour: red", "? [a] : b, colour: red"),
    "two rules without an id": RULE.replace("id: one, ", "") + RULE.replace("id: one, ", "").splitlines()[1],
    "a rule that is a word": RULE + "  - hello\n  - hello\n",
    "flow nesting": RULE.replace("{colour: red, big: yes}", "{not: " * 900 + "{colour: red}" + "}" * 900),
    "block nesting": RULE.replace("{colour: red, big: yes}", "\n" + "".join(" " * (6 + i) + "not:\n" for i in range(900)) + " " * 910 + "colour: red\n    "),
    "an empty any": RULE.replace("colour: red", "any: []"),
    "an empty list": RULE.replace("colour: red", "colour: []"),
    "escape codes in a name": RULE.replace("id: one", 'id: "\\e[31mone"'),
    "twenty thousand sections": RULE + "".join(f"x{i}: 1\n" for i in range(20_000)),
    "no rules": "rules: []\n",
}  # fmt: skip
BROKEN_START = {
    "nan": START.replace("min: 0, max: 10}\n  weight", "min: nan, max: 10}\n  weight"),
    "signalling nan": START.replace("min: 0, max: 10}\n  weight", "min: sNaN, max: 10}\n  weight"),
    "infinite": START.replace("max: 10}\n  weight", "max: inf}\n  weight"),
    "beyond all numbers": START.replace("max: 10}\n  weight", "max: 1e999999999999}\n  weight"),
    "upside down": START.replace("max: 10}\n  weight", "max: -10}\n  weight"),
    "a proviso on a number": START.replace("min: 0, max: 10}\n  weight", "min: 0, max: 10, proviso: 70}\n  weight"),
    "no id": START.replace("id: small, ", ""),
    "no unit": START.replace("unit: cm", "unit: ''"),
    "no values": START.replace("{red: {}, blue: {}}", "{}"),
    "an empty group": START.replace("groups: {any: [red, blue]}", "groups: {none: []}"),
    "a fact called not": START.replace("  colour:", "  not: {type: text, label: a, ask: b}\n  colour:"),
    "a definition named like a fact": START.replace("  big:", "  size: {label: s, when: {size: '> 5'}}\n  big:"),
    "no decision": START.replace("{go: {label: Go, ask: Go?, options: {stay: {}, leave: {}}}}", "{}").replace("  go: {label: Go, ask: Go?, options: {stay: {}, leave: {}}}", ""),
    "a chain of definitions": START.replace("sources:", "  d0: {when: {colour: red}}\n" + "".join(f"  d{i + 1}: {{when: {{d{i}: yes}}}}\n" for i in range(1500)) + "sources:"),
    "definitions that double": START.replace("sources:", "  d0: {when: {colour: red}}\n" + "".join(f"  d{i + 1}: {{when: {{any: [{{d{i}: yes}}, {{not: {{d{i}: yes}}}}]}}}}\n" for i in range(40)) + "sources:"),
}  # fmt: skip


@pytest.mark.parametrize(
    "rulebook_text",
    [START + rule for rule in BROKEN.values()] + [s + RULE for s in BROKEN_START.values()],
    ids=[*BROKEN, *BROKEN_START],
)
def test_a_broken_rulebook_is_refused_soon_and_safely(tmp_path: Path, rulebook_text: str) -> None:
    """Each of these once ended in a traceback, in a hang or in silence: now a RulebookError, of a readable length."""
    path = write(tmp_path, "rules.yaml", rulebook_text)
    with pytest.raises(RulebookError) as caught:
        load_rulebook(path)
    assert len(caught.value.problems) <= 101
    assert "\x1b" not in str(caught.value)


@pytest.mark.parametrize("line", ["foo{}: 1\n", "age: 1\n"])
def test_ten_thousand_mistakes_are_not_looked_at_one_by_one(rulebook: Rulebook, line: str) -> None:
    """After a hundred problems the file is given up, with a word of it."""
    with pytest.raises(CaseError) as caught:
        parse_case("".join(line.format(i) for i in range(10_000)), rulebook)
    assert len(caught.value.problems) == 101
    assert caught.value.problems[-1].message == "too much is wrong to go on"


def test_a_message_does_not_repeat_a_huge_value(rulebook: Rulebook) -> None:
    """A value of 900 kB is quoted by its beginning."""
    with pytest.raises(CaseError) as caught:
        parse_case("tki: " + "x" * 900_000, rulebook)
    assert len(str(caught.value)) < 1000


@pytest.mark.parametrize(
    ("data", "place"),
    [
        (b"id: a\rtki: \x01\r", "2:6"),
        (b"id: a\rtki: \xff\r", "2:6"),
        ("id: a\u2028tki: \x01".encode(), "2:6"),
        (b'{"id": "\\ud83d\\ude00", "foo": 1}', "1:13"),
    ],
)
def test_a_place_is_counted_in_the_text_that_is_shown(gisttriage: Run, tmp_path: Path, data: bytes, place: str) -> None:
    """Every line break that YAML knows counts, and JSON's escapes are shown as the character they are."""
    ran = gisttriage("assess", write(tmp_path, "a.yaml", data))
    assert ran.err.startswith(f"{tmp_path / 'a.yaml'}:{place}: error: ")
    excerpt, caret = ran.err.splitlines()[1:3]
    assert excerpt[caret.index("^")] in "\\�f"  # the emoji is two columns wide, so the caret stands one letter further


def test_a_wide_line_is_cut_to_what_fits(rulebook: Rulebook) -> None:
    """Characters of two columns and escapes count for what they take."""
    for filler in ("日" * 200, "\\u202e" * 200):
        with pytest.raises(CaseError) as caught:
            parse_case(f'{{id: "{filler}", tki: foo}}', rulebook)
        for shown in str(caught.value).splitlines()[1:3]:
            assert sum(2 if char == "日" else 1 for char in shown) < 100


def test_null_leaves_a_text_out(rulebook: Rulebook) -> None:
    """JSON's null and a blank are no id and no note; the word in quotes is what it says."""
    case = parse_case('{"id": null, "notes": null, "tki": "none"}', rulebook, "a.json")
    assert (case.id, case.given["notes"].value) == ("a.json", None)
    assert parse_case("id: '   '", rulebook, "a.yaml").id == "a.yaml"
    assert parse_case('id: "null"', rulebook, "a.yaml").id == "null"


def test_a_closed_or_full_stream_ends_with_2(tmp_path: Path) -> None:
    """No traceback, and no problem among the results, when standard input, output or error is closed or full."""
    case = write(tmp_path, "a.yaml", SETTLED)
    program = f"{sys.executable} -m gisttriage"
    for line, code, out in (
        (f"{program} assess - <&-", 2, ""),
        (f"{program} assess {case} --ask <&-", 2, ""),
        (f"{program} assess {case} >&-", 2, ""),
        (f"{program} assess nope.yaml 2>&-", 2, ""),
        (f"{program} assess nope.yaml 2>/dev/full", 2, ""),
        (f"{program} assess nope.yaml {case} --format json 2>/dev/full", 2, "{"),
        (f"{program} assess {case} >/dev/full", 2, ""),
    ):
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        done = subprocess.run(
            ["bash", "-c", line], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == code, line
        assert done.stdout[:1] == out, line
        assert "Traceback" not in done.stderr, line


def test_an_interrupt_while_loading_is_quiet(tmp_path: Path) -> None:
    """Ctrl-C in the first moments ends with 130 and without a traceback."""
    for delay in (0.05, 0.08, 0.12):
        with start(tmp_path, "assess", "-", stdin=subprocess.PIPE, stderr=subprocess.PIPE) as process:
            time.sleep(delay)
            process.send_signal(2)
            _, err = process.communicate()
        if process.returncode == 130:
            assert b"Traceback" not in err
        else:  # the interpreter itself was still starting, and our code had not run
            assert b"gisttriage" not in err.replace(b"python -m gisttriage", b"")


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252"])
def test_programs_always_get_utf_8(gisttriage: Run, tmp_path: Path, encoding: str) -> None:
    """JSON and pages are UTF-8 whatever the terminal speaks; the panel is printed in what it can show."""
    path = write(tmp_path, "a.yaml", SETTLED + "notes: Größe\n")
    for format in ("json", "html", "svg", "markdown"):
        utf8 = gisttriage("assess", path, "--format", format).out
        assert "Größe" in utf8
        assert (
            gisttriage("assess", path, "--format", format, env={"PYTHONIOENCODING": encoding, "PYTHONUTF8": "0"}).out
            == utf8
        )


def test_the_case_itself_is_never_overwritten(gisttriage: Run, tmp_path: Path) -> None:
    """-o onto one of the cases, onto nothing, or with an ending that names no format is refused."""
    path = write(tmp_path, "a.yaml", SETTLED)
    (tmp_path / "link.json").symlink_to(path)
    for output in ("a.yaml", "link.json", "", "x.csv", "x.txt/"):
        assert gisttriage("assess", "a.yaml", "-o", output).code == 2
    assert path.read_text() == SETTLED
    assert sorted(found.name for found in tmp_path.iterdir()) == ["a.yaml", "link.json"]


def test_a_picture_is_well_formed_whatever_a_case_says(rulebook: Rulebook) -> None:
    """Characters that XML does not allow are written as escapes."""
    case = parse_case('{id: "\\uFFFE\\uFFFFx", notes: "\\e[31m"}', rulebook)
    ElementTree.fromstring(svg.render([report(case, assess(case, rulebook), rulebook)]))


def test_markdown_extensions_are_not_set_off(rulebook: Rulebook) -> None:
    """No list, code block, link, mention, formula or picture comes out of a note."""
    case = parse_case('{notes: "1. first http://a.b www.a.b @me a@b.c $x$ :smile:", id: "    code"}', rulebook)
    made = markdown.render([report(case, assess(case, rulebook), rulebook)])
    assert "1\\. first http\\://a.b www\\.a.b \\@me a\\@b.c \\$x\\$ \\:smile:" in made
    assert made.startswith("# code\n")


def test_a_long_id_is_told_in_full(rulebook: Rulebook) -> None:
    """An id that the frame has no room for is cut with an ellipsis there, and stands whole below."""
    id = "patient " * 12 + "one"
    case = parse_case(f"{{id: {id}}}", rulebook)
    printed = text.render([report(case, assess(case, rulebook), rulebook)], width=60)
    assert "…" in printed.splitlines()[0]
    assert id in " ".join(line.strip("│ ") for line in printed.splitlines()[1:5])


def test_full_width_digits_are_told_apart_from_a_decimal_comma(rulebook: Rulebook) -> None:
    """The help says which digits are read."""
    with pytest.raises(CaseError, match="write it with the digits 0-9"):
        parse_case("age: ５５", rulebook)
