"""Many cases: the same answers as `assess`, whatever else is in the folder and however many processes read it."""

from __future__ import annotations

import csv
import json
import os
import resource
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import jsonschema
import pytest

from benchmarks.cases import write_cases
from gisttriage import Rulebook, parse_case
from gisttriage.render.delimited import harmless
from gisttriage.schema import assessment_schema

from .conftest import ROOT, Run
from .test_case import BAD
from .test_cli import start

SETTLED = "disease_extent: metastatic\nsubtype: kit\ntki: none\n"
EMERGENCY = SETTLED + "presentation: perforation\n"
OPEN = "disease_extent: metastatic\nsubtype: kit\ntki: imatinib\nprogression: PD\nresection_expected: R0\nfit_for_surgery: yes\n"
SILENT = "disease_extent: metastatic\nsubtype: sdh_deficient\ntki: none\npresentation: asymptomatic\nfit_for_surgery: yes\nresection_expected: R0\n"
OUT = "disease_extent: localized\n"


def fill(folder: Path, files: dict[str, str | bytes]) -> Path:
    """Write files below a folder."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return folder


def table(path: Path) -> list[dict[str, str]]:
    """Read a result table."""
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file, delimiter="\t" if path.suffix == ".tsv" else ","))


def test_a_folder_is_answered_like_its_files_one_by_one(gisttriage: Run, tmp_path: Path) -> None:
    """Every row says what `assess` says of that file, in the sorted order of the folder, with the stamp of the rulebook."""
    fill(
        tmp_path / "cases",
        {"b.yaml": SETTLED, "a/z.yml": OPEN, "a/y.json": '{"disease_extent": "localized"}', "c.yaml": SILENT},
    )
    ran = gisttriage("batch", "cases", "-o", "out.csv")
    assert ran.code == 0
    rows = table(tmp_path / "out.csv")
    assert [row["file"] for row in rows] == [
        os.path.join("cases", *name.split("/")) for name in ("a/y.json", "a/z.yml", "b.yaml", "c.yaml")
    ]
    for row in rows:
        answer = json.loads(gisttriage("assess", row["file"], "--format", "json").out)
        assert row["id"] == answer["case"]["id"]
        assert row["status"] == answer["status"]
        for decision, said in answer["decisions"].items():
            assert row[decision] == (said["option"] or said["status"])
        matters = [missing["fact"] for missing in answer["missing"] if missing["matters"] and not missing["assumed"]]
        assert row["missing"] == "; ".join(matters)
        assert row["rulebook_version"] == answer["rulebook"]["version"]
        assert row["rulebook_sha256"] == answer["rulebook"]["sha256"]
    assert list(rows[0]) == [
        "id",
        "file",
        "status",
        "surgery",
        "systemic_therapy",
        "local_therapy",
        "missing",
        "rules",
        "cautions",
        "notices",
        "error",
        "rulebook_version",
        "rulebook_sha256",
    ]


def test_the_summary_counts_asks_and_puts_first_what_cannot_wait(gisttriage: Run, tmp_path: Path) -> None:
    """Counts by decision, the fact that settles most, and emergencies, open and settled cases in this order."""
    fill(
        tmp_path / "cases",
        {"1.yaml": SETTLED, "2.yaml": OPEN, "3.yaml": EMERGENCY, "4.yaml": OUT, "5.yaml": SILENT, "6.yaml": OPEN},
    )
    out = gisttriage("batch", "cases").out
    assert (
        "6 cases: 2 settled, 2 open, 1 without guidance, 1 out of scope\n1 emergency among them: do not wait\n" in out
    )
    assert "Surgery: 2 not favoured, 2 open, 1 no guidance, 1 out of scope" in out
    assert "ask for the progression on the current TKI: settles 2 of 2 open cases" in out
    places = [out.index(f"    cases/{name}.yaml") for name in (3, 2, 6, 1, 5, 4)]
    assert places == sorted(places)
    groups = [line.strip() for line in out.splitlines() if line.startswith("  ") and line.endswith(")")]
    assert groups == ["Emergency: do not wait (1)", "Open (2)", "Settled (1)", "No guidance (1)", "Out of scope (1)"]
    assert "Supports clinical review and does not replace it." in out


def test_a_long_list_is_cut_and_says_how_to_see_all(gisttriage: Run, tmp_path: Path) -> None:
    """What does not fit is counted, with the command that shows it."""
    fill(tmp_path / "my cases", {f"{i:03d}.yaml": SETTLED for i in range(60)})
    out = gisttriage("batch", "my cases").out
    assert "more: gisttriage batch 'my cases' --all" in out
    assert "059.yaml" not in out
    assert "059.yaml" in gisttriage("batch", "my cases", "--all").out


def test_the_output_does_not_depend_on_the_number_of_processes(
    gisttriage: Run, tmp_path: Path, rulebook: Rulebook
) -> None:
    """With 1, 2 and 7 processes, every format has the same bytes, bad files and all."""
    write_cases(tmp_path / "cases", rulebook, 400, 60)
    fill(tmp_path / "cases", {f"bad/{i}.yaml": text for i, (text, _) in enumerate(BAD.values())})
    for ending in ("csv", "tsv", "json", "jsonl", "md"):
        outputs = set()
        for jobs in (1, 2, 7):
            ran = gisttriage("batch", "cases", "-o", f"{jobs}.{ending}", "--jobs", str(jobs))
            assert ran.code == 2
            outputs.add(((tmp_path / f"{jobs}.{ending}").read_bytes(), ran.out))
        assert len(outputs) == 1


def test_json_lines_hold_the_full_assessments(gisttriage: Run, tmp_path: Path, rulebook: Rulebook) -> None:
    """A line is what `assess --format json` prints, and the JSON array holds the same objects; an error is an object too."""
    fill(
        tmp_path / "cases",
        {
            "a.yaml": SETTLED + 'notes: "\\u202e"\n',
            "b.yaml": OPEN,
            "c.yaml": "tki: imatinb",
            "d.yaml": OPEN + "age: 50\n",
        },
    )
    assert gisttriage("batch", "cases", "-o", "out.jsonl").code == 2
    assert gisttriage("batch", "cases", "-o", "out.json").code == 2
    lines = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text(encoding="utf-8").splitlines()]
    assert lines == json.loads((tmp_path / "out.json").read_text(encoding="utf-8"))
    for name, line in zip("abd", (lines[0], lines[1], lines[3]), strict=True):
        assert line == json.loads(gisttriage("assess", f"cases/{name}.yaml", "--format", "json").out)
        jsonschema.validate(line, assessment_schema(rulebook))
    assert lines[2]["status"] == "error"
    assert lines[2]["rulebook"] == lines[0]["rulebook"]
    assert lines[2]["error"] == "line 1: tki cannot be 'imatinb'"
    assert "\u202e" not in (tmp_path / "out.jsonl").read_text(encoding="utf-8")


def test_every_kind_of_bad_file_is_a_row_and_costs_no_other(gisttriage: Run, tmp_path: Path) -> None:
    """A folder with everything wrong in it: each bad file is one row with its error, the good ones are answered, exit 2."""
    fill(tmp_path / "cases", {f"bad-{i:02d}.yaml": text for i, (text, _) in enumerate(BAD.values())})
    fill(tmp_path / "cases", {"good.yaml": SETTLED})
    (tmp_path / "cases" / "gone.yaml").symlink_to(tmp_path / "cases" / "nowhere")
    ran = gisttriage("batch", "cases", "-o", "out.csv")
    rows = table(tmp_path / "out.csv")
    bad = [row for row in rows if row["status"] == "error"]
    assert len(bad) == len(BAD) + 1
    assert ran.err.count(": error: ") == 20
    assert "each is a row of out.csv" in ran.err
    assert all(row["error"] and not row["surgery"] for row in bad)
    assert next(row for row in rows if row["file"].endswith("gone.yaml"))["error"] == "no such file"
    assert next(row for row in rows if row["id"] == "good.yaml")["surgery"] == "not_favoured"
    assert ran.code == 2
    assert ran.err.endswith(f"{len(bad)} of {len(rows)} files could not be answered\n")
    assert "Traceback" not in ran.err
    assert gisttriage("batch", "cases", "--exit-zero").code == 0


def test_an_emergency_is_seen_even_in_a_case_that_cannot_be_answered(gisttriage: Run, tmp_path: Path) -> None:
    """A typo in another fact does not hide a perforation: the case stands first, with what is wrong, under its id."""
    fill(
        tmp_path / "cases",
        {"a.yaml": SETTLED, "b.yaml": "id: E1\npresentation: perforation\ntki: imatinb\n", "c.yaml": "tki: imatinb"},
    )
    ran = gisttriage("batch", "cases", "-o", "out.csv")
    out = " ".join(ran.out.split())
    assert "Emergency: do not wait (1) E1 not answered: line 3: tki cannot be 'imatinb'" in out
    assert "Not answered (1) cases/c.yaml not answered" in out
    rows = table(tmp_path / "out.csv")
    assert [(row["id"], row["status"]) for row in rows] == [("a.yaml", "settled"), ("E1", "error"), ("c.yaml", "error")]


def test_links_that_go_nowhere_or_round_cost_nothing_else(gisttriage: Run, tmp_path: Path) -> None:
    """A link to itself is a bad file; a folder reached by many links is searched once."""
    fill(tmp_path / "cases", {"a.yaml": SETTLED, **{f"{i}/x{i}.yaml": OPEN for i in range(8)}})
    (tmp_path / "cases" / "loop.yaml").symlink_to("loop.yaml")
    for i in range(8):
        for k in range(8):
            (tmp_path / "cases" / str(i) / f"l{k}").symlink_to(f"../{k}")
    ran = gisttriage("batch", "cases", "-o", "out.csv")
    rows = table(tmp_path / "out.csv")
    assert ran.code == 2
    assert len(rows) == 10
    assert [row["file"] for row in rows if row["error"]] == ["cases/loop.yaml"]


def test_a_very_deep_folder_is_walked(gisttriage: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Folders may be nested deeper than Python calls may, and deeper than a path may be long: then it is an error row."""
    fill(tmp_path / "cases", {"a.yaml": SETTLED})
    monkeypatch.chdir(tmp_path / "cases")
    for _ in range(2500):
        os.mkdir("d")
        os.chdir("d")
    ran = gisttriage("batch", "cases", "-o", "out.csv")
    for _ in range(2500):  # pytest could not take it away
        os.chdir("..")
        os.rmdir("d")
    rows = table(tmp_path / "out.csv")
    assert (ran.code, len(rows), rows[0]["status"]) == (2, 2, "settled")
    assert rows[1]["error"] == "this folder cannot be read: File name too long"


