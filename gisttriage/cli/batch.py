"""``gisttriage batch``: many case files, or a registry table, in; a summary and a table out."""

from __future__ import annotations

import contextlib
import os
import shlex
import shutil
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import click

from ..batch import Result, answer_all, processors
from ..diagnostics import GistTriageError, OutputError, Problem, quoted, visible
from ..listing import Listed, Listing, list_cases
from ..logic import Situation
from ..output import replacing, same_file, write_out
from ..render.rows import RowFormat
from ..rulebook import Rulebook
from ..summary import Digest, Summary, digest
from ..tables.forms import FORMS, OUTPUTS, expand, form_of
from .common import examples, rulebook_of, rules_option, tell

ENDINGS = (".csv", ".tsv", ".json", ".jsonl", ".md")
_SHOWN = 20


@click.command(
    epilog=examples(
        "gisttriage batch cases/",
        "gisttriage batch cases/ -o results.csv",
        "gisttriage batch cases/ --all | less",
        "git ls-files 'cases/*.yaml' | gisttriage batch - -o results.jsonl",
        "gisttriage batch --suggest-map registry.csv > mapping.yaml",
        "gisttriage batch registry.csv --map mapping.yaml -o scored.parquet --situations situations.md",
        "gisttriage batch table:registry.patients --engine spark -o table:registry.scored",
    )
)
@click.argument("paths", nargs=-1, metavar="PATH... (- is a list of paths on standard input)")
@click.option(
    "-o",
    "--output",
    metavar="FILE",
    help=f"Write a row for every case to this file ({', '.join(ENDINGS)}; of a table {', '.join(OUTPUTS)}).",
)
@click.option("--map", "mapping", metavar="FILE", help="Table: which column says which fact, and in which words.")
@click.option("--suggest-map", is_flag=True, help="Table: print the draft of a mapping for it, and do nothing else.")
@click.option(
    "--situations", metavar="FILE", help="Table: write its different situations, with how many cases in each."
)
@click.option("--strict", is_flag=True, help="Table: refuse it if a value is not known.")
@click.option("--engine", type=click.Choice(("duckdb", "spark")), help="Table: what reads it [default: duckdb].")
@click.option("--master", metavar="URL", help="Spark: where it runs [default: the session there is, else local].")
@click.option("--pattern", metavar="GLOB", help="Which names to take in folders [default: *.yaml, *.yml, *.json].")
@click.option("--follow-links", is_flag=True, help="Follow links that lead out of a folder.")
@click.option(
    "--jobs",
    type=click.IntRange(1, 256),
    metavar="N",
    help="Processes, or of a table threads [default: the processors].",
)
@click.option("--all", "show_all", is_flag=True, help="List every case, and not only those that fit.")
@click.option("--exit-zero", is_flag=True, help="Exit with 0 even if files could not be read.")
@rules_option
def batch(
    paths: Sequence[str],
    output: str | None,
    pattern: str | None,
    follow_links: bool,
    jobs: int | None,
    show_all: bool,
    exit_zero: bool,
    rules: str | None,
    **of_tables: Any,
) -> int:
    """Assess all case files in folders, or all rows of a table, and show who needs what.

    The cases to discuss first stand first: emergencies, since they cannot wait; files that could not be answered and
    conflicts, which only people can mend; open ones, which one more fact may settle; settled ones; then those on which
    the documents are silent. With -o, a row for every file is written in the order of the input, whole or not at all.

    A table is a file that ends in .csv, .tsv, .parquet or .jsonl (of text also .gz), a folder of Parquet files, or with
    Spark whatever Spark reads. Columns named like facts are read as they are; --map tells of others. With -o, its rows
    get the answers as further columns; rows of one patient, if the mapping groups them, become one. Its different
    situations are listed with their numbers of cases, emergencies first.
    """
    if not paths:
        raise click.UsageError("name a folder, case files or a table, or - for a list of paths on standard input")
    rulebook = rulebook_of(rules)
    if of_tables["suggest_map"] or of_tables["engine"] or any(map(form_of, expand(paths[0]))):
        if pattern or follow_links:
            raise click.UsageError("--pattern and --follow-links are for folders of cases")
        from . import registry  # noqa: PLC0415 - folders of cases need none of it

        asked = registry.Asked(paths, output, jobs, show_all, exit_zero, rules, **of_tables)
        return registry.run(asked, rulebook)
    given = next((name for name, value in of_tables.items() if value), None)
    if given is not None:
        option = "--map" if given == "mapping" else f"--{given}"
        raise click.UsageError(f"{option} is for tables, and {paths[0]} is none; a table ends in {', '.join(FORMS)}")
    rows = _format(output, rulebook)
    watch = _Watch(output)
    listed = list_cases(_paths(paths), Listing(pattern=pattern, follow_links=follow_links), watch.warn)
    files = listed if output is None else _without(output, listed)
    summary = Summary(rulebook, None if show_all else _fitting())
    with contextlib.ExitStack() as stack:
        # The file is made before the work starts: a folder that cannot be written to is known at once.
        write = stack.enter_context(replacing(output)) if output is not None else None
        known, track = stack.enter_context(_progress(files))
        whole = rows is not None and rows.whole
        results = track(answer_all(known, rulebook, jobs or processors(), whole=whole))
        _write(results, rulebook, rows, write, summary, watch)
        if not summary.cases:
            help = f"folders are searched for {pattern or '*.yaml, *.yml and *.json'}"
            raise GistTriageError([Problem(path=" ".join(paths), message="no case found here", help=help)])
    command = ["gisttriage", "batch", *paths, "--all", *(["--follow-links"] if follow_links else [])]
    command += [word for name, value in (("--pattern", pattern), ("--rules", rules)) if value for word in (name, value)]
    _summarize(summary, rulebook, shlex.join(command))
    watch.close()
    if output is not None:
        tell(visible(f"wrote {output}"))
    if summary.errors:
        tell(f"{summary.errors} of {summary.cases} files could not be answered")
    return 2 if summary.errors and not exit_zero else 0


