"""What the tables say about a shop, in the figures its owner knows: orders, customers and money per month."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from core import query_engine
from core.workspace import Workspace, of_one_generation
from pipelines import uses
from pipelines.ingest.reconciliation import REFUND

_TOTALS = """
SELECT count(*) AS lines, count(DISTINCT order_id) AS orders, count(DISTINCT customer_id) AS customers,
       count(DISTINCT product_id) AS products, count(DISTINCT day) AS days,
       avg((customer_id IS NULL)::INT) AS of_guests, min(day) AS first_day, max(day) AS last_day
FROM orders
"""
_MONTHS = f"""
SELECT strftime(day, '%Y-%m') AS month, count(*) AS lines, count(DISTINCT order_id) AS orders,
       count(DISTINCT customer_id) AS customers, sum(revenue) AS revenue,
       0 - coalesce(sum(revenue) FILTER ({REFUND}), 0) AS refunds
FROM orders GROUP BY 1 ORDER BY 1
"""


@dataclass(frozen=True)
class MonthFigures:
    """One calendar month; `revenue` is after refunds, both in the base currency."""

    month: str
    lines: int
    orders: int
    customers: int
    revenue: float
    refunds: float


@dataclass(frozen=True)
class Missing:
    """A table that the shop did not bring, and what it would switch on."""

    table: str
    switches_on: str


@dataclass(frozen=True)
class Understanding:
    """What was taken in. `of_guests` is the share of lines without a customer."""

    timezone: str
    base_currency: str
    lines: int
    orders: int
    customers: int
    products: int
    days: int
    of_guests: float
    first_day: date
    last_day: date
    months: tuple[MonthFigures, ...]
    missing: tuple[Missing, ...]

    def rows(self) -> list[tuple[str, object]]:
        """What a person reads first: a name and its figure."""
        return [
            ("orders", self.orders),
            ("order lines", self.lines),
            ("customers", self.customers),
            ("lines of guests", f"{self.of_guests:.0%}"),
            ("products", self.products),
            ("days with orders", f"{self.days:,}, {self.first_day} to {self.last_day}"),
            ("revenue", f"{sum(month.revenue for month in self.months):,.2f} {self.base_currency}"),
            ("refunds", f"{sum(month.refunds for month in self.months):,.2f} {self.base_currency}"),
            ("time zone", self.timezone),
        ]

    def as_dict(self) -> dict[str, Any]:
        """For machines."""
        return asdict(self)


@of_one_generation
def understand(workspace: Workspace) -> Understanding:
    """Count what the workspace's tables hold; there must be orders."""
    with query_engine.on_tables(workspace) as connection:
        [totals] = connection.execute(_TOTALS).df().to_dict("records")
        months = connection.execute(_MONTHS).fetchall()
    manifest = workspace.tables.manifest
    return Understanding(
        timezone=workspace.tables.timezone,
        base_currency=manifest.base_currency or "",
        lines=int(totals["lines"]),
        orders=int(totals["orders"]),
        customers=int(totals["customers"]),
        products=int(totals["products"]),
        days=int(totals["days"]),
        of_guests=float(totals["of_guests"]),
        first_day=totals["first_day"].date(),
        last_day=totals["last_day"].date(),
        months=tuple(MonthFigures(*row) for row in months),
        missing=_missing(workspace, list(manifest.tables)),
    )


def _missing(workspace: Workspace, there: Sequence[str]) -> tuple[Missing, ...]:
    purposes = uses.of_tables(workspace.settings)
    return tuple(Missing(table, text) for table, text in purposes.items() if table not in there)