def test_a_list_may_end_its_names_in_nul(gisttriage: Run, tmp_path: Path) -> None:
    """``find -print0`` works, a closed standard input is said to be, and neither is a traceback."""
    fill(tmp_path / "cases", {"a.yaml": SETTLED, "b\nc.yaml": OPEN})
    ran = gisttriage("batch", "-", "-o", "out.csv", stdin=b"cases/a.yaml\0cases/b\nc.yaml\0")
    assert (ran.code, len(table(tmp_path / "out.csv"))) == (0, 2)
    line = f"{sys.executable} -m gisttriage batch - <&-"
    closed = subprocess.run(
        ["bash", "-c", line], env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False
    )
    assert (closed.returncode, closed.stderr.splitlines()[0]) == (2, "<stdin>: error: standard input is closed")


@pytest.mark.parametrize("name", ["results.json", "results.jsonl"])
def test_results_beside_the_cases_are_not_taken_for_cases(gisttriage: Run, tmp_path: Path, name: str) -> None:
    """Running twice with the results inside the folder gives the same twice; a case is never written over."""
    fill(tmp_path / "cases", {"a.yaml": SETTLED, "b.json": '{"tki": "none"}'})
    first = gisttriage("batch", "cases", "-o", f"cases/{name}")
    again = gisttriage("batch", "cases", "-o", f"cases/{name}")
    assert (first.code, again.code, first.out) == (0, 0, again.out)
    ran = gisttriage("batch", "cases/b.json", "-o", "cases/b.json")
    assert ran.code == 2
    assert "cases/b.json: error: this is one of the cases" in ran.err
    assert (tmp_path / "cases" / "b.json").read_text() == '{"tki": "none"}'


