"""How often the customer comes."""

from __future__ import annotations

from typing import Any, Final

import ibis.expr.types as ir

from feature_repo.families.windows import count, decayed, total, within
from feature_repo.feature_definition import Feature, counting
from feature_repo.purchases import Purchase, Row, is_new_day, opens_order
from feature_repo.shop_tables import KnownTables, Snapshot

CAUSE: Final = "engagement"
DAYS = (7, 14, 28, 56, 84, 182, 364)
WEEKS = (4, 12, 26)
HALF_LIVES = (7, 14, 28, 56)
_VISIT_WEEKS = [(f"visit_weeks_{n}w", n) for n in WEEKS]
_DECAYED = [(f"visit_rate_decayed_{h}d", h) for h in HALF_LIVES]
_LINES = [("lines_28d", 28), ("lines_84d", 84)]
VISIT_DAYS = {
    n: counting(
        f"visit_days_{n}d",
        f"days with a purchase in the last {n} days",
        "days",
        f"bought on {{value}} of the last {n}",
    )
    for n in DAYS
}
BASKETS = {
    n: counting(f"baskets_{n}d", f"orders in the last {n} days", "orders", f"{{value}} in the last {n} days")
    for n in (28, 84, 364)
}
"""By the days of the window."""
FEATURES = (
    *VISIT_DAYS.values(),
    *BASKETS.values(),
    *(counting(f"visit_weeks_{n}w", f"weeks with a purchase in the last {n} weeks", "weeks") for n in WEEKS),
    *(
        Feature(f"visit_rate_decayed_{h}d", f"visits, weighted by half for every {h} days back", "visits")
        for h in HALF_LIVES
    ),
    counting("lines_28d", "order lines in the last 28 days", "lines"),
    counting("lines_84d", "order lines in the last 84 days", "lines"),
)


def compute(shop: KnownTables, at: Snapshot) -> ir.Table:
    """Visits, orders, weeks and lines in windows before the snapshot."""
    visits = shop.visits
    week, week_before = (((age - 1) / 7).floor() for age in (visits.age, visits.age + visits.gap))
    opens_week = (week != week_before).fill_null(True)  # counted once, and cheaper than different weeks are
    one = visits.age * 0 + 1
    return visits.group_by("customer_id").agg(
        **{f"visit_days_{n}d": count(within(visits, n)) for n in DAYS},
        **{f"baskets_{n}d": total(visits.baskets, within(visits, n)) for n in BASKETS},
        **{f"visit_weeks_{n}w": count(opens_week & within(visits, 7 * n)) for n in WEEKS},
        **{f"visit_rate_decayed_{h}d": decayed(one, visits.age, h) for h in HALF_LIVES},
        **{f"lines_{n}d": total(visits.lines, within(visits, n)) for n in (28, 84)},
    )


def after_purchase(row: Row, purchase: Purchase) -> dict[str, Any]:
    """One more line, and an order where it is the first line of one; on a new day a day, and perhaps a week."""
    age, last = purchase.age, row.get("days_since_last_visit")
    changes = {name: (row.get(name) or 0.0) + 1.0 for name, n in _LINES if age <= n}
    if opens_order(row, purchase):
        changes |= {f.name: (row.get(f.name) or 0.0) + 1.0 for n, f in BASKETS.items() if age <= n}
    if not is_new_day(row, purchase):
        return changes
    changes |= {f.name: (row.get(f.name) or 0.0) + 1.0 for n, f in VISIT_DAYS.items() if age <= n}
    if last is None or (last - 1) // 7 != (age - 1) // 7:
        changes |= {name: (row.get(name) or 0.0) + 1.0 for name, n in _VISIT_WEEKS if age <= 7 * n}
    return changes | {name: (row.get(name) or 0.0) + 0.5 ** (age / h) for name, h in _DECAYED}
