"""Visits for what does not count elsewhere: fuel, services, products outside the assortment."""

from __future__ import annotations

from typing import Final

import ibis.expr.types as ir

from feature_repo.families.windows import count, share, total, within
from feature_repo.feature_definition import Feature, counting
from feature_repo.shop_tables import KnownTables, Snapshot

CAUSE: Final = "product"
FEATURES = (
    counting("uncounted_visit_days_28d", "days with nothing but excluded products, last 28 days", "days"),
    counting("uncounted_visit_days_84d", "days with nothing but excluded products, last 84 days", "days"),
    Feature("uncounted_visit_share_182d", "share of visit days with excluded products only, last 182 days", "share"),
    counting("uncounted_revenue_84d", "spend on excluded products in the last 84 days", "base currency"),
    Feature("uncounted_revenue_share_182d", "share of spend on excluded products, last 182 days", "share"),
    Feature("days_since_uncounted", "days since excluded products were bought", "days"),
)  # fmt: skip


def compute(shop: KnownTables, at: Snapshot) -> ir.Table:
    """Lines that `counted` leaves out: still visits, for churn counts every line."""
    visits = shop.visits
    only = visits.counted_lines == 0
    other = visits.revenue - visits.counted_revenue
    half = within(visits, 182)
    sums = visits.group_by("customer_id").agg(
        uncounted_visit_days_28d=count(only & within(visits, 28)),
        uncounted_visit_days_84d=count(only & within(visits, 84)),
        only_182=count(only & half),
        days_182=count(half),
        uncounted_revenue_84d=total(other, within(visits, 84)),
        other_182=total(other, half),
        revenue_182=total(visits.revenue, half),
        days_since_uncounted=visits.age.min(where=visits.lines > visits.counted_lines),
    )
    return sums.mutate(
        uncounted_visit_share_182d=share(sums.only_182, sums.days_182),
        uncounted_revenue_share_182d=share(sums.other_182, sums.revenue_182),
    )
