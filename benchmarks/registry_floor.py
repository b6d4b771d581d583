"""What the registry benchmark is measured against: plain DuckDB, with ten rules written by hand, or none.

Each rule column is a CASE over the facts as they stand in the table. None of them treats an unknown fact as one.
"""

from __future__ import annotations

import sys

import duckdb

_ADVANCED = "disease_extent IN ('locally_advanced', 'recurrent', 'metastatic')"
_RULES = (
    f"CASE WHEN {_ADVANCED} AND tki = 'imatinib' AND progression = 'limited' AND resection_expected = 'complete' "
    "AND fit_for_surgery = 'yes' THEN 'consider' WHEN progression = 'multifocal' THEN 'not_favoured' "
    "WHEN progression IS NULL THEN 'open' ELSE 'no_guidance' END",
    f"CASE WHEN {_ADVANCED} AND tki = 'sunitinib' AND progression = 'limited' THEN 'caution' "
    "WHEN tki IS NULL THEN 'open' ELSE 'no_guidance' END",
    "CASE WHEN subtype = 'nf1' AND presentation = 'symptomatic' THEN 'consider' WHEN subtype IS NULL THEN 'open' "
    "ELSE 'no_guidance' END",
    "CASE WHEN subtype = 'sdh_deficient' AND presentation IN ('symptomatic', 'emergency') THEN 'consider' "
    "WHEN subtype IS NULL OR presentation IS NULL THEN 'open' ELSE 'no_guidance' END",
    "CASE WHEN tki = 'none' AND subtype IN ('kit_exon_9', 'kit_exon_11', 'kit_other') AND tki_contraindicated = 'no' "
    f"AND {_ADVANCED} THEN 'start_imatinib' WHEN tki IS NULL THEN 'open' ELSE 'no_guidance' END",
    "CASE WHEN progression = 'none' AND tki IN ('imatinib', 'sunitinib') THEN 'continue_tki' "
    "WHEN progression = 'multifocal' THEN 'change_tki' WHEN progression = 'limited' THEN 'resume_tki' ELSE 'open' END",
    "CASE WHEN best_response IN ('complete', 'partial', 'stable') AND progression = 'none' THEN 'consider' "
    "WHEN best_response IS NULL THEN 'open' ELSE 'not_favoured' END",
    "CASE WHEN resection_expected = 'unresectable' OR fit_for_surgery = 'no' THEN 'not_favoured' "
    "WHEN resection_expected IS NULL OR fit_for_surgery IS NULL THEN 'open' ELSE 'consider' END",
    "CASE WHEN TRY_CAST(largest_tumor_cm AS DOUBLE) > 5 AND TRY_CAST(mitoses_per_50_hpf AS DOUBLE) > 5 THEN 'caution' "
    "WHEN tumor_rupture = 'yes' THEN 'caution' WHEN tumor_rupture IS NULL THEN 'open' ELSE '' END",
    "CASE WHEN disease_extent = 'localized' THEN 'out_of_scope' WHEN disease_extent IS NULL THEN 'needs_data' "
    "WHEN presentation = 'emergency' THEN 'emergency' ELSE 'settled' END",
)


def main() -> None:
    """Copy a table to Parquet, with the rules or without."""
    how, source, target = sys.argv[1:]
    connection = duckdb.connect(config={"threads": 2})
    read = "read_parquet" if how == "rules" else "read_csv"
    columns = ", ".join(["*", *(f"{rule} AS rule_{i}" for i, rule in enumerate(_RULES))]) if how == "rules" else "*"
    connection.execute(f"COPY (SELECT {columns} FROM {read}($1)) TO $2 (FORMAT parquet)", [source, target])


if __name__ == "__main__":
    main()