@pytest.mark.parametrize("jobs", ["1", "2"])
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_run_that_is_stopped_cleans_up(tmp_path: Path, rulebook: Rulebook, number: signal.Signals, jobs: str) -> None:
    """SIGTERM and SIGHUP end like an interrupt: the usual code, the old results, no temporary file, no process left."""
    slow_folder(tmp_path, rulebook)
    process = begun(tmp_path, jobs)
    time.sleep(2)
    process.send_signal(number)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out, err) == (128 + number, b"", b"stopped: nothing more was written\n")
    assert (tmp_path / "out.csv").read_text() == "the old results\n"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["cases", "out.csv", "pipe"]


def test_processes_do_not_outlive_a_killed_run(tmp_path: Path, rulebook: Rulebook) -> None:
    """After kill -9 of the run, the processes that read for it end by themselves."""
    slow_folder(tmp_path, rulebook)
    process = begun(tmp_path, "2")
    time.sleep(2)
    children = children_of(process.pid)
    assert children
    process.kill()
    process.communicate(timeout=30)  # their ends of the pipes are closed only when they are gone
    assert (tmp_path / "out.csv").read_text() == "the old results\n"


def test_every_process_goes_by_the_rulebook_that_was_read(gisttriage: Run, tmp_path: Path, rulebook: Rulebook) -> None:
    """A rulebook from standard input is read once, whoever reads the cases."""
    write_cases(tmp_path / "cases", rulebook, 300, 30)
    text = (ROOT / "rules.yaml").read_bytes().replace(b"version: 1.0.0", b"version: 9.9.9")
    ran = gisttriage("batch", "cases", "--rules", "-", "--jobs", "2", "-o", "out.csv", stdin=text)
    assert (ran.code, ran.err) == (0, "wrote out.csv\n")
    assert {row["rulebook_version"] for row in table(tmp_path / "out.csv")} == {"9.9.9"}


