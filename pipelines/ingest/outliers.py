"""Order lines that are valid but unusual: counted in the report, kept in the data."""

from __future__ import annotations

import duckdb

from pipelines.ingest.engine import scalar
from pipelines.ingest.typed import Typed

QUANTITY_FACTOR = 50
PRICE_FACTOR = 10
MIN_LINES = 10


def flag(connection: duckdb.DuckDBPyConnection, typed: Typed) -> dict[str, int]:
    """Counts of order lines far from the median of their product (of all products where it has < 10 lines).

    A quantity is unusual above 50 times the median, a price (revenue per unit) above 10 times or below a
    tenth of it. Other tables have no such check.
    """
    if typed.spec.name != "orders":
        return {}
    joined, conditions = rules(connection, f"(SELECT * FROM {typed.relation} WHERE {typed.good})")
    counts = {
        reason: scalar(connection, f"SELECT count(*) {joined} WHERE {condition}")
        for reason, condition in conditions.items()
    }
    return {reason: count for reason, count in counts.items() if count}


def rules(connection: duckdb.DuckDBPyConnection, lines: str, *kept: str) -> tuple[str, dict[str, str]]:
    """The lines of a relation beside what is usual, as «FROM ...», and for each reason the condition of its lines.

    `kept` are columns of the lines that are asked for.
    """
    columns = ", ".join([*kept, "product_id, abs(quantity) AS q, revenue / nullif(quantity, 0) AS p"])
    rows = f"(SELECT {columns} FROM {lines})"
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE usual AS"
        " SELECT product_id, count(*) AS lines, median(q) FILTER (q > 0) AS q, median(p) FILTER (p > 0) AS p"
        f" FROM {rows} GROUP BY product_id"
    )
    usual_quantity = f"(SELECT median(q) FILTER (q > 0) FROM {rows})"
    known = f"lines >= {MIN_LINES}"
    quantity = f"r.q > {QUANTITY_FACTOR} * (CASE WHEN {known} THEN u.q ELSE {usual_quantity} END)"
    price = f"{known} AND (r.p > {PRICE_FACTOR} * u.p OR (r.p > 0 AND r.p * {PRICE_FACTOR} < u.p))"
    joined = f"FROM {rows} AS r JOIN usual AS u USING (product_id)"
    return joined, {"unusual quantity": quantity, "unusual price": price}
