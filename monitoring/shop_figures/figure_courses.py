"""The figures: each one SQL over the windows, in one of three groups, with the tables it needs.

A new figure is one entry of `FIGURES` and a title in the texts (`shop_figure.NAME.title`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

import duckdb
import pandas as pd

from core.reads import Read
from core.settings import ShopFigure
from core.workspace import Workspace
from monitoring.shop_figures.shop_results import FigureCourse, Group, Kind

WINDOWS = 13
"""A year of four weeks each."""

READS = (
    Read("orders", ("revenue", "discount", "quantity", "customer_id", "order_id", "product_id"), "the shop's figures"),
    Read("products", ("unit_cost",), "margin over the months"),
    Read("deliveries", ("promised_on", "delivered_at"), "deliveries that came late"),
    Read("stock", ("on_hand", "date"), "products that were out of stock"),
    Read("tickets", ("satisfaction",), "how content customers were"),
    Read("reviews", ("rating",), "how customers rate"),
    Read("events", ("kind",), "payments that failed, and how far visits came"),
)


@dataclass(frozen=True)
class FigureSpec:
    """How a figure is measured: `sql` gives (number, value) of the windows w (number, start, stop: days)."""

    group: Group
    kind: Kind
    rising: bool
    sql: str
    needs: tuple[str, ...] = ("orders",)


_ORDERS = "FROM windows w JOIN orders o ON o.day >= w.start AND o.day < w.stop"
_OF_CUSTOMERS = (
    "FROM (SELECT w.number, o.customer_id, sum(o.revenue) AS revenue, count(DISTINCT o.order_id) AS orders"
    f" {_ORDERS} WHERE o.customer_id IS NOT NULL GROUP BY ALL)"
)
FIGURES: Mapping[ShopFigure, FigureSpec] = {
    "revenue": FigureSpec("economic", "money", True, f"SELECT number, sum(o.revenue) {_ORDERS} GROUP BY 1"),
    "revenue_per_customer": FigureSpec(
        "economic", "money", True, f"SELECT number, sum(revenue) / count(*) {_OF_CUSTOMERS} GROUP BY 1"
    ),
    "basket_value": FigureSpec(
        "economic",
        "money",
        True,
        f"SELECT number, sum(o.revenue) / nullif(count(DISTINCT o.order_id), 0) {_ORDERS} GROUP BY 1",
    ),
    "margin": FigureSpec(
        "economic",
        "share",
        True,
        "SELECT number, sum(o.revenue - o.quantity * p.unit_cost) / nullif(sum(o.revenue), 0)"
        f" {_ORDERS} JOIN products p USING (product_id) WHERE p.unit_cost IS NOT NULL GROUP BY 1",
        ("orders", "products"),
    ),
    "coupon_cost": FigureSpec(
        "economic",
        "share",
        False,
        f"SELECT number, sum(o.discount) / nullif(sum(o.revenue + o.discount), 0) {_ORDERS}"
        " WHERE o.discount IS NOT NULL GROUP BY 1",
    ),
    "active_customers": FigureSpec("operational", "count", True, f"SELECT number, count(*) {_OF_CUSTOMERS} GROUP BY 1"),
    "returned": FigureSpec(
        "operational",
        "share",
        False,
        f"SELECT number, -sum(least(o.quantity, 0)) / nullif(sum(greatest(o.quantity, 0)), 0) {_ORDERS} GROUP BY 1",
    ),
    "stock_outs": FigureSpec(
        "operational",
        "share",
        False,
        "SELECT number, avg((s.on_hand <= 0)::INT) FROM windows w JOIN stock s ON s.date >= w.start AND s.date < w.stop"
        " GROUP BY 1",
        ("stock",),
    ),
    "late_deliveries": FigureSpec(
        "operational",
        "share",
        False,
        "SELECT number, avg((coalesce(d.delivered_at::DATE, w.stop) > d.promised_on)::INT) FROM windows w"
        " JOIN deliveries d ON d.promised_on >= w.start AND d.promised_on < w.stop GROUP BY 1",
        ("deliveries",),
    ),
    "payment_failures": FigureSpec(
        "operational",
        "share",
        False,
        "SELECT number, count(*) FILTER (e.kind = 'payment_failed') / nullif(count(*), 0) FROM windows w JOIN events e"
        " ON e.day >= w.start AND e.day < w.stop WHERE e.kind IN ('payment_failed', 'purchase') GROUP BY 1"
        " HAVING count(*) FILTER (e.kind = 'payment_failed') > 0 OR (SELECT count(*) FROM events"
        " WHERE kind = 'payment_failed') > 0",
        ("events",),
    ),
    "repeat_rate": FigureSpec(
        "emotional", "share", True, f"SELECT number, avg((orders >= 2)::INT) {_OF_CUSTOMERS} GROUP BY 1"
    ),
    "repurchase_cycle": FigureSpec(
        "emotional",
        "days",
        False,
        "SELECT w.number, median(v.day - v.before) FROM windows w JOIN (SELECT day, lag(day) OVER (PARTITION BY"
        " customer_id ORDER BY day) AS before FROM (SELECT DISTINCT customer_id, day FROM orders WHERE customer_id IS"
        " NOT NULL)) v ON v.day >= w.start AND v.day < w.stop AND v.before IS NOT NULL GROUP BY 1",
    ),
    "rating": FigureSpec(
        "emotional",
        "score",
        True,
        "SELECT number, avg(r.rating) FROM windows w JOIN reviews r ON r.day >= w.start AND r.day < w.stop GROUP BY 1",
        ("reviews",),
    ),
    "satisfaction": FigureSpec(
        "emotional",
        "score",
        True,
        "SELECT number, avg(t.satisfaction) FROM windows w JOIN tickets t ON t.day >= w.start AND t.day < w.stop"
        " GROUP BY 1",
        ("tickets",),
    ),
}


def courses(connection: duckdb.DuckDBPyConnection, workspace: Workspace, as_of: date) -> list[FigureCourse]:
    """Every figure that the shop's tables allow and that was ever measured, over the last windows."""
    windows = _windows(workspace, as_of)
    days = tuple(stop for _, stop in windows)
    frame = pd.DataFrame(windows, columns=["start", "stop"]).rename_axis("number").reset_index()
    connection.register("windows", frame)
    targets, found = workspace.settings.monitoring.targets, list[FigureCourse]()
    for name, figure in FIGURES.items():
        if not all(workspace.tables.has(table) for table in figure.needs):
            continue
        measured = dict(connection.execute(figure.sql).fetchall())
        values = tuple(_number(measured.get(number)) for number in range(len(windows)))
        if any(value is not None for value in values):
            found.append(FigureCourse(name, figure.group, figure.kind, figure.rising, days, values, targets.get(name)))
    return found


def _windows(workspace: Workspace, as_of: date) -> list[tuple[date, date]]:
    """The whole windows before a day, the oldest first; the last one even where it is not whole."""
    length, first = timedelta(days=workspace.settings.monitoring.window_days), workspace.tables.first_day()
    found = [(as_of - length * (back + 1), as_of - length * back) for back in range(WINDOWS)]
    return [window for back, window in enumerate(found) if back == 0 or window[0] >= first][::-1]


def _number(value: float | None) -> float | None:
    return None if value is None or value != value else float(value) + 0.0  # noqa: PLR0124 - and no minus zero
