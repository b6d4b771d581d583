"""Many cases: read in one process or several, each distinct situation assessed once, results in order of the input."""

from __future__ import annotations

import os
import signal
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from itertools import chain, islice
from multiprocessing import active_children

from msgspec import Struct

from .assessment import Assessment
from .case import Case, CaseReader
from .diagnostics import CaseError, GistTriageError, Problem
from .logic import Situation
from .rulebook import Rulebook
from .rulefile import load_rulebook
from .triage import assess_situation

_CHUNK = 64
_FEW = 200  # files that are read here sooner than another process has started
_AHEAD = 4  # chunks under way for each process: enough to keep it busy, few enough to hold in memory


# What is known of a file that was read: its id, its situation, its problems, and the case itself if it was asked for.
# A plain tuple, since it crosses from process to process for every file.
_Read = tuple[str, Situation, tuple[Problem, ...], Case | None]


class Result(Struct, frozen=True, kw_only=True):
    """A case file as answered, or the problems that kept it from being. Two in one situation share one assessment.

    `case` is there only if whole cases were asked for.
    """

    file: str
    id: str
    situation: Situation
    assessment: Assessment | None
    problems: tuple[Problem, ...]
    case: Case | None


def processors() -> int:
    """Return how many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def answer_all(files: Iterable[str], rulebook: Rulebook, jobs: int = 1, *, whole: bool = False) -> Iterator[Result]:
    """Read and answer every file, in order; a file that cannot be read is a result with its problems.

    `whole` keeps the cases themselves and everything of the assessments, for formats that show it; otherwise they are
    brief. Raises GistTriageError if a process that
    reads was killed.
    """
    known: dict[Situation, Assessment] = {}
    for file, (id, situation, problems, case) in _read_all(files, rulebook, jobs, whole):
        assessment = None
        if not problems:
            assessment = known.get(situation)
            if assessment is None:
                assessment = known[situation] = assess_situation(situation, rulebook, brief=not whole)
        yield Result(file=file, id=id, situation=situation, assessment=assessment, problems=problems, case=case)


def _read_all(files: Iterable[str], rulebook: Rulebook, jobs: int, whole: bool) -> Iterator[tuple[str, _Read]]:
    remaining = iter(files)
    first = list(islice(remaining, _FEW))
    if jobs > 1 and len(first) == _FEW:
        yield from _read_in(jobs, chain(first, remaining), rulebook, whole)
        return
    reader = CaseReader(rulebook)
    for file in chain(first, remaining):
        yield file, _read(file, reader, whole)


def _read(file: str, reader: CaseReader, whole: bool) -> _Read:
    try:
        case = reader.read(file)
    except CaseError as error:
        return "", (), error.problems, None
    return case.id, case.situation, (), case if whole else None


_worker: CaseReader | None = None


def _start_worker(path: str) -> None:
    global _worker  # noqa: PLW0603 - a process that reads has one rulebook, given when it starts
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the process that asked decides when to stop
    _worker = CaseReader(load_rulebook(path))


def _read_chunk(files: list[str], whole: bool) -> list[_Read]:
    assert _worker is not None
    return [_read(file, _worker, whole) for file in files]


def _read_in(jobs: int, files: Iterable[str], rulebook: Rulebook, whole: bool) -> Iterator[tuple[str, _Read]]:
    """Read in several processes; results come in the order of the files, whichever process was first."""
    remaining = iter(files)
    pending: deque[tuple[list[str], Future[list[_Read]]]] = deque()
    executor = ProcessPoolExecutor(jobs, initializer=_start_worker, initargs=(rulebook.path,))
    try:
        while True:
            while len(pending) < jobs * _AHEAD and (chunk := list(islice(remaining, _CHUNK))):
                pending.append((chunk, executor.submit(_read_chunk, chunk, whole)))
            if not pending:
                break
            chunk, reading = pending.popleft()
            yield from zip(chunk, reading.result(), strict=True)
    except BrokenProcessPool:
        help = "it may have run out of memory; --jobs 1 reads in one process"
        raise GistTriageError(
            [Problem(path="batch", message="a process that reads cases was killed", help=help)]
        ) from None
    except BaseException:
        # What is under way is given up, even a process that waits for a pipe.
        for process in active_children():
            process.terminate()
        raise
    finally:
        executor.shutdown(wait=False, cancel_futures=True)
