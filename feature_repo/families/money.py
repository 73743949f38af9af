"""What the customer spends."""

from __future__ import annotations

from typing import Any, Final

import ibis.expr.types as ir

from feature_repo.families.windows import decayed, share, total, within
from feature_repo.feature_definition import Feature, counting
from feature_repo.purchases import Purchase, Row, is_late, is_new_day
from feature_repo.shop_tables import KnownTables, Snapshot

CAUSE: Final = "engagement"
DAYS = (7, 14, 28, 56, 84, 182, 364)
HALF_LIVES = (14, 28, 56)
_SUMS = [(f"revenue_{n}d", n) for n in DAYS]
_DECAYED = [(f"revenue_decayed_{h}d", h) for h in HALF_LIVES]
MONEY = "base currency"
REVENUE = {
    n: counting(f"revenue_{n}d", f"spend in the last {n} days", MONEY, f"spent {{value}} in the last {n} days")
    for n in DAYS
}
"""By the days of the window."""
REVENUE_DECAYED = {
    h: Feature(f"revenue_decayed_{h}d", f"spend, weighted by half for every {h} days back", MONEY) for h in HALF_LIVES
}
"""By the half-life in days."""
FEATURES = (
    *REVENUE.values(),
    counting("counted_revenue_84d", "spend in the last 84 days on products that count", MONEY),
    *REVENUE_DECAYED.values(),
    Feature("revenue_per_visit_day", "mean spend of a day with a purchase", MONEY),
    Feature("revenue_last_visit", "spend at the last visit", MONEY, usual="revenue_per_visit_day"),
    Feature("revenue_max_visit", "highest spend of a day", MONEY),
    Feature("last_visit_revenue_ratio", "spend at the last visit over the mean spend of a visit", "ratio"),
    Feature("revenue_share_28d", "share of the year's spend that fell in the last 28 days", "share"),
)


def compute(shop: KnownTables, at: Snapshot) -> ir.Table:
    """Spend in windows before the snapshot, and of the last visit."""
    visits = shop.visits
    sums = visits.group_by("customer_id").agg(
        **{f"revenue_{n}d": total(visits.revenue, within(visits, n)) for n in DAYS},
        counted_revenue_84d=total(visits.counted_revenue, within(visits, 84)),
        **{f"revenue_decayed_{h}d": decayed(visits.revenue, visits.age, h) for h in HALF_LIVES},
        revenue_per_visit_day=visits.revenue.mean(),
        revenue_last_visit=visits.revenue.argmin(visits.age),
        revenue_max_visit=visits.revenue.max(),
    )
    return sums.mutate(
        last_visit_revenue_ratio=share(sums.revenue_last_visit, sums.revenue_per_visit_day),
        revenue_share_28d=share(sums.revenue_28d, sums.revenue_364d),
    )


def after_purchase(row: Row, purchase: Purchase) -> dict[str, Any]:
    """The line's total in every window it falls into, and in the last visit where it belongs to it."""
    age, paid = purchase.age, purchase.revenue
    changes = {name: (row.get(name) or 0.0) + paid for name, n in _SUMS if age <= n}
    changes |= {name: (row.get(name) or 0.0) + paid * 0.5 ** (age / h) for name, h in _DECAYED}
    if is_late(row, purchase):
        return changes
    last = paid if is_new_day(row, purchase) else (row.get("revenue_last_visit") or 0.0) + paid
    highest = row.get("revenue_max_visit")
    return changes | {
        "revenue_last_visit": last,
        "revenue_max_visit": last if highest is None else max(highest, last),
    }
