"""How far visits came in the last window, by the customer's region: looked, put into the cart, bought."""

from __future__ import annotations

from datetime import date, timedelta

import duckdb

from core.workspace import Workspace
from monitoring.shop_figures.shop_results import FunnelStep

_HANDFUL = 5
"""A region with fewer is told with those that have none: nobody can be read from it."""


def by_region(connection: duckdb.DuckDBPyConnection, workspace: Workspace, as_of: date) -> list[FunnelStep]:
    """Customers who did each, the largest region first; none for a shop that brings no views.

    Who bought without a view in the window is not counted: a funnel tells what became of those who looked.
    """
    if not workspace.tables.has("events"):
        return []
    region, joined = "NULL", ""
    if workspace.tables.has("customers"):
        region, joined = "c.region", " LEFT JOIN customers c USING (customer_id)"
    rows = connection.execute(
        "WITH seen AS (SELECT e.customer_id, bool_or(kind = 'view') AS viewed, bool_or(kind = 'cart') AS carted"
        " FROM events e WHERE e.day >= $first AND e.day < $stop AND e.customer_id IS NOT NULL GROUP BY 1),"
        " bought AS (SELECT DISTINCT customer_id FROM orders WHERE day >= $first AND day < $stop),"
        f" steps AS (SELECT coalesce({region}, '') AS region, s.carted, b.customer_id IS NOT NULL AS bought"
        f" FROM seen s LEFT JOIN bought b USING (customer_id){joined} WHERE s.viewed),"
        " sized AS (SELECT *, count(*) OVER (PARTITION BY region) AS size FROM steps)"
        f" SELECT CASE WHEN size < {_HANDFUL} THEN '' ELSE region END AS place, count(*), count(*) FILTER (carted),"
        " count(*) FILTER (bought) FROM sized GROUP BY 1 ORDER BY 2 DESC, 1",
        {"first": as_of - timedelta(days=workspace.settings.monitoring.window_days), "stop": as_of},
    ).fetchall()
    return [FunnelStep(*row) for row in rows]
