"""``gisttriage rules schema``: JSON Schemas for editors and programs."""

from __future__ import annotations

import click

from ...output import write_out
from ...render.json import dumps
from ...schema import assessment_schema, case_schema
from ..common import examples, rulebook_of, rules_option


@click.command(
    epilog=examples(
        "gisttriage rules schema --case > case.schema.json",
        "gisttriage rules schema --assessment > assessment.schema.json",
    )
)
@click.option("--case", "only", flag_value="case", help="Only the schema of a case file.")
@click.option("--assessment", "only", flag_value="assessment", help="Only the schema of the JSON answer.")
@rules_option
def schema(only: str | None, rules: str | None) -> None:
    """Print the JSON Schemas of a case file and of the JSON answer.

    Without an option, both, as one object with the keys `case` and `assessment`.
    """
    rulebook = rulebook_of(rules)
    schemas = {"case": case_schema(rulebook), "assessment": assessment_schema(rulebook)}
    write_out(dumps(schemas[only] if only else schemas), as_utf8=True)
