"""Business figures of a window beside their baseline: revenue, orders, active customers, repeat rate.

The baseline of a figure is its median over the windows of equal length before (up to three): four weeks beside
four weeks, so that weekdays weigh alike and one unusual month does not set the measure.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from statistics import median

import pandas as pd

from core import query_engine
from core.workspace import Workspace
from monitoring.results import Unit

UNITS: dict[str, Unit] = {"revenue": "money", "orders": "count", "active customers": "count", "repeat rate": "share"}
"""Every figure, and what it counts."""
BASELINE_WINDOWS = 3

_QUERY = """
WITH baskets AS (
    SELECT customer_id, order_id, day, sum(revenue) AS revenue FROM orders
    WHERE day >= $first AND day < $stop GROUP BY ALL
),
per_customer AS (
    SELECT w.number, b.customer_id, sum(b.revenue) AS revenue, count(DISTINCT b.order_id) AS orders
    FROM windows w JOIN baskets b ON b.day >= w.start AND b.day < w.stop GROUP BY ALL
)
SELECT number, sum(revenue) AS revenue, sum(orders) AS orders, count(customer_id) AS "active customers",
       coalesce(avg((orders >= 2)::INT) FILTER (customer_id IS NOT NULL), 0) AS "repeat rate"
FROM per_customer GROUP BY number
"""


@dataclass(frozen=True)
class Figure:
    """One figure of the window that ends before `day`; `change` is its relative distance from the baseline.

    Without a whole earlier window there is no baseline, and `change` is None.
    """

    name: str
    day: date
    value: float
    baseline: float | None

    @property
    def change(self) -> float | None:
        """(value - baseline) / baseline."""
        return None if not self.baseline else self.value / self.baseline - 1


def figures(workspace: Workspace, days: list[date]) -> list[Figure]:
    """Every figure of the window that ends before each of `days` (the most of work is one pass over the orders)."""
    length = timedelta(days=workspace.settings.monitoring.window_days)
    first = workspace.tables.first_day()
    windows = [
        (day, back, day - length * (back + 1), day - length * back)
        for day in days
        for back in range(BASELINE_WINDOWS + 1)
        if back == 0 or day - length * (back + 1) >= first
    ]
    values = _measure(workspace, [(start, stop) for _, _, start, stop in windows])
    found = []
    for name in UNITS:
        for day in days:
            mine = {w[1]: values[name][i] for i, w in enumerate(windows) if w[0] == day}
            before = [value for back, value in mine.items() if back > 0]
            found.append(Figure(name, day, mine[0], median(before) if before else None))
    return found


def _measure(workspace: Workspace, windows: list[tuple[date, date]]) -> dict[str, list[float]]:
    """Each figure in each window."""
    frame = pd.DataFrame(windows, columns=["start", "stop"]).rename_axis("number").reset_index()
    with query_engine.on_tables(workspace) as connection:
        connection.register("windows", frame)
        bounds = {"first": min(w[0] for w in windows), "stop": max(w[1] for w in windows)}
        measured = connection.execute(_QUERY, bounds).df().set_index("number")
    measured = measured.reindex(frame["number"]).fillna(0.0)
    return {name: measured[name].astype(float).tolist() for name in UNITS}
