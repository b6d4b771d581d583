"""``gisttriage rules schema``: JSON Schemas for editors and programs."""

from __future__ import annotations

import click

from ...output import write_out
from ...render.json import dumps
from ...schema import assessment_schema, case_schema, mapping_schema
from ..common import examples, rulebook_of, rules_option


@click.command(
    epilog=examples(
        "gisttriage rules schema --case > case.schema.json",
        "gisttriage rules schema --assessment > assessment.schema.json",
        "gisttriage rules schema --mapping > mapping.schema.json",
    )
)
@click.option("--case", "only", flag_value="case", help="Only the schema of a case file.")
@click.option("--assessment", "only", flag_value="assessment", help="Only the schema of the JSON answer.")
@click.option("--mapping", "only", flag_value="mapping", help="Only the schema of the mapping of a table.")
@rules_option
def schema(only: str | None, rules: str | None) -> None:
    """Print the JSON Schemas of a case file, of the JSON answer, and of the mapping of a table.

    Without an option, all of them, as one object with the keys `case`, `assessment` and `mapping`.
    """
    rulebook = rulebook_of(rules)
    schemas = {"case": case_schema(rulebook), "assessment": assessment_schema(rulebook)}
    schemas["mapping"] = mapping_schema(rulebook)
    write_out(dumps(schemas[only] if only else schemas), as_utf8=True)
