"""Many cases: read in one process or several, each distinct situation assessed once, results in order of the input."""

from __future__ import annotations

import os
import signal
import threading
import time
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
from .documents import Document
from .listing import Listed
from .logic import Situation
from .rulebook import Rulebook
from .rulefile import read_rulebook
from .triage import assess_situation

_CHUNK = 64
_FEW = 200  # files that are read here sooner than another process has started
_AHEAD = 4  # chunks under way for each process: enough to keep it busy, few enough to hold in memory


# What is known of a file that was read: its id, its situation, its problems, and the case itself if it was asked for.
# A plain tuple, since it crosses from process to process for every file.
_Read = tuple[str, Situation, tuple[Problem, ...], Case | None]


class Result(Struct, frozen=True, kw_only=True):
    """A case file as answered, or the problems that kept it from being. Two in one situation share one assessment.

    `case` is there only if whole cases were asked for. With problems, `id` and `situation` are what could be read.
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


def answer_all(files: Iterable[Listed], rulebook: Rulebook, jobs: int = 1, *, whole: bool = False) -> Iterator[Result]:
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
        name = file.path if isinstance(file, Problem) else file
        yield Result(file=name, id=id, situation=situation, assessment=assessment, problems=problems, case=case)


def _read_all(files: Iterable[Listed], rulebook: Rulebook, jobs: int, whole: bool) -> Iterator[tuple[Listed, _Read]]:
    remaining = iter(files)
    first = list(islice(remaining, _FEW))
    if jobs > 1 and len(first) == _FEW:
        yield from _read_in(jobs, chain(first, remaining), rulebook, whole)
        return
    reader = CaseReader(rulebook)
    for file in chain(first, remaining):
        yield file, _read(file, reader, whole)


def _read(file: Listed, reader: CaseReader, whole: bool) -> _Read:
    if isinstance(file, Problem):
        return "", (), (file,), None
    try:
        case = reader.read(file)
    except CaseError as error:
        part = error.readable
        return (
            (part.id, part.situation, error.problems, None)
            if isinstance(part, Case)
            else ("", (), error.problems, None)
        )
    return case.id, case.situation, (), case if whole else None


_worker: CaseReader | None = None


def _start_worker(documents: tuple[Document, ...]) -> None:
    global _worker  # noqa: PLW0603 - a process that reads has one rulebook, given when it starts
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the process that asked decides when to stop
    for number in (signal.SIGTERM, getattr(signal, "SIGHUP", signal.SIGTERM)):
        signal.signal(number, signal.SIG_DFL)
    threading.Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()
    _worker = CaseReader(read_rulebook(documents))


def _end_with(parent: int) -> None:
    """End this process when the one that asked is gone: nobody waits for the results any more."""
    while os.getppid() == parent:
        time.sleep(0.5)
    os._exit(1)


def _read_chunk(files: list[Listed], whole: bool) -> list[_Read]:
    assert _worker is not None
    return [_read(file, _worker, whole) for file in files]


def _read_in(jobs: int, files: Iterable[Listed], rulebook: Rulebook, whole: bool) -> Iterator[tuple[Listed, _Read]]:
    """Read in several processes; results come in the order of the files, whichever process was first."""
    remaining = iter(files)
    pending: deque[tuple[list[Listed], Future[list[_Read]]]] = deque()
    executor = ProcessPoolExecutor(jobs, initializer=_start_worker, initargs=(rulebook.documents,))
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
