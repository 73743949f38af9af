"""Ingest: stage, convert and check, set bad rows aside, merge, commit; all in DuckDB, all rows at once."""

from pipelines.ingest.job import run
from pipelines.ingest.report import Check, IngestReport, TableReport

__all__ = ["Check", "IngestReport", "TableReport", "run"]
