"""``gisttriage rules explain``: what a code of `rules check` means."""

from __future__ import annotations

import click

from ...diagnostics import suggest
from ...findings import CODES
from ...output import write_out
from ..common import examples


@click.command(epilog=examples("gisttriage rules explain gap", "gisttriage rules explain"))
@click.argument("code", required=False, metavar="[CODE]")
def explain(code: str | None) -> None:
    """Say what a code of `gisttriage rules check` means, with an example; without a code, list them all."""
    if code is not None and code not in CODES:
        raise click.UsageError(f"no code {code!r}; {suggest(code, CODES) or 'known: ' + ', '.join(CODES)}")
    for name in [code] if code is not None else CODES:
        told = CODES[name]
        write_out(f"{name} ({told.severity})\n  {told.meaning}\n  To do: {told.remedy}\n  Example: {told.example}\n\n")
