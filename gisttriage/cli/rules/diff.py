"""``gisttriage rules diff``: what another rulebook would answer otherwise."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

import click

from ... import __version__
from ...batch import answer_all
from ...compare import Changed, Comparison, compare
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

CaseChange = tuple[str, dict[str, tuple[str, str]]]


@click.command(
    epilog=examples(
        "gisttriage rules diff builtin department.yaml",
        "gisttriage rules diff old.yaml new.yaml --cases cases/",
        "gisttriage rules diff builtin department.yaml --format json",
    )
)
@click.argument("old", metavar="OLD")
@click.argument("new", metavar="NEW")
@click.option("--cases", metavar="FOLDER", help="Also tell which of these cases would be answered otherwise.")
@format_option("text", "json")
def diff(old: str, new: str, cases: str | None, format: str) -> int:
    """Compare two rulebooks by their answers: every region of cases whose answer changes, largest first.

    OLD and NEW are files, or `builtin` for the shipped rulebook. Each region comes with a case that shows it. Exits
    with 1 if anything changes.
    """
    before, after = (load_rulebook(None if path == "builtin" else path) for path in (old, new))
    try:
        comparison = compare(before, after, STATES)
    except TooLarge:
        raise click.ClickException("not compared: more combinations than can be worked through") from None
    changed = list(_on_cases(cases, before, after)) if cases is not None else []
    if format == "json":
        write_out(dumps(_document(before, after, comparison, changed)), as_utf8=True)
    else:
        write_out(printed(_lines(before, after, comparison, changed, cases), sys.stdout))
    return int(bool(comparison.changes or comparison.vocabulary or changed))


def _lines(
    old: Rulebook, new: Rulebook, comparison: Comparison, changed: list[CaseChange], cases: str | None
) -> Iterator[str]:
    yield from comparison.vocabulary
    for change in comparison.changes:
        label = lowered((new.decisions.get(change.decision) or old.decisions[change.decision]).label)
        told = f"{label} {change.old} → {change.new} ({change.cases:,} known cases)"
        yield f"{in_words(change.box, comparison.facts)}: {told}"
        yield from (f"    {line}" for line in _witness(change, comparison).splitlines())
    for name, decisions in changed:
        yield f"{name}: {'; '.join(f'{decision} {one} → {two}' for decision, (one, two) in decisions.items())}"
    if cases is not None:
        yield f"{len(changed)} of the cases in {cases} would be answered otherwise"
    regions = f"{len(comparison.changes)} region{'' if len(comparison.changes) == 1 else 's'}"
    told = f"{regions} of cases answered otherwise" if comparison.changes else "no case is answered otherwise"
    for side, book in (("old", old), ("new", new)):
        yield f"{side}: {chain(book.stamp)}"
    yield f"compared over {comparison.cases:,} fully known cases, and every unknown with them: {told}"


def _witness(change: Changed, comparison: Comparison) -> str:
    return as_case(comparison.situation(change.box), comparison.facts)


def _document(old: Rulebook, new: Rulebook, comparison: Comparison, changed: list[CaseChange]) -> dict[str, Any]:
    stamps = {side: stamped(book.stamp) for side, book in (("old", old), ("new", new))}
    return {
        "schema": "gisttriage.diff/1",
        "tool": {"name": "gisttriage", "version": __version__},
        **stamps,
        "vocabulary": comparison.vocabulary,
        "changes": [
            {
                "decision": change.decision,
                "old": change.old,
                "new": change.new,
                "when": {
                    comparison.facts[place].name: [comparison.facts[place].value_name(value) for value in bits(mask)]
                    for place, mask in sorted(change.box.items())
                },
                "cases": change.cases,
                "witness": _witness(change, comparison),
            }
            for change in comparison.changes
        ],
        "cases": [
            {
                "id": name,
                "decisions": {decision: {"old": one, "new": two} for decision, (one, two) in decisions.items()},
            }
            for name, decisions in changed
        ],
    }


def _on_cases(folder: str, old: Rulebook, new: Rulebook) -> Iterator[CaseChange]:
    def warn(problem: object) -> None:
        click.echo(str(problem).replace(": error: ", ": warning: ", 1), err=True)

    files = list(list_cases([folder], Listing(), warn))
    if not files:
        raise click.UsageError(f"no case found in {folder}")
    for before, after in zip(answer_all(files, old), answer_all(files, new), strict=True):
        if before.assessment is None or after.assessment is None:
            print_problems(before.problems or after.problems)
            continue
        was, now = before.assessment.decisions, after.assessment.decisions
        names = [name for name in now if name in was and was[name].possible != now[name].possible]
        if names:
            yield (
                before.id,
                {name: (" or ".join(was[name].possible), " or ".join(now[name].possible)) for name in names},
            )