@pytest.mark.parametrize("paths", [("empty",), ("-",), ("empty", "hidden")])
def test_no_input_is_never_all_fine(gisttriage: Run, tmp_path: Path, paths: tuple[str, ...]) -> None:
    """Where no case is found the run ends with 2 and writes nothing, also when all there is is hidden."""
    (tmp_path / "empty").mkdir()
    fill(tmp_path / "hidden", {".a.yaml": SETTLED, ".git/b.yaml": SETTLED, "c.txt": SETTLED})
    ran = gisttriage("batch", *paths, "-o", "out.csv", stdin="")
    assert ran.code == 2
    assert "error: no case found here" in ran.err
    assert not (tmp_path / "out.csv").exists()
    assert ran.out == ""


def test_paths_may_be_files_a_pattern_or_a_list(gisttriage: Run, tmp_path: Path) -> None:
    """Files by name, a pattern for folders, and a list on standard input; a path that does not exist is a bad file."""
    fill(tmp_path / "cases", {"a.case": SETTLED, "b.yaml": OPEN})
    assert gisttriage("batch", "cases", "--pattern", "*.case", "-o", "1.csv").code == 0
    assert [row["id"] for row in table(tmp_path / "1.csv")] == ["a.case"]
    assert gisttriage("batch", "-", "-o", "2.csv", stdin="cases/b.yaml\r\ncases/a.case\n\n").code == 0
    assert [row["id"] for row in table(tmp_path / "2.csv")] == ["b.yaml", "a.case"]
    assert gisttriage("batch", "cases/b.yaml", "nowhere", "-o", "3.csv").code == 2
    assert [row["error"] for row in table(tmp_path / "3.csv")] == ["", "no such file"]


def test_ids_that_stand_twice_and_files_reached_twice_are_reported(gisttriage: Run, tmp_path: Path) -> None:
    """Two cases of one id draw a warning; one file under two names is answered once, and said to be."""
    fill(tmp_path / "cases", {"a.yaml": "id: 7\n" + SETTLED, "b.yaml": "id: 7\n" + OPEN})
    (tmp_path / "cases" / "c.yaml").symlink_to("a.yaml")
    os.link(tmp_path / "cases" / "b.yaml", tmp_path / "cases" / "d.yaml")
    ran = gisttriage("batch", "cases", "-o", "out.csv")
    assert ran.code == 0
    assert len(table(tmp_path / "out.csv")) == 2
    assert "cases/b.yaml: warning: the id '7' stands in cases/a.yaml too" in ran.err
    assert "cases/c.yaml: warning: the same file as cases/a.yaml" in ran.err
    assert "cases/d.yaml: warning: the same file as cases/b.yaml" in ran.err


