"""Shares of the order lines of the last week beside the weeks before: what names nobody, nothing or something new.

A week is enough to see a broken join, and few enough days that it is not drowned among those before it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

import duckdb
import pandas as pd

from core.messages import Message
from core.workspace import Workspace
from monitoring.arrivals.usual_range import FEWEST_WEEKS, WEEKS, UsualRange
from monitoring.results import QualityCheck, Touched

WEEK = timedelta(days=7)
NEW_AFTER_WEEKS = 8
"""In a shop's first weeks everything is new."""
FEWEST_LINES = 30
_SHARES = {
    "guests": ("customer_id", "o.customer_id IS NULL"),
    "no_product": ("product_id", "o.product_id IS NULL"),
    "no_revenue": ("revenue", "o.revenue IS NULL OR o.revenue = 0"),
    "no_quantity": ("quantity", "o.quantity IS NULL OR o.quantity = 0"),
    "returned": ("quantity", "o.quantity < 0"),
    "no_discount": ("discount", "o.discount IS NULL"),
    "discounted": ("discount", "o.discount > 0"),
    "no_store": ("store_id", "o.store_id IS NULL"),
    "no_channel": ("channel", "o.channel IS NULL"),
    "unknown_products": ("product_id", "o.product_id IS NOT NULL AND NOT coalesce(p.known, false)"),
    "new_products": ("product_id", "o.product_id IS NOT NULL AND o.day - fp.first < 7"),
    "new_customers": ("customer_id", "o.customer_id IS NOT NULL AND o.day - fc.first < 7"),
}
_NEW = ("new_products", "new_customers")


@dataclass(frozen=True)
class _Days:
    """Lines and revenue per day, of all lines and of those of each share."""

    frame: pd.DataFrame
    first_day: date
    as_of: date

    def week(self, name: str, back: int, of: str = "lines") -> float:
        """A share in the week that ended `back` weeks ago; NaN where there were too few lines."""
        stop = self.as_of - WEEK * back
        rows = self.frame[(self.frame["day"] >= stop - WEEK) & (self.frame["day"] < stop)]
        total = float(rows[of].sum())
        enough = float(rows["lines"].sum()) >= FEWEST_LINES and total > 0
        return float(rows[f"{name}_{of}"].sum()) / total if enough else float("nan")

    def before(self, name: str) -> list[float]:
        """The share in each week before that was whole."""
        first = self.first_day + (WEEK * NEW_AFTER_WEEKS if name in _NEW else timedelta())
        weeks = [self.week(name, back) for back in range(1, WEEKS + 1) if self.as_of - WEEK * (back + 1) >= first]
        return [share for share in weeks if not math.isnan(share)]

    def since(self, name: str, usual: UsualRange) -> date:
        """The first of the days up to now on which the share was unusual."""
        days = self.frame.sort_values("day", ascending=False)
        first = self.as_of
        for day, lines, of_share in days[["day", "lines", f"{name}_lines"]].itertuples(index=False):
            if usual.holds(of_share / lines):
                break
            first = day
        return first


def checks(connection: duckdb.DuckDBPyConnection, workspace: Workspace, as_of: date) -> Iterator[QualityCheck]:
    """One check per share of lines that the shop's columns allow."""
    days = _measure(connection, workspace, as_of)
    for name in _SHARES:
        if f"{name}_lines" in days.frame and days.frame["lines"].sum():
            yield _check(name, days, workspace.settings.rules.check_jump)


def _check(name: str, days: _Days, jump: float) -> QualityCheck:
    now, before = days.week(name, 0), days.before(name)
    usual = UsualRange.of(before, jump)
    if math.isnan(now):
        says = Message("check.too_few_lines", {"needed": FEWEST_LINES})
        return QualityCheck(name, now, None, jump, True, says, judged=False)
    if usual is None:
        says = Message("check.too_early", {"now": now, "more": FEWEST_WEEKS - len(before)})
        return QualityCheck(name, now, None, jump, True, says, judged=False)
    says = Message("check.share", {"now": now, "before": usual.median})
    if usual.holds(now):
        return QualityCheck(name, now, usual.median, usual.tolerance, True, says)
    touched = Touched(revenue_share=days.week(name, 0, "revenue")) if now > usual.median else None
    since = days.since(name, usual)
    return QualityCheck(name, now, usual.median, usual.tolerance, False, says, since=since, touched=touched)


def _measure(connection: duckdb.DuckDBPyConnection, workspace: Workspace, as_of: date) -> _Days:
    brings = _brought(connection, as_of)
    shares = {name: sql for name, (column, sql) in _SHARES.items() if column in brings}
    if not workspace.tables.has("products"):
        shares.pop("unknown_products", None)
    known = (
        "(SELECT DISTINCT product_id, true AS known FROM products)"
        if "unknown_products" in shares
        else "(SELECT NULL AS product_id, false AS known)"
    )
    counted = "".join(
        f", count(*) FILTER ({sql}) AS {name}_lines, coalesce(sum(o.revenue) FILTER ({sql}), 0) AS {name}_revenue"
        for name, sql in shares.items()
    )
    frame = connection.execute(
        f"SELECT o.day, count(*) AS lines, coalesce(sum(o.revenue), 0) AS revenue{counted} FROM orders o"
        f" LEFT JOIN {known} p USING (product_id)"
        " LEFT JOIN (SELECT product_id, min(day) AS first FROM orders GROUP BY 1) fp USING (product_id)"
        " LEFT JOIN (SELECT customer_id, min(day) AS first FROM orders GROUP BY 1) fc USING (customer_id)"
        " WHERE o.day >= $first AND o.day < $stop GROUP BY 1",
        {"first": as_of - WEEK * (WEEKS + 1), "stop": as_of},
    ).df()
    return _Days(frame.assign(day=pd.to_datetime(frame["day"]).dt.date), workspace.tables.first_day(), as_of)


def _brought(connection: duckdb.DuckDBPyConnection, as_of: date) -> set[str]:
    """The columns that held something on some day before: one that the shop never brought can't go missing."""
    columns = sorted({column for column, _ in _SHARES.values()})
    counts = connection.execute(
        f"SELECT {', '.join(f'count({column})' for column in columns)} FROM orders WHERE day < ?", [as_of]
    ).fetchone()
    return {column for column, count in zip(columns, counts or (), strict=True) if count}
