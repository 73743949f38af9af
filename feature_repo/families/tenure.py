"""How long the shop has known the customer, with the summary that buy-till-you-die models take."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

import ibis.expr.types as ir

from feature_repo.families.windows import share
from feature_repo.feature_definition import Feature, counting
from feature_repo.purchases import Purchase, Row, is_new_day
from feature_repo.shop_tables import KnownTables, Snapshot

CAUSE: Final = "life_stage"
RHYTHM: Final = "engagement"
"""Of figures that fall behind when a customer falls silent, however long the shop has known them."""
DAYS_SINCE_FIRST_VISIT = Feature(
    "days_since_first_visit", "days since the first purchase (T of BG/NBD)", "days", phrase="first purchase {value} ago"
)
REPEAT_VISITS = replace(
    counting("repeat_visits", "days with a purchase after the first (x of BG/NBD)", "days", "came back on {value}"),
    cause=RHYTHM,
)
VISIT_SPAN = replace(
    counting(
        "visit_span",
        "days from the first to the last purchase (t_x of BG/NBD)",
        "days",
        "{value} between the first and the last purchase",
    ),
    cause=RHYTHM,
)
LIFETIME_REVENUE = counting("lifetime_revenue", "spend since the first purchase", "base currency")
FEATURES = (
    DAYS_SINCE_FIRST_VISIT,
    REPEAT_VISITS,
    VISIT_SPAN,
    Feature("visit_rate", "days with a purchase per day since the first", "visits per day", cause=RHYTHM),
    Feature("visit_span_share", "days from first to last purchase over days since the first", "share", cause=RHYTHM),
    LIFETIME_REVENUE,
    Feature("revenue_per_day", "spend per day since the first purchase", "base currency per day"),
)


def compute(shop: KnownTables, at: Snapshot) -> ir.Table:
    """(x, t_x, T) as in Fader, Hardie, Lee (2005), by days, and rates over the time known."""
    visits = shop.visits
    sums = visits.group_by("customer_id").agg(
        first=visits.age.max(), last=visits.age.min(), days=visits.count(), lifetime_revenue=visits.revenue.sum()
    )
    return sums.mutate(
        days_since_first_visit=sums["first"],
        repeat_visits=sums.days - 1,
        visit_span=sums["first"] - sums["last"],
        visit_rate=share(sums.days, sums["first"]),
        visit_span_share=share(sums["first"] - sums["last"], sums["first"]),
        revenue_per_day=share(sums.lifetime_revenue, sums["first"]),
    )


def after_purchase(row: Row, purchase: Purchase) -> dict[str, Any]:
    """The summary and its rates; a first purchase begins it."""
    known = row.get("days_since_first_visit")
    first = float(purchase.age if known is None else max(known, purchase.age))
    revenue = (row.get("lifetime_revenue") or 0.0) + purchase.revenue
    changes = {"days_since_first_visit": first, "lifetime_revenue": revenue, "revenue_per_day": revenue / first}
    if not is_new_day(row, purchase):
        return changes
    repeat = 0.0 if known is None else (row.get("repeat_visits") or 0.0) + 1.0
    span = first - purchase.age
    return changes | {
        "repeat_visits": repeat,
        "visit_span": span,
        "visit_rate": (repeat + 1.0) / first,
        "visit_span_share": span / first,
    }
