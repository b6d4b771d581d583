"""Registry tables: every row, or every patient, answered as `assess` would answer it, on DuckDB or on Spark."""

from .cohort import Cohort
from .engine import Target
from .mapping import ColumnMapping, parse_mapping, read_mapping
from .scoring import score_table

__all__ = ["Cohort", "ColumnMapping", "Target", "parse_mapping", "read_mapping", "score_table"]
