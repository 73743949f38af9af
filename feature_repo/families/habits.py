"""When in the week and in the day the customer comes."""

from __future__ import annotations

from typing import Final

import ibis
import ibis.expr.types as ir

from feature_repo.families.windows import count, share
from feature_repo.feature_definition import Feature, counting
from feature_repo.shop_tables import KnownTables, Snapshot

CAUSE: Final = "life_stage"
WINDOW = 182
PARTS = {"morning": (6, 12), "afternoon": (12, 17), "evening": (17, 22)}
WEEKDAYS = tuple(enumerate(("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")))
FEATURES = (
    Feature("weekend_share_182d", "share of orders on Saturday or Sunday, last 182 days", "share"),
    *(
        Feature(f"{name}_share_182d", f"share of orders from {start}:00 to {end}:00, last 182 days", "share")
        for name, (start, end) in PARTS.items()
    ),
    Feature("hour_mean_182d", "mean hour of the day of orders, last 182 days", "hours"),
    Feature("hour_std_182d", "standard deviation of the hour of the day of orders, last 182 days", "hours"),
    counting("weekdays_84d", "different weekdays with an order in the last 84 days", "weekdays"),
    Feature("top_weekday_share_182d", "share of visits on the favourite weekday, last 182 days", "share"),
    Feature("last_weekday", "weekday of the last visit", "code", codes=WEEKDAYS),
)


def compute(shop: KnownTables, at: Snapshot) -> ir.Table:
    """Shares of orders by weekday and time of day."""
    baskets = shop.baskets
    recent = baskets.age <= WINDOW
    hour = baskets.local_at.hour()
    weekday = baskets.day.day_of_week.index()
    sums = baskets.group_by("customer_id").agg(
        orders=count(recent),
        weekend=count(recent & (weekday >= 5)),
        **{name: count(recent & (hour >= start) & (hour < end)) for name, (start, end) in PARTS.items()},
        hour_mean_182d=hour.mean(where=recent),
        hour_std_182d=hour.cast("float64").std(where=recent, how="sample"),
    )
    joined = sums.join(_weekdays(shop.visits), "customer_id")
    return joined.mutate(
        weekend_share_182d=share(joined.weekend, joined.orders),
        **{f"{name}_share_182d": share(joined[name], joined.orders) for name in PARTS},
    )


def _weekdays(visits: ir.Table) -> ir.Table:
    days = visits.mutate(weekday=visits.day.day_of_week.index())
    counts = days.group_by("customer_id", "weekday").agg(visits=count(days.age <= WINDOW), last=days.age.min())
    return counts.group_by("customer_id").agg(
        weekdays_84d=count(counts["last"] <= 84),
        top_weekday_share_182d=share(counts.visits.max(), counts.visits.sum()),
        last_weekday=counts.weekday.argmin(counts["last"]).cast(ibis.dtype("float64")),
    )
