"""What a single order looks like."""

from __future__ import annotations

from typing import Final

import ibis
import ibis.expr.types as ir

from feature_repo.families.windows import count, share, within
from feature_repo.feature_definition import Feature
from feature_repo.shop_tables import KnownTables, Snapshot

CAUSE: Final = "engagement"
SMALL = 3
FEATURES = (
    Feature("basket_revenue_mean_182d", "mean spend of an order in the last 182 days", "base currency"),
    Feature("basket_revenue_median_182d", "median spend of an order in the last 182 days", "base currency"),
    Feature("basket_revenue_std_182d", "standard deviation of an order's spend, last 182 days", "base currency"),
    Feature("basket_revenue_max_182d", "highest spend of an order in the last 182 days", "base currency"),
    Feature("basket_units_mean_182d", "mean units of an order in the last 182 days", "units"),
    Feature("basket_lines_mean_182d", "mean lines of an order in the last 182 days", "lines"),
    Feature(
        "basket_lines_mean_28d", "mean lines of an order in the last 28 days", "lines", usual="basket_lines_mean_182d"
    ),
    Feature("basket_lines_max_182d", "most lines of an order in the last 182 days", "lines"),
    Feature("lines_last_visit", "lines of all orders of the last visit", "lines", usual="basket_lines_mean_182d"),
    Feature("small_basket_share_182d", f"share of orders of at most {SMALL} lines, last 182 days", "share"),
    Feature("baskets_per_visit_day_182d", "orders per day with a purchase in the last 182 days", "orders"),
)


def compute(shop: KnownTables, at: Snapshot) -> ir.Table:
    """Size and spend of the orders of the last half-year."""
    baskets = shop.baskets
    recent, month = within(baskets, 182), within(baskets, 28)
    sums = baskets.group_by("customer_id").agg(
        orders=count(recent),
        small=count(recent & (baskets.lines <= SMALL)),
        basket_revenue_mean_182d=baskets.revenue.mean(where=recent),
        basket_revenue_median_182d=ibis.ifelse(recent, baskets.revenue, ibis.null("float64")).median(),
        basket_revenue_std_182d=baskets.revenue.std(where=recent, how="sample"),
        basket_revenue_max_182d=baskets.revenue.max(where=recent),
        basket_units_mean_182d=baskets.units.mean(where=recent),
        basket_lines_mean_182d=baskets.lines.mean(where=recent),
        basket_lines_mean_28d=baskets.lines.mean(where=month),
        basket_lines_max_182d=baskets.lines.max(where=recent),
    )
    visits = shop.visits
    last = visits.group_by("customer_id").agg(
        lines_last_visit=visits.lines.argmin(visits.age), days=count(within(visits, 182))
    )
    joined = sums.join(last, "customer_id")
    return joined.mutate(
        small_basket_share_182d=share(joined.small, joined.orders),
        baskets_per_visit_day_182d=share(joined.orders, joined.days),
    )
