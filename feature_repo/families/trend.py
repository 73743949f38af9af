"""Whether the customer comes and spends more or less than before."""

from __future__ import annotations

from typing import Any, Final

import ibis
import ibis.expr.types as ir

from feature_repo.families.windows import count, slope, total
from feature_repo.feature_definition import Feature, counting
from feature_repo.purchases import Purchase, Row, is_new_day
from feature_repo.shop_tables import KnownTables, Snapshot

CAUSE: Final = "engagement"
FEATURES = (
    counting("visit_days_change_14d", "days with a purchase: last 14 days less the 14 before", "days"),
    counting("visit_days_change_28d", "days with a purchase: last 28 days less the 28 before", "days"),
    counting("visit_days_change_84d", "days with a purchase: last 84 days less the 84 before", "days"),
    Feature("visit_days_ratio_14d", "days with a purchase, plus 1: last 14 days over the 14 before", "ratio"),
    Feature("visit_days_ratio_28d", "days with a purchase, plus 1: last 28 days over the 28 before", "ratio"),
    counting("revenue_change_28d", "spend: last 28 days less the 28 before", "base currency"),
    Feature("revenue_ratio_28d", "spend, plus 1: last 28 days over the 28 before", "ratio"),
    counting("visit_days_slope_8w", "change of weekly visits over the last 8 weeks", "visits per week"),
    counting("visit_days_slope_12w", "change of weekly visits over the last 12 weeks", "visits per week"),
    counting("revenue_slope_12w", "change of weekly spend over the last 12 weeks", "base currency per week"),
    counting("active_blocks_6x28d", "of the last six blocks of 28 days, those with a purchase", "blocks"),
)


def compute(shop: KnownTables, at: Snapshot) -> ir.Table:
    """Latest windows against the windows before them, and least-squares slopes over weeks."""
    visits = shop.visits
    age, one = visits.age, visits.age * 0 + 1.0
    last = {n: age <= n for n in (14, 28, 84)}
    before = {n: (age > n) & (age <= 2 * n) for n in (14, 28, 84)}
    sums = visits.group_by("customer_id").agg(
        **{f"last_{n}": count(last[n]) for n in last},
        **{f"before_{n}": count(before[n]) for n in before},
        revenue_last=total(visits.revenue, last[28]),
        revenue_before=total(visits.revenue, before[28]),
        visit_days_slope_8w=slope(one, age, 8),
        visit_days_slope_12w=slope(one, age, 12),
        revenue_slope_12w=slope(visits.revenue, age, 12),
        **{f"block_{i}": ((age > 28 * i) & (age <= 28 * (i + 1))).any() for i in range(6)},
    )
    blocks = [sums[f"block_{i}"].cast("int64") for i in range(6)]
    return sums.mutate(
        **{f"visit_days_change_{n}d": sums[f"last_{n}"] - sums[f"before_{n}"] for n in last},
        **{f"visit_days_ratio_{n}d": (sums[f"last_{n}"] + 1) / (sums[f"before_{n}"] + 1) for n in (14, 28)},
        active_blocks_6x28d=sum(blocks[1:], blocks[0]),
        revenue_change_28d=sums.revenue_last - sums.revenue_before,
        revenue_ratio_28d=(_positive(sums.revenue_last) + 1) / (_positive(sums.revenue_before) + 1),
    )


def _positive(value: ir.NumericValue) -> ir.NumericValue:
    """Returns can outweigh purchases: a ratio is taken of what was spent, at least nothing."""
    return ibis.greatest(value, 0.0)


def after_purchase(row: Row, purchase: Purchase) -> dict[str, Any]:
    """One more day in the latest windows; what fell into the windows before waits for the next snapshot."""
    changes: dict[str, Any] = {}
    if purchase.age <= 28:
        changes["revenue_change_28d"] = (row.get("revenue_change_28d") or 0.0) + purchase.revenue
    if is_new_day(row, purchase):
        names = [(f"visit_days_change_{n}d", n) for n in (14, 28, 84)]
        changes |= {name: (row.get(name) or 0.0) + 1.0 for name, n in names if purchase.age <= n}
    return changes
