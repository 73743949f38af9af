"""Quantities and prices of the last week beside the weeks before, by category: a unit that changed shows at once.

Compared are means of logarithms, so that a line of a thousand litres does not outweigh all others, and a factor is a
distance.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import duckdb
import pandas as pd

from core.messages import Message
from core.settings import Rules
from core.workspace import Workspace
from monitoring.arrivals.usual_range import WEEKS, UsualRange
from monitoring.results import QualityCheck, Touched

FEWEST_LINES = 30
WHOLE_SHOP = "the whole shop"
_MEASURES = {"moved_quantities": "quantity", "moved_prices": "price"}


@dataclass(frozen=True)
class _Moved:
    """A category whose mean logarithm moved by `distance`."""

    category: str
    distance: float

    def __str__(self) -> str:
        return f"{self.category} ({math.exp(self.distance):.3g} times)"


def checks(connection: duckdb.DuckDBPyConnection, workspace: Workspace, as_of: date) -> Iterator[QualityCheck]:
    """Of quantities and of prices per unit."""
    weeks = _weekly(connection, workspace, as_of)
    for name, measure in _MEASURES.items():
        yield _check(name, weeks.assign(mean=weeks[measure]), workspace.settings.rules, as_of)


def _check(name: str, weeks: pd.DataFrame, rules: Rules, as_of: date) -> QualityCheck:
    distances = _distances(weeks, rules)
    if not distances:
        says = Message("check.moved_units.too_early", {"lines": FEWEST_LINES})
        return QualityCheck(name, 0.0, None, rules.unit_factor, True, says, judged=False)
    moved = sorted((each for each, holds in distances if not holds), key=lambda each: -abs(each.distance))
    says = Message("check.moved_units", {"names": [str(each) for each in moved], "judged": len(distances)})
    if not moved:
        return QualityCheck(name, 1.0, 1.0, rules.unit_factor, True, says)
    return QualityCheck(
        name,
        math.exp(abs(moved[0].distance)),
        1.0,
        rules.unit_factor,
        False,
        says,
        since=as_of - timedelta(days=7),
        touched=_touched(weeks, [each.category for each in moved]),
    )


def _distances(weeks: pd.DataFrame, rules: Rules) -> list[tuple[_Moved, bool]]:
    """Of each category with enough lines: how far it moved, and whether that is usual."""
    found = []
    for category, rows in weeks[weeks["lines"] >= FEWEST_LINES].groupby("category"):
        factor = rules.shop_factor if category == WHOLE_SHOP else rules.unit_factor
        usual = UsualRange.of(rows.loc[rows["back"] > 0, "mean"].tolist(), math.log(factor))
        now = rows.loc[rows["back"] == 0, "mean"].tolist()
        if usual is not None and now:
            found.append((_Moved(str(category), now[0] - usual.median), usual.holds(now[0])))
    return found


def _touched(weeks: pd.DataFrame, categories: Sequence[str]) -> Touched:
    """Their share of the last week's revenue."""
    revenue = weeks[weeks["back"] == 0].set_index("category")["revenue"]
    total = float(revenue.get(WHOLE_SHOP, 0.0))
    return Touched(revenue_share=min(float(revenue.reindex(list(categories)).sum()) / total, 1.0) if total else None)


def _weekly(connection: duckdb.DuckDBPyConnection, workspace: Workspace, as_of: date) -> pd.DataFrame:
    """Lines, revenue, and the mean logarithm of quantity and of price, per category and week back."""
    joined, category = "", f"'{WHOLE_SHOP}'"
    if workspace.tables.has("products"):
        joined, category = " LEFT JOIN products p USING (product_id)", "p.category"
    found: pd.DataFrame = connection.execute(
        f"SELECT coalesce(category, '{WHOLE_SHOP}') AS category, back, count(*) AS lines, sum(revenue) AS revenue,"
        " avg(ln(quantity)) AS quantity, avg(ln(revenue / quantity)) AS price FROM ("
        f" SELECT {category} AS category, ((DATE '{as_of}' - o.day) - 1) // 7 AS back, o.quantity, o.revenue"
        f" FROM orders o{joined} WHERE o.day >= $first AND o.day < $stop AND o.quantity > 0 AND o.revenue > 0)"
        " GROUP BY GROUPING SETS ((category, back), (back))"
        " HAVING grouping(category) = 1 OR category IS NOT NULL",
        {"first": as_of - timedelta(days=7 * (WEEKS + 1)), "stop": as_of},
    ).df()
    return found
