"""``gisttriage rules check``: prove the rulebook over every possible case."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence

import click

from ...diagnostics import OutputError, Problem
from ...output import write_out, write_whole
from ...render.findings import FORMATS
from ...rulebook import Rulebook
from ...verify import STATES, Proof, verify
from ...words import as_case
from ..common import examples, format_option, rulebook_of, rules_option


@click.command(
    epilog=examples(
        "gisttriage rules check",
        "gisttriage rules check department.yaml --save-witnesses witnesses/",
        "gisttriage rules check department.yaml --format sarif > check.sarif",
    )
)
@format_option(*FORMATS)
@click.option("--save-witnesses", metavar="DIR", help="Write a case that shows it for every finding that has one.")
@click.option(
    "--states",
    type=click.IntRange(1),
    default=STATES,
    show_default=True,
    help="Give a proof up after this many states.",
)
@click.argument("rulebooks", nargs=-1, metavar="[RULEBOOK]...")
@rules_option
def check(rulebooks: Sequence[str], format: str, save_witnesses: str | None, states: int, rules: str | None) -> int:
    """Prove a rulebook over every possible case, every unknown included; without a name, the one in use.

    Finds rules that contradict each other, rules that can never apply, gaps, and what nothing uses; each finding comes
    with a code (`gisttriage rules explain CODE`) and, where there is one, the smallest case that shows it. Exits with
    1 if there is an error or a warning, or if the proof had to be given up.
    """
    if len(rulebooks) > 1 and (format in ("json", "sarif") or save_witnesses is not None):
        raise click.UsageError("several rulebooks take --format text or github, and no --save-witnesses")
    return max([_check(path, format, save_witnesses, states) for path in rulebooks or (rules,)])


def _check(path: str | None, format: str, save_witnesses: str | None, states: int) -> int:
    rulebook = rulebook_of(path)
    begin = time.perf_counter()
    proof = verify(rulebook, states)
    seconds = time.perf_counter() - begin
    if save_witnesses is not None:
        _save(proof, rulebook, save_witnesses)
    write_out(FORMATS[format](proof, rulebook, seconds), as_utf8=format != "text")
    return int(any(finding.severity != "note" for finding in proof.findings))


def _save(proof: Proof, rulebook: Rulebook, folder: str) -> None:
    try:
        os.makedirs(folder, exist_ok=True)
    except OSError as problem:
        help = "choose another folder"
        raise OutputError([Problem(path=folder, message=f"cannot be made: {problem.strerror}", help=help)]) from None
    shown = [finding for finding in proof.findings if finding.witness is not None]
    for number, finding in enumerate(shown, 1):
        assert finding.witness is not None
        text = f"# {finding.code}: {finding.message}\n{as_case(finding.witness, rulebook.read)}"
        write_whole(os.path.join(folder, f"{number:03d}-{finding.code}.yaml"), text)