def _without(output: str, files: Iterator[Listed]) -> Iterator[Listed]:
    """Leave out what an earlier run wrote under the same name; refuse to write over a case."""
    for file in files:
        if isinstance(file, str) and same_file(file, output):
            with open(file, "rb") as found:
                if b'"schema":"gisttriage.' in found.read(64):
                    continue
            help = "choose another name for the results"
            raise OutputError([Problem(path=output, message="this is one of the cases", help=help)])
        yield file


def _paths(paths: Iterable[str]) -> Iterator[str]:
    for path in paths:
        if path == "-":
            if sys.stdin is None:
                raise GistTriageError(
                    [Problem(path="<stdin>", message="standard input is closed", help="name a folder")]
                )
            listed = sys.stdin.buffer.read()
            # What `find -print0` writes ends in NUL, what everything else writes in a line end.
            names = listed.split(b"\0") if b"\0" in listed else listed.splitlines()
            yield from (os.fsdecode(name) for name in names if name.strip())
        else:
            yield path


def _format(output: str | None, rulebook: Rulebook) -> RowFormat | None:
    if output is None:
        return None
    ending = os.path.splitext(output)[1].lower()
    if ending in (".csv", ".tsv"):
        from ..render.delimited import Delimited  # noqa: PLC0415 - each format pays for its own libraries only

        return Delimited(rulebook, "," if ending == ".csv" else "\t")
    if ending in (".json", ".jsonl"):
        from ..render.jsonlines import JsonArray, JsonLines  # noqa: PLC0415

        return JsonLines(rulebook) if ending == ".jsonl" else JsonArray(rulebook)
    if ending == ".md":
        from ..render.mdtable import MarkdownTable  # noqa: PLC0415

        return MarkdownTable(rulebook)
    raise click.UsageError(
        f"-o cannot write {ending or 'a file without an ending'}; known endings: {', '.join(ENDINGS)}"
    )


def _write(
    results: Iterable[Result],
    rulebook: Rulebook,
    rows: RowFormat | None,
    write: Callable[[str], None] | None,
    summary: Summary,
    watch: _Watch,
) -> None:
    digests: dict[Situation, Digest] = {}
    if rows is not None and write is not None:
        write(rows.start())
    for result in results:
        condensed = None
        if result.assessment is not None:
            condensed = digests.get(result.situation)
            if condensed is None:
                condensed = digests[result.situation] = digest(result.assessment, rulebook)
        watch.see(result)
        summary.add(result, condensed)
        if rows is not None and write is not None:
            write(rows.row(result, condensed))
    if rows is not None and write is not None:
        write(rows.end())


class _Watch:
    """Tells of bad files, files passed over and ids that stand twice, as they come up; the first few in full."""

    def __init__(self, output: str | None) -> None:
        self._output = output
        self._ids: dict[int, str] = {}
        self._errors = self._warnings = 0

    def see(self, result: Result) -> None:
        """Look at one result."""
        if result.problems:
            self._errors += 1
            for problem in result.problems if self._errors <= _SHOWN else ():
                tell(str(problem))
            return
        first = self._ids.setdefault(hash(result.id), result.file)
        if first != result.file:
            message = f"the id {quoted(result.id)} stands in {first} too"
            self.warn(Problem(path=result.file, message=message, help="give every case an id of its own"))

    def warn(self, problem: Problem) -> None:
        """Tell of something that is no error."""
        self._warnings += 1
        if self._warnings <= _SHOWN:
            tell(str(problem).replace(": error: ", ": warning: ", 1))

    def close(self) -> None:
        """Say how much was not told."""
        if self._errors > _SHOWN:
            where = f"each is a row of {self._output}" if self._output else "-o FILE writes a row for each"
            tell(visible(f"… and {self._errors - _SHOWN} more files that could not be answered; {where}"))
        if self._warnings > _SHOWN:
            tell(f"… and {self._warnings - _SHOWN} more warnings")


_Track = Callable[[Iterator[Result]], Iterator[Result]]


@contextlib.contextmanager
def _progress(files: Iterator[Listed]) -> Iterator[tuple[Iterable[Listed], _Track]]:
    """Show a bar on standard error if that is a terminal; only then are the files counted beforehand."""
    if sys.stderr is None or not sys.stderr.isatty():
        yield files, iter
        return
    from rich.console import Console  # noqa: PLC0415
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn  # noqa: PLC0415

    known = list(files)
    columns = (TextColumn("assessing"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    # No refreshing thread: processes are started while the bar is up.
    with Progress(*columns, console=Console(stderr=True), transient=True, auto_refresh=False) as progress:
        task = progress.add_task("", total=len(known))

        def track(results: Iterator[Result]) -> Iterator[Result]:
            step = max(1, len(known) // 200)
            for i, result in enumerate(results, 1):
                yield result
                if i % step == 0 or i == len(known):
                    progress.update(task, completed=i, refresh=True)

        yield known, track


def _fitting() -> int:
    return max(5, (shutil.get_terminal_size((80, 40)).lines - 16) // 2)


def _summarize(summary: Summary, rulebook: Rulebook, show_all: str) -> None:
    from ..render import digest as summary_text  # noqa: PLC0415
    from ..render import terminal  # noqa: PLC0415

    looks = terminal.of(sys.stdout)
    write_out(summary_text.render(summary, rulebook, looks, show_all=show_all))
