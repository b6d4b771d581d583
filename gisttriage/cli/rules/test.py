"""``gisttriage rules test``: cases with the answers they expect, and how much of the rulebook they try."""

from __future__ import annotations

import os
from collections.abc import Sequence

import click

from ...diagnostics import CaseError, Problem
from ...expectation import measure, run_tests
from ...listing import Listing, list_cases
from ...output import write_out, write_whole
from ...render.tests import as_json, as_junit, as_text
from ..common import examples, format_option, rulebook_of, rules_option, tell


@click.command(
    epilog=examples(
        "gisttriage rules test examples/",
        "gisttriage rules test examples/ --min-coverage 100 --junit report.xml",
    )
)
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option(
    "--min-coverage", type=click.FloatRange(0, 100), metavar="PERCENT", help="Fail if less of the rules was tried."
)
@click.option("--junit", metavar="FILE", help="Also write JUnit XML to this file.")
@format_option("text", "json")
@rules_option
def test(paths: Sequence[str], min_coverage: float | None, junit: str | None, format: str, rules: str | None) -> int:
    """Run cases against the answers they expect, and count which rules they saw true, false and unknown.

    A case says what it expects in a block at its end; others are passed over:

    \b
      expect:
        surgery: consider                  # a list for an open decision
        systemic_therapy: [resume_tki, change_tki]
        first_missing: progression         # also status, cautions, notices; or error alone

    Exits with 1 if a test fails or the coverage is too low, and with 2 if a path cannot be read.
    """
    rulebook = rulebook_of(rules)
    found = list(
        list_cases(paths, Listing(), lambda problem: tell(str(problem).replace(": error: ", ": warning: ", 1)))
    )
    unread = [each for each in found if isinstance(each, Problem)]
    unread += [Problem(path=path, message="no such file or folder") for path in paths if not os.path.lexists(path)]
    if unread:
        raise CaseError(unread)  # tests that were not run have not passed
    files = [each for each in found if isinstance(each, str)]
    tested = list(run_tests(files, rulebook))
    if not tested:
        raise click.UsageError(f"no case with an expect block in {', '.join(paths)}")
    coverage = measure(tested, rulebook)
    if junit is not None:
        write_whole(junit, as_junit(tested))
    write_out((as_json if format == "json" else as_text)(tested, coverage, rulebook), as_utf8=format == "json")
    enough = min_coverage is None or coverage.percent >= min_coverage
    return int(any(each.failures for each in tested) or not enough)
