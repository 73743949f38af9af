"""How often the customer comes."""

from __future__ import annotations

import ibis.expr.types as ir

from feature_repo.families.windows import count, decayed, distinct, total, within
from feature_repo.features import Feature, counting
from feature_repo.sources import KnownTables, Snapshot

DAYS = (7, 14, 28, 56, 84, 182, 364)
WEEKS = (4, 12, 26)
HALF_LIVES = (7, 14, 28, 56)
FEATURES = (
    *(counting(f"visit_days_{n}d", f"days with a purchase in the last {n} days", "days") for n in DAYS),
    *(counting(f"baskets_{n}d", f"orders in the last {n} days", "orders") for n in (28, 84, 364)),
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
    week = ((visits.age - 1) / 7).floor()
    one = visits.age * 0 + 1
    return visits.group_by("customer_id").agg(
        **{f"visit_days_{n}d": count(within(visits, n)) for n in DAYS},
        **{f"baskets_{n}d": total(visits.baskets, within(visits, n)) for n in (28, 84, 364)},
        **{f"visit_weeks_{n}w": distinct(week, within(visits, 7 * n)) for n in WEEKS},
        **{f"visit_rate_decayed_{h}d": decayed(one, visits.age, h) for h in HALF_LIVES},
        **{f"lines_{n}d": total(visits.lines, within(visits, n)) for n in (28, 84)},
    )
