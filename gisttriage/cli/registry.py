"""``gisttriage batch`` for a registry table."""

from __future__ import annotations

import contextlib
import gc
import os
import shlex
import shutil
import sys
from collections.abc import Iterator, Sequence

import click
from msgspec import Struct

from ..diagnostics import Problem, TableError, quoted, visible
from ..output import replacing, same_file, write_out, write_whole
from ..render import cohort as summary_text
from ..render import situations as situations_text
from ..render import terminal
from ..render.digest import count
from ..rulebook import Rulebook
from ..tables.cohort import Cohort
from ..tables.engine import Engine, Target
from ..tables.forms import FORMS, OUTPUTS, WAREHOUSE, expand, form_of, plain_ending
from ..tables.mapping import ColumnMapping, read_mapping
from ..tables.scoring import Note, score_table
from .common import tell

_SHOWN = 20


class Asked(Struct, frozen=True):
    """What was asked for on the command line."""

    paths: Sequence[str]
    output: str | None
    jobs: int | None
    show_all: bool
    exit_zero: bool
    rules: str | None
    mapping: str | None
    suggest_map: bool
    situations: str | None
    strict: bool
    engine: str | None
    master: str | None


def run(asked: Asked, rulebook: Rulebook) -> int:
    """Answer a table, and return the exit code."""
    gc.enable()  # a table may be large, and an engine wants to be taken down in order
    paths = _tables(asked)
    _refuse_overwriting(asked, paths)
    target = _target(asked)
    ending = os.path.splitext(asked.situations or "")[1].lower()
    if asked.situations and ending not in situations_text.ENDINGS:
        known = ", ".join(situations_text.ENDINGS)
        raise click.UsageError(f"--situations cannot write {ending or 'a file without an ending'}; known: {known}")
    mapping = read_mapping(asked.mapping, rulebook) if asked.mapping else ColumnMapping()
    with contextlib.ExitStack() as stack:
        # The file is made before the work starts: a folder that cannot be written to is known at once.
        write = stack.enter_context(replacing(asked.situations)) if asked.situations and not asked.suggest_map else None
        engine = stack.enter_context(contextlib.closing(_engine(asked, rulebook)))
        note = stack.enter_context(_status())
        if asked.suggest_map:
            from ..tables.suggestion import suggest_mapping  # noqa: PLC0415 - only this option needs it

            draft = suggest_mapping(paths, rulebook, engine)
        else:
            cohort = score_table(paths, rulebook, engine, mapping, target, strict=asked.strict, note=note)
            if write is not None:
                write(situations_text.render(cohort, rulebook, ending))
    if asked.suggest_map:
        write_whole(asked.output, draft) if asked.output else write_out(draft, as_utf8=True)
        return 0
    _warn(cohort)
    most = None if asked.show_all else max(5, (shutil.get_terminal_size((80, 40)).lines - 20) // 2)
    looks = terminal.of(sys.stdout)
    write_out(summary_text.render(cohort, rulebook, looks, most=most, show_all=_show_all(asked)))
    for written in (asked.output, asked.situations):
        if written:
            tell(visible(f"wrote {written}"))
    if cohort.failed:
        whose = "patients" if cohort.grouped else "rows"
        why = "gisttriage_errors says why" if asked.output else "-o FILE says why"
        tell(f"{cohort.failed:,} of {cohort.cases:,} {whose} could not be answered; {why}")
    return 2 if cohort.failed and not asked.exit_zero else 0


def _tables(asked: Asked) -> list[str]:
    paths = [path for name in asked.paths for path in expand(name)]
    forms = {path: form_of(path) for path in paths}
    if asked.engine != "spark":
        for path, form in forms.items():
            if form == "table":
                raise click.UsageError(f"{path}: tables of a warehouse need --engine spark")
            if not form and not os.path.isdir(path) and plain_ending(path) not in FORMS:
                known = ", ".join(FORMS)
                raise click.UsageError(f"{path} is no table, by its ending; known: {known}")
            if not form:
                raise click.UsageError(f"{path} is no table; case files and tables need a run each")
    if len(set(forms.values())) > 1:
        raise click.UsageError("these are not tables of one kind; each kind needs a run of its own")
    return paths


def _refuse_overwriting(asked: Asked, paths: Sequence[str]) -> None:
    """Nothing that is read is written over, and no result takes the place of another."""
    inputs = [*paths, *([asked.mapping] if asked.mapping else [])]
    outputs = [path for path in (asked.output, asked.situations) if path is not None and form_of(path) != "table"]
    for path in outputs:
        place = os.path.realpath(path)
        for other in inputs:
            inside = os.path.isdir(other) and place.startswith(os.path.join(os.path.realpath(other), ""))
            if same_file(path, other) or inside:
                raise click.UsageError(f"{path} is read here; choose another name for the results")
    if len({os.path.realpath(path) for path in outputs}) < len(outputs):
        raise click.UsageError("-o and --situations name one file; give them two names")


def _target(asked: Asked) -> Target | None:
    if asked.output is None or asked.suggest_map:
        return None
    if asked.output.startswith(WAREHOUSE):
        if asked.engine != "spark":
            raise click.UsageError("tables of a warehouse need --engine spark")
        return Target(asked.output.removeprefix(WAREHOUSE), "table")
    ending = os.path.splitext(asked.output)[1].lower()
    if ending not in OUTPUTS:
        raise click.UsageError(
            f"-o cannot write a table as {ending or 'a file without an ending'}; known endings: {', '.join(OUTPUTS)}"
        )
    return Target(asked.output, OUTPUTS[ending])


def _engine(asked: Asked, rulebook: Rulebook) -> Engine:
    """Return the engine asked for. Raises TableError if its extra is not installed; each pays for its own libraries."""
    extra = "spark" if asked.engine == "spark" else "tables"
    try:
        if extra == "spark":
            from ..tables.spark import SparkEngine  # noqa: PLC0415

            return SparkEngine(asked.master, asked.jobs)
        if asked.master:
            raise click.UsageError("--master is for --engine spark")
        from ..tables.duck import DuckEngine  # noqa: PLC0415

        return DuckEngine(rulebook, asked.jobs)
    except ImportError:
        message = f"this needs {'PySpark' if extra == 'spark' else 'DuckDB'}, which is not installed"
        help = f"pip install 'gisttriage[{extra}]'"
        raise TableError([Problem(path=asked.paths[0], message=message, help=help)]) from None


@contextlib.contextmanager
def _status() -> Iterator[Note]:
    """Show on standard error what is being done, if that is a terminal."""
    if sys.stderr is None or not sys.stderr.isatty():
        yield lambda text: None
        return
    from rich.console import Console  # noqa: PLC0415

    with Console(stderr=True).status("opening the table") as status:
        yield status.update


def _warn(cohort: Cohort) -> None:
    """Tell what was not understood: values by column, and patients whose rows contradict each other."""
    problems = [problem for column in cohort.columns for problem in column.problems(cohort.table)]
    for column in cohort.columns:
        for doubtful in column.doubtful:
            message = f"{quoted(doubtful.text)} in the column {quoted(column.column)} is read as it stands"
            message += f" ({count(doubtful.rows, 'row')})"
            problems.append(Problem(path=cohort.table, message=message, help=doubtful.help))
    for fact in dict.fromkeys(fact for _, facts in cohort.clashing for fact in facts):
        patients = ", ".join(quoted(patient) for patient, facts in cohort.clashing if fact in facts)
        message = f"rows disagree on {fact}, which is only partly known then: of {patients}"
        help = "mend the table, or say in the mapping which row counts: latest by, any, all"
        problems.append(Problem(path=cohort.table, message=message, help=help))
    for undated in cohort.undated:
        message = f"{quoted(undated.text)} is no date, and may be any ({count(undated.rows, 'row')})"
        problems.append(Problem(path=cohort.table, message=message, help=undated.help))
    if cohort.alone:
        message = f"{count(cohort.alone, 'row')} without a patient's id: each stands alone"
        problems.append(Problem(path=cohort.table, message=message, help="every row needs the patient's id"))
    for column in cohort.columns:
        for cell in column.unused:
            message = f"the mapping gives {quoted(cell)} in the column {quoted(column.column)} a meaning; no row has it"
            problems.append(Problem(path=cohort.table, message=message, help="check its spelling"))
    for problem in problems[:_SHOWN]:
        tell(str(problem).replace(": error: ", ": warning: ", 1))
    if len(problems) > _SHOWN:
        tell(f"… and {len(problems) - _SHOWN} more warnings; the column gisttriage_errors tells of each row")


def _show_all(asked: Asked) -> str:
    options = (
        ("--map", asked.mapping),
        ("--engine", asked.engine),
        ("--master", asked.master),
        ("--rules", asked.rules),
    )
    command = ["gisttriage", "batch", *asked.paths, "--all"]
    return shlex.join([*command, *(word for name, value in options if value for word in (name, value))])
