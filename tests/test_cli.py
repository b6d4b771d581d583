"""The program as a user runs it: what is printed where, how it ends, and what it refuses."""

from __future__ import annotations

import json
import os
import pty
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import jsonschema
import pytest

from gisttriage import Rulebook
from gisttriage.cli.main import cli

from .conftest import ROOT, Run
from .test_case import BAD

SETTLED = "disease_extent: metastatic\nsubtype: kit\ntki: none\n"
OPEN = "disease_extent: metastatic\ntki: imatinib\n"


def write(tmp_path: Path, name: str, text: str | bytes) -> Path:
    """Write a case file."""
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_assess_prints_the_answer_and_nothing_else(gisttriage: Run, tmp_path: Path) -> None:
    """Results go to standard output, nothing to standard error, and the run ends with 0."""
    ran = gisttriage("assess", write(tmp_path, "a.yaml", SETTLED))
    assert (ran.code, ran.err) == (0, "")
    assert "Not favoured" in ran.out
    assert "\x1b" not in ran.out


def test_a_case_may_come_from_standard_input(gisttriage: Run) -> None:
    """``-`` reads standard input, YAML or JSON."""
    for text in (SETTLED, '{"disease_extent": "metastatic", "subtype": "kit", "tki": "none"}'):
        ran = gisttriage("assess", "-", "--format", "json", stdin=text)
        assert json.loads(ran.out)["decisions"]["surgery"]["option"] == "not_favoured"
        assert json.loads(ran.out)["case"]["source"] == "<stdin>"


def test_set_replaces_facts_and_can_stand_alone(gisttriage: Run, tmp_path: Path) -> None:
    """--set changes one question without editing the file, and can describe a whole case."""
    path = write(tmp_path, "a.yaml", SETTLED)
    changed = json.loads(gisttriage("assess", path, "--set", "subtype=nf1", "--format", "json").out)
    assert changed["decisions"]["systemic_therapy"]["option"] == "tki_less_effective"
    alone = json.loads(gisttriage("assess", "--set", "disease_extent=localized", "--format", "json").out)
    assert alone["status"] == "out_of_scope"


def test_several_cases_are_an_array_and_a_bad_one_does_not_cost_the_others(gisttriage: Run, tmp_path: Path) -> None:
    """The good cases are answered, the bad one is reported, and the run ends with 2."""
    paths = [
        write(tmp_path, "a.yaml", SETTLED),
        write(tmp_path, "b.yaml", "tki: imatinb"),
        write(tmp_path, "c.yaml", OPEN),
    ]
    ran = gisttriage("assess", *paths, "--format", "json")
    assert ran.code == 2
    assert [answer["case"]["id"] for answer in json.loads(ran.out)] == ["a.yaml", "c.yaml"]
    assert ran.err.startswith(f"{paths[1]}:1:6: error: tki cannot be 'imatinb'\n  1 | tki: imatinb\n")


@pytest.mark.parametrize("text", [text for text, _ in BAD.values()], ids=BAD.keys())
def test_bad_input_ends_with_2_one_message_and_no_answer(gisttriage: Run, tmp_path: Path, text: bytes) -> None:
    """Whatever is in a file, there is a message with its path, no traceback and no partial answer."""
    path = write(tmp_path, "bad.yaml", text)
    ran = gisttriage("assess", path, "-o", "answer.json")
    assert ran.code == 2
    assert ran.out == ""
    assert ran.err.startswith(str(path))
    assert ran.err.count(": error: ") == 1
    assert "Traceback" not in ran.err
    assert not (tmp_path / "answer.json").exists()


@pytest.mark.parametrize(("name", "expected"), [("gone.yaml", "no such file"), (".", "this is a directory")])
def test_a_path_that_is_no_file_is_said_to_be_none(gisttriage: Run, name: str, expected: str) -> None:
    """A missing file and a directory each get their own message."""
    ran = gisttriage("assess", name)
    assert ran.code == 2
    assert f"{name}: error: {expected}" in ran.err


def test_a_huge_file_is_refused_without_reading_it(gisttriage: Run, tmp_path: Path) -> None:
    """200 MB are not read into memory."""
    path = tmp_path / "huge.yaml"
    with path.open("wb") as file:
        file.truncate(200_000_000)
    ran = gisttriage("assess", path)
    assert (ran.code, ran.out) == (2, "")
    assert "larger than 1 MB" in ran.err


def test_fail_on_ends_with_3(gisttriage: Run, tmp_path: Path) -> None:
    """--fail-on open tells a script that something is undecided; without it the run ends with 0."""
    path = write(tmp_path, "a.yaml", OPEN)
    assert gisttriage("assess", path).code == 0
    assert gisttriage("assess", path, "--fail-on", "open").code == 3
    assert gisttriage("assess", path, "--fail-on", "conflict").code == 0
    assert gisttriage("assess", write(tmp_path, "b.yaml", SETTLED), "--fail-on", "open").code == 0


