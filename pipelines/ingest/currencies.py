"""The exchange rates that money is converted by: those in force, and over them those that come in now."""

from __future__ import annotations

import duckdb

from core.expressions import literal
from core.reads import Read
from pipelines.ingest.merge import Stored
from pipelines.ingest.typed import RATES, Typed

READS = (
    Read("orders", ("currency",), "converting money to the base currency"),
    Read("fx_rates", ("date", "currency", "rate"), "orders in several currencies"),
)


def prepare(connection: duckdb.DuckDBPyConnection, old: Stored) -> None:
    """Start with the rates in force."""
    connection.execute(f"CREATE OR REPLACE TABLE {RATES} (date DATE, currency VARCHAR, rate DOUBLE)")
    if old.files:
        files = ", ".join(literal(str(path)) for path in old.files)
        connection.execute(f"INSERT INTO {RATES} SELECT date, currency, rate FROM read_parquet([{files}])")


def add(connection: duckdb.DuckDBPyConnection, typed: Typed, *, anew: bool) -> None:
    """Put the rates that came in over those in force, or (`anew`) in their place."""
    news = f"(SELECT date, currency, rate FROM {typed.relation} WHERE {typed.good})"
    same = f"EXISTS (SELECT 1 FROM {news} AS n WHERE n.date = r.date AND n.currency = r.currency)"
    connection.execute(f"DELETE FROM {RATES} AS r" + ("" if anew else f" WHERE {same}"))
    connection.execute(f"INSERT INTO {RATES} SELECT * FROM {news}")