def test_links_out_of_the_folder_are_followed_only_if_asked(gisttriage: Run, tmp_path: Path) -> None:
    """A link to elsewhere is reported and passed over; with --follow-links it is followed, but never round in a circle."""
    fill(tmp_path / "elsewhere", {"far.yaml": OPEN})
    fill(tmp_path / "cases", {"near.yaml": SETTLED})
    (tmp_path / "cases" / "out").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "elsewhere" / "back").symlink_to(tmp_path / "cases")
    (tmp_path / "cases" / "round").symlink_to(tmp_path / "cases")
    ran = gisttriage("batch", "cases", "-o", "1.csv")
    assert "cases/out: warning: this link leads out of the folder and was not followed" in ran.err
    assert [row["id"] for row in table(tmp_path / "1.csv")] == ["near.yaml"]
    assert gisttriage("batch", "cases", "--follow-links", "-o", "2.csv").code == 0
    assert [row["id"] for row in table(tmp_path / "2.csv")] == ["near.yaml", "far.yaml"]


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", " =", "＝"])
def test_no_cell_can_be_taken_for_a_formula(gisttriage: Run, tmp_path: Path, start: str, rulebook: Rulebook) -> None:
    """Ids and file names that a spreadsheet would evaluate come with an apostrophe; commas and quotes stay one cell."""
    id = f'{start}HYPERLINK("http://x","y"), z'
    escaped = id.replace('"', '\\"').replace("\t", "\\t").replace("\r", "\\r")
    text = f'id: "{escaped}"\n{SETTLED}'
    assert parse_case(text, rulebook).id == id
    fill(tmp_path / "cases", {"=cmd.yaml": text})
    for ending in ("csv", "tsv"):
        assert gisttriage("batch", "cases/=cmd.yaml", "-o", f"out.{ending}").code == 0
        row = table(tmp_path / f"out.{ending}")[0]
        assert row["id"] == harmless(id)
        assert row["id"].startswith("'")


def test_an_unknown_ending_is_refused_with_the_known_ones(gisttriage: Run, tmp_path: Path) -> None:
    """The formats are listed before any work is done."""
    fill(tmp_path / "cases", {"a.yaml": SETTLED})
    for name in ("out.xlsx", "out", "out.html"):
        ran = gisttriage("batch", "cases", "-o", name)
        assert ran.code == 2
        assert "known endings: .csv, .tsv, .json, .jsonl, .md" in ran.err


def test_a_table_is_written_whole_for_its_owner_or_not_at_all(gisttriage: Run, tmp_path: Path) -> None:
    """0600; and where it cannot be written, a clear line, exit 2 and no file."""
    fill(tmp_path / "cases", {"a.yaml": SETTLED})
    assert gisttriage("batch", "cases", "-o", "out.csv").code == 0
    assert stat.S_IMODE((tmp_path / "out.csv").stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir() if path.name != "cases"] == ["out.csv"]
    ran = gisttriage("batch", "cases", "-o", "no/folder/out.csv")
    assert (ran.code, ran.out) == (2, "")
    assert "error: cannot be written" in ran.err