def test_an_answer_is_written_whole_and_for_its_owner_only(gisttriage: Run, tmp_path: Path) -> None:
    """-o chooses the format by its ending, writes 0600, keeps the mode of a file it replaces, and leaves nothing behind."""
    path = write(tmp_path, "a.yaml", SETTLED)
    for name, start in (("x.json", "{"), ("x.md", "# a"), ("x.html", "<!doctype html>"), ("x.txt", "╭─ a.yaml")):
        assert gisttriage("assess", path, "-o", name).code == 0
        assert (tmp_path / name).read_text().startswith(start)
        assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o600
    (tmp_path / "x.json").chmod(0o644)
    assert gisttriage("assess", path, "-o", "x.json").code == 0
    assert stat.S_IMODE((tmp_path / "x.json").stat().st_mode) == 0o644
    assert not list(tmp_path.glob(".gisttriage-*"))


def test_an_answer_that_cannot_be_written_is_an_error(gisttriage: Run, tmp_path: Path) -> None:
    """A missing folder or a folder in the file's place: exit 2, one line, nothing left behind."""
    path = write(tmp_path, "a.yaml", SETTLED)
    for output in ("no/such/folder/x.json", str(tmp_path)):
        ran = gisttriage("assess", path, "--format", "json", "-o", output)
        assert ran.code == 2
        assert f"{output}: error: cannot be written" in ran.err
    full = gisttriage("assess", path, "--format", "json", "-o", "/dev/full")
    assert (full.code, "cannot be written: No space left" in full.err) == (2, True)


def test_the_same_input_gives_the_same_bytes(gisttriage: Run, tmp_path: Path) -> None:
    """No clock and no chance: two runs with different hash seeds print the same."""
    path = write(tmp_path, "a.yaml", OPEN)
    for format in ("json", "text", "html", "markdown"):
        runs = {gisttriage("assess", path, "--format", format, env={"PYTHONHASHSEED": seed}).out for seed in "123"}
        assert len(runs) == 1


def test_json_fits_its_schema_and_cases_fit_theirs(gisttriage: Run, rulebook: Rulebook, tmp_path: Path) -> None:
    """Real answers validate against the printed schema, and so do the printed empty case and the examples."""
    schemas = json.loads(gisttriage("rules", "schema").out)
    assert json.loads(gisttriage("rules", "schema", "--case").out) == schemas["case"]
    assert json.loads(gisttriage("rules", "schema", "--assessment").out) == schemas["assessment"]
    for schema in schemas.values():
        jsonschema.Draft202012Validator.check_schema(schema)
    answers = jsonschema.Draft202012Validator(schemas["assessment"])
    cases = jsonschema.Draft202012Validator(schemas["case"])
    import yaml  # noqa: PLC0415

    for path in sorted((ROOT / "examples").glob("*.yaml")):
        loaded = yaml.safe_load(path.read_text())
        cases.validate(loaded)
        ran = gisttriage("assess", path, "--format", "json")
        if ran.code == 0:
            answers.validate(json.loads(ran.out))
    cases.validate(yaml.safe_load(gisttriage("new").out))
    answers.validate(json.loads(gisttriage("assess", "-", "--format", "json", stdin="{}").out))
    assert list(cases.iter_errors({"progresion": "none"}))
    assert list(cases.iter_errors({"progression": "multifocl"}))


def test_json_does_not_import_what_it_does_not_need(gisttriage: Run, tmp_path: Path) -> None:
    """A machine-format run imports neither Rich nor Jinja."""
    path = write(tmp_path, "a.yaml", SETTLED)
    program = (
        "import sys; from gisttriage.cli.main import run\n"
        f"run(['assess', {str(path)!r}, '--format', 'json', '-o', 'x.json'])\n"
        "print(sorted({name.split('.')[0] for name in sys.modules} & {'rich', 'jinja2'}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        check=True,
    )
    assert done.stdout == b"[]\n"


def test_the_version_names_tool_rulebook_and_hash(gisttriage: Run, rulebook: Rulebook) -> None:
    """--version says exactly what gave an answer."""
    stamp = rulebook.stamp
    assert f"rulebook {stamp.id} {stamp.version}, sha256 {stamp.sha256}" in gisttriage("--version").out


