"""Ingest: stage, convert and check, set bad rows aside, merge, commit; all in DuckDB, all rows at once."""

from pipelines.ingest.job import run
from pipelines.ingest.report import DryRunCheck, IngestReport, TableReport

__all__ = ["DryRunCheck", "IngestReport", "TableReport", "run"]