def test_a_full_disk_leaves_no_half_file(tmp_path: Path, rulebook: Rulebook) -> None:
    """When there is no room for the table, the old one stays and the run ends with 2 and a clear line."""
    write_cases(tmp_path / "cases", rulebook, 300, 30)
    (tmp_path / "out.csv").write_text("the old results\n")

    def no_room() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, 10_000))

    done = subprocess.run(
        [sys.executable, "-m", "gisttriage", "batch", "cases", "-o", "out.csv", "--jobs", "1"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        preexec_fn=no_room,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("out.csv: error: cannot be written: File too large\n  help: ")
    assert (tmp_path / "out.csv").read_text() == "the old results\n"
    assert not list(tmp_path.glob(".gisttriage-*"))


def slow_folder(tmp_path: Path, rulebook: Rulebook) -> None:
    """A folder that takes long enough to be interrupted in: a pipe after it that nobody writes to."""
    write_cases(tmp_path / "cases", rulebook, 300, 30)
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "out.csv").write_text("the old results\n")


def begun(tmp_path: Path, jobs: str) -> subprocess.Popen[bytes]:
    """Start a run that will not end by itself."""
    words = ("batch", "cases", "pipe", "-o", "out.csv", "--jobs", jobs)
    return start(tmp_path, *words, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def children_of(pid: int) -> list[int]:
    """The processes that a process has started, as the kernel tells it."""
    found = []
    for stat_file in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat_file.read_text().rpartition(")")[2].split()
        except OSError:  # it has ended meanwhile
            continue
        if int(fields[1]) == pid:
            found.append(int(stat_file.parent.name))
    return found


def wait_for_temporary(tmp_path: Path) -> None:
    """Wait until the run has begun to write."""
    for _ in range(600):
        if any(path.stat().st_size for path in tmp_path.glob(".gisttriage-*")):
            return
        time.sleep(0.05)
    raise AssertionError("the run did not begin to write")


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_an_interrupt_leaves_the_old_results_and_nothing_else(tmp_path: Path, rulebook: Rulebook, jobs: str) -> None:
    """Ctrl-C: 130, one line, the old file untouched, no temporary file."""
    slow_folder(tmp_path, rulebook)
    process = begun(tmp_path, jobs)
    time.sleep(2.5)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (130, b"")
    assert err.strip() == b"interrupted: nothing more was written"
    assert (tmp_path / "out.csv").read_text() == "the old results\n"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["cases", "out.csv", "pipe"]


def test_a_killed_run_leaves_the_old_results_untouched(tmp_path: Path, rulebook: Rulebook) -> None:
    """kill -9 in the middle of writing: the results file is still the old one."""
    slow_folder(tmp_path, rulebook)
    process = begun(tmp_path, "1")
    wait_for_temporary(tmp_path)
    process.kill()
    process.communicate()
    assert (tmp_path / "out.csv").read_text() == "the old results\n"


def test_a_killed_worker_is_said_and_leaves_no_half_file(tmp_path: Path, rulebook: Rulebook) -> None:
    """If a reading process dies the run ends with 2 and says so."""
    slow_folder(tmp_path, rulebook)
    process = begun(tmp_path, "2")
    time.sleep(2.5)
    children = children_of(process.pid)
    for child in children:
        os.kill(child, signal.SIGKILL)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (2, b"")
    assert b"error: a process that reads cases was killed" in err
    assert (tmp_path / "out.csv").read_text() == "the old results\n"
    assert not list(tmp_path.glob(".gisttriage-*"))


def test_a_closed_pipe_is_no_fault_of_a_batch(tmp_path: Path) -> None:
    """``| head`` on the summary ends quietly."""
    fill(tmp_path / "cases", {f"{i}.yaml": OPEN for i in range(800)})
    with start(tmp_path, "batch", "cases", "--all", stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.read(10)
        process.stdout.close()
        assert process.stderr is not None
        assert process.stderr.read() == b""
        assert process.wait() == 0


@pytest.mark.parametrize("ending", ["csv", "jsonl"])
def test_memory_does_not_grow_with_the_number_of_cases(tmp_path: Path, rulebook: Rulebook, ending: str) -> None:
    """20,000 cases fit into little more memory than 1,000 need: what is kept of a case is its id and its place."""
    peaks = []
    for cases in (1_000, 20_000):
        write_cases(tmp_path / str(cases), rulebook, cases, 100)
        program = (
            "import resource, sys; from gisttriage.cli.main import run\n"
            f"assert run(['batch', '{cases}', '-o', 'out.{ending}', '--jobs', '1']) == 0\n"
            "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, file=sys.stderr)"
        )
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        done = subprocess.run(
            [sys.executable, "-c", program], cwd=tmp_path, env=environment, capture_output=True, text=True, check=True
        )
        peaks.append(int(done.stderr.split()[-1]))
        with (tmp_path / f"out.{ending}").open(encoding="utf-8") as file:
            assert sum(1 for _ in file) == cases + (ending == "csv")
    assert peaks[1] - peaks[0] < 19_000 * 1.0  # kilobytes: less than one for each further case


def test_markdown_is_a_table(gisttriage: Run, tmp_path: Path) -> None:
    """Every case is one line of a table, and nothing in a case can break it."""
    fill(tmp_path / "cases", {"a.yaml": 'id: "a | b\\n<script>"\n' + SETTLED, "b.yaml": "x: y"})
    assert gisttriage("batch", "cases", "-o", "out.md").code == 2
    text = (tmp_path / "out.md").read_text(encoding="utf-8")
    rows = [line for line in text.splitlines() if line.startswith("| ")]
    assert len(rows) == 4
    assert "<script>" not in text.replace("\\<script\\>", "")
    assert "Supports clinical review" in text


def test_a_harmless_text_is_not_changed() -> None:
    """Only what a spreadsheet would evaluate gets an apostrophe; a leading one is doubled, so that nothing is lost."""
    for plain in ("a", "kit exon 11", "5-10", "a=b", "", "O'Neill"):
        assert harmless(plain) == plain
    assert harmless("'=1") != harmless("=1")
