"""``gisttriage rules diff``: what another rulebook would answer otherwise."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from typing import Any

import click
from msgspec import Struct

from ... import __version__
from ...assessment import Assessment
from ...batch import Result, answer_all
from ...case import read_case
from ...compare import GIVEN, NOT_GIVEN, Changed, Comparison, Remark, compare, remarks_beside
from ...diagnostics import visible
from ...listing import Listing, list_cases
from ...logic import TooLarge
from ...output import write_out
from ...render.json import dumps, stamped
from ...render.rules import printed
from ...rulebook import Rulebook
from ...rulefile import load_rulebook
from ...verify import STATES
from ...vocabulary import bits
from ...words import as_case, chain, in_words, lowered
from ..common import examples, format_option, print_problems

_SHOWN = 200  # regions that somebody may still read through
_NOT_ASKED = "not asked"


class _CaseChange(Struct, frozen=True, kw_only=True):
    """A case of which something is told otherwise: each from what to what. `refused` says so where one side does."""

    id: str
    decisions: Mapping[str, tuple[str, str]] = {}
    remarks: Mapping[Remark, tuple[str, str]] = {}
    refused: tuple[str, str] | None = None


class _OnCases(Struct, frozen=True, kw_only=True):
    """What becomes of real cases. The files `apart` could not be compared, each with why; `unread` by neither side."""

    total: int
    changed: tuple[_CaseChange, ...]
    apart: Mapping[str, str]
    unread: int


@click.command(
    epilog=examples(
        "gisttriage rules diff builtin department.yaml",
        "gisttriage rules diff old.yaml new.yaml --cases cases/",
        "gisttriage rules diff builtin department.yaml --format json",
    )
)
@click.argument("old", metavar="OLD")
@click.argument("new", metavar="NEW")
@click.option(
    "--cases",
    metavar="FOLDER",
    type=click.Path(exists=True),
    help="Also tell which of these cases would be answered otherwise.",
)
@format_option("text", "json")
def diff(old: str, new: str, cases: str | None, format: str) -> int:
    """Compare two rulebooks by their answers: every region of cases whose answer changes, largest first.

    OLD and NEW are files, or `builtin` for the shipped rulebook. Each region comes with a case that shows it. Notices,
    cautions and what an answer is subject to are compared too, and so is what the words of a case file mean. Exits
    with 1 if anything changes.
    """
    before, after = (load_rulebook(None if path == "builtin" else path) for path in (old, new))
    try:
        comparison = compare(before, after, STATES)
    except TooLarge:
        raise click.ClickException("not compared: more combinations than can be worked through") from None
    on_cases = _on_cases(cases, before, after) if cases is not None else None
    if format == "json":
        write_out(dumps(_document(before, after, comparison, on_cases)), as_utf8=True)
    else:
        write_out(printed(_lines(before, after, comparison, on_cases), sys.stdout))
    if on_cases is not None and on_cases.unread:
        return 2
    changed = comparison.changes or comparison.remarks or comparison.vocabulary or (on_cases and on_cases.changed)
    return int(bool(changed))


def _lines(old: Rulebook, new: Rulebook, comparison: Comparison, on_cases: _OnCases | None) -> Iterator[str]:
    yield from comparison.vocabulary
    yield from (f"the rule {id} is disabled: {because}" for id, because in comparison.disabled.items())
    regions = sorted((*comparison.changes, *comparison.remarks), key=lambda change: -change.cases)
    for change in regions[:_SHOWN]:
        told = f"{_told(change, old, new)} ({change.cases:,} known cases)"
        yield f"{in_words(change.box, comparison.facts)}: {told}"
        yield from (f"    {line}" for line in _witness(change, comparison).splitlines())
    if len(regions) > _SHOWN:
        yield f"… and {len(regions) - _SHOWN:,} more; --format json has all"
    if on_cases is not None:
        yield from _lines_of_cases(on_cases)
    for side, book in (("old", old), ("new", new)):
        yield f"{side}: {chain(book.stamp)}"
    yield _conclusion(comparison)


def _told(change: Changed, old: Rulebook, new: Rulebook) -> str:
    decision = new.decisions.get(change.decision) or old.decisions.get(change.decision)
    label = lowered(decision.label) if decision is not None else ""
    if change.remark is None:
        return f"{label} {change.old} → {change.new}"
    became = "now given" if change.new == GIVEN else "no longer given"
    return f"{f'{label}, ' if label else ''}{change.remark.kind} ‘{change.remark.text}’ {became}"


def _lines_of_cases(on_cases: _OnCases) -> Iterator[str]:
    for change in on_cases.changed:
        told = [f"{decision} {was} → {now}" for decision, (was, now) in change.decisions.items()]
        for remark, (was, now) in change.remarks.items():
            about = f"{remark.decision}, " if remark.decision else ""
            told.append(f"{about}{remark.kind} ‘{remark.text}’ {was} → {now}")
        if change.refused is not None:
            told.append(" → ".join(change.refused))
        yield f"{change.id}: {'; '.join(told)}"
    yield from (f"{file}: not compared: {because}" for file, because in on_cases.apart.items())
    counted = f"{len(on_cases.changed)} of {on_cases.total} cases would be answered otherwise"
    yield f"{counted}, {len(on_cases.apart)} could not be compared"


def _conclusion(comparison: Comparison) -> str:
    over = f"compared over {comparison.cases:,} fully known cases"
    if not comparison.changes and not comparison.remarks and comparison.vocabulary:
        return f"{over}: they are answered alike, while words mean something else"
    told = f"{_regions(len(comparison.changes))} answered otherwise" if comparison.changes else ""
    if comparison.remarks:
        remarks = f"{_regions(len(comparison.remarks))} with other notices, cautions or provisions"
        told = f"{told or 'no case is answered otherwise'}, {remarks}"
    return f"{over}, and every unknown with them: {told or 'no case is answered otherwise'}"


def _regions(number: int) -> str:
    return f"{number} region{'' if number == 1 else 's'} of cases"


def _witness(change: Changed, comparison: Comparison) -> str:
    return as_case(comparison.situation(change.box), comparison.facts)


def _document(old: Rulebook, new: Rulebook, comparison: Comparison, on_cases: _OnCases | None) -> dict[str, Any]:
    stamps = {side: stamped(book.stamp) for side, book in (("old", old), ("new", new))}
    found: dict[str, Any] = {
        "schema": "gisttriage.diff/1",
        "tool": {"name": "gisttriage", "version": __version__},
        **stamps,
        "vocabulary": comparison.vocabulary,
        "disabled": comparison.disabled,
        "changes": [_region(change, comparison) for change in comparison.changes],
        "remarks": [_region(change, comparison) for change in comparison.remarks],
        "cases": [_case(change) for change in on_cases.changed] if on_cases is not None else [],
    }
    if on_cases is not None:
        found["not_compared"] = [
            {"file": visible(file), "because": because} for file, because in on_cases.apart.items()
        ]
        found["compared"] = on_cases.total - len(on_cases.apart)
    return found


def _region(change: Changed, comparison: Comparison) -> dict[str, Any]:
    return {
        **(_remark(change.remark) if change.remark is not None else {"decision": change.decision}),
        "old": change.old,
        "new": change.new,
        "when": {
            comparison.facts[place].name: [comparison.facts[place].value_name(value) for value in bits(mask)]
            for place, mask in sorted(change.box.items())
        },
        "cases": change.cases,
        "witness": _witness(change, comparison),
    }


def _remark(remark: Remark) -> dict[str, Any]:
    return {"kind": remark.kind, "text": remark.text, "decision": remark.decision or None}


def _case(change: _CaseChange) -> dict[str, Any]:
    found: dict[str, Any] = {
        "id": visible(change.id),
        "decisions": {name: {"old": was, "new": now} for name, (was, now) in change.decisions.items()},
        "remarks": [_remark(each) | {"old": was, "new": now} for each, (was, now) in change.remarks.items()],
    }
    if change.refused is not None:
        found["refused"] = {"old": change.refused[0], "new": change.refused[1]}
    return found


def _on_cases(folder: str, old: Rulebook, new: Rulebook) -> _OnCases:
    def warn(problem: object) -> None:
        click.echo(str(problem).replace(": error: ", ": warning: ", 1), err=True)

    files = list(list_cases([folder], Listing(), warn))
    if not files:
        raise click.UsageError(f"no case found in {folder}")
    changed: list[_CaseChange] = []
    apart: dict[str, str] = {}
    unread = 0
    for before, after in zip(answer_all(files, old), answer_all(files, new), strict=True):
        if before.assessment is not None and after.assessment is not None:
            change = _otherwise(before.id, before.assessment, after.assessment, old, new)
        elif before.assessment is None and after.assessment is None:
            print_problems(before.problems)
            apart[before.file], unread, change = "neither rulebook can read it", unread + 1, None
        elif unknown := _only_there(before, old, new) or _only_there(after, new, old):
            apart[before.file], change = f"only one rulebook has {' and '.join(unknown)}", None
        else:
            change = _refused(before, after)
        if change is not None:
            changed.append(change)
    return _OnCases(total=len(files), changed=tuple(changed), apart=apart, unread=unread)


def _otherwise(id: str, before: Assessment, after: Assessment, old: Rulebook, new: Rulebook) -> _CaseChange | None:
    was, now = (
        {name: " or ".join(answer.possible) for name, answer in side.decisions.items()} for side in (before, after)
    )
    names = [name for name in {**now, **was} if was.get(name) != now.get(name)]
    said, says = remarks_beside(before, old), remarks_beside(after, new)
    # With another answer its remarks are others too, and need not be told.
    remarks = [each for each in {**said, **says} if said.get(each) != says.get(each) and each.decision not in names]
    if not names and not remarks:
        return None
    return _CaseChange(
        id=id,
        decisions={name: (was.get(name, _NOT_ASKED), now.get(name, _NOT_ASKED)) for name in names},
        remarks={each: (said.get(each, NOT_GIVEN), says.get(each, NOT_GIVEN)) for each in remarks},
    )


def _only_there(result: Result, rulebook: Rulebook, other: Rulebook) -> list[str]:
    """Return the facts of a case that was read which the other rulebook does not have."""
    if result.assessment is None:
        return []
    return [name for name in read_case(result.file, rulebook).given if name not in other.facts]


def _refused(before: Result, after: Result) -> _CaseChange:
    told = [
        "answered" if result.assessment is not None else f"refused ({'; '.join(p.message for p in result.problems)})"
        for result in (before, after)
    ]
    id = before.id if before.assessment is not None else after.id
    return _CaseChange(id=id, refused=(told[0], told[1]))