def test_another_rulebook_may_be_used(gisttriage: Run, tmp_path: Path) -> None:
    """--rules, before or after the command, and GISTTRIAGE_RULES swap the rulebook; a bad one is an error with its place."""
    text = (ROOT / "rules.yaml").read_text().replace("version: 1.0.0", "version: 9.9.9")
    other = write(tmp_path, "other.yaml", text)
    case = write(tmp_path, "a.yaml", SETTLED)
    for ran in (
        gisttriage("assess", case, "--rules", other, "--format", "json"),
        gisttriage("--rules", other, "assess", case, "--format", "json"),
        gisttriage("assess", case, "--format", "json", env={"GISTTRIAGE_RULES": str(other)}),
    ):
        assert json.loads(ran.out)["rulebook"]["version"] == "9.9.9"
    bad = write(tmp_path, "bad.yaml", text.replace("then: {surgery: caution}", "then: {surgery: cautoin}", 1))
    ran = gisttriage("assess", case, "--rules", bad)
    assert ran.code == 2
    assert "error: no surgery 'cautoin'" in ran.err
    assert "did you mean caution?" in ran.err


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ((), "Usage:"),
        (("assess",), "name a case file"),
        (("asess",), "No such command 'asess'"),
        (("assess", "-", "--format", "xml"), "'xml' is not one of"),
        (("assess", "-", "--set", "tki"), "--set takes FACT=VALUE"),
        (("assess", "-", "--ask"), "--ask needs a terminal"),
        (("new", "--ask"), "--ask needs a terminal"),
    ],
)
def test_wrong_usage_ends_with_2_and_says_how(gisttriage: Run, arguments: tuple[str, ...], expected: str) -> None:
    """A usage error is said on standard error."""
    ran = gisttriage(*arguments)
    assert ran.code == 2
    assert expected in ran.err
    assert ran.out == ""


def test_new_writes_a_case_to_fill_in_and_never_over_another(gisttriage: Run, tmp_path: Path) -> None:
    """The template holds every fact, answers like an empty case, and is not overwritten."""
    assert gisttriage("new", "a.yaml").code == 0
    answer = json.loads(gisttriage("assess", "a.yaml", "--format", "json").out)
    assert answer["status"] == "needs_data"
    assert answer["missing"][0]["fact"] == "disease_extent"
    again = gisttriage("new", "a.yaml")
    assert again.code == 2
    assert "a.yaml: error: exists already" in again.err


def commands() -> list[tuple[str, ...]]:
    """Every command of the program, by its words."""
    import click  # noqa: PLC0415

    found: list[tuple[str, ...]] = [()]
    for name in cli.list_commands(click.Context(cli)):
        command = cli.get_command(click.Context(cli), name)
        found.append((name,))
        if isinstance(command, click.Group):
            found += [(name, inner) for inner in command.list_commands(click.Context(command))]
    return found


@pytest.mark.parametrize("words", commands(), ids=lambda words: " ".join(words) or "gisttriage")
def test_every_command_has_help_with_an_example_and_a_place_in_the_readme(
    gisttriage: Run, words: tuple[str, ...]
) -> None:
    """-h works everywhere, shows an example, and the README knows the command."""
    ran = gisttriage(*words, "-h")
    assert ran.code == 0
    assert "Example" in ran.out
    assert f"gisttriage {' '.join(words)}".strip() in (ROOT / "README.md").read_text()


def start(tmp_path: Path, *arguments: str, **options: object) -> subprocess.Popen[bytes]:
    """Start the program without waiting for it."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"}
    # A shell in the background starts its children with interrupts ignored, and they stay so.
    options.setdefault("preexec_fn", lambda: signal.signal(signal.SIGINT, signal.default_int_handler))
    return subprocess.Popen([sys.executable, "-m", "gisttriage", *arguments], cwd=tmp_path, env=environment, **options)  # type: ignore[call-overload, no-any-return]


def test_a_closed_pipe_is_no_fault(tmp_path: Path) -> None:
    """``| head`` ends the run quietly."""
    paths = [str(write(tmp_path, f"{i}.yaml", OPEN)) for i in range(40)]
    with start(tmp_path, "assess", *paths, "--explain", stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.read(10)
        process.stdout.close()
        assert process.stderr is not None
        assert process.stderr.read() == b""
        assert process.wait() == 0


def test_an_interrupt_ends_with_130_and_one_line(tmp_path: Path) -> None:
    """Ctrl-C while waiting for input: 130, no traceback."""
    process = start(tmp_path, "assess", "-", stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    time.sleep(1.5)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate()
    assert (process.returncode, out) == (130, b"")
    assert err.lstrip() == b"interrupted: nothing more was written\n"


def test_on_a_terminal_missing_facts_can_be_asked_for(tmp_path: Path) -> None:
    """--ask puts the question that settles most, takes answers with mistakes, and ends with the answer."""
    write(
        tmp_path,
        "a.yaml",
        "disease_extent: metastatic\nsubtype: kit\ntki: imatinib\nresection_expected: r0\nfit_for_surgery: yes\n",
    )
    outer, inner = pty.openpty()
    process = start(
        tmp_path, "assess", "a.yaml", "--ask", "--format", "json", stdin=inner, stdout=subprocess.PIPE, stderr=inner
    )
    os.write(outer, b"multifocl\nlimited\n\n\n\n")
    out, _ = process.communicate(timeout=60)
    asked = os.read(outer, 65536).decode()
    os.close(outer)
    os.close(inner)
    assert "Is the disease growing on the current TKI" in asked
    assert "did you mean multifocal?" in asked
    assert json.loads(out)["decisions"]["surgery"]["option"] == "consider"
