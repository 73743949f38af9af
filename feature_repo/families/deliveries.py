"""How parcels reach the customer: in time, late, or not at all."""

from __future__ import annotations

from typing import Final

import ibis.expr.types as ir

from feature_repo.families.windows import count, latest, share, within
from feature_repo.feature_definition import Feature, counting
from feature_repo.shop_tables import KnownTables, Snapshot

VIEW = "customer_features"
CAUSE: Final = "logistics"
NEEDS = ("deliveries",)
FEATURES = (
    counting("deliveries_84d", "parcels of the orders of the last 84 days", "parcels"),
    counting("late_deliveries_84d", "late parcels of the orders of the last 84 days", "parcels"),
    counting("late_deliveries_364d", "late parcels of the orders of the last 364 days", "parcels"),
    Feature(
        "late_delivery_share_84d",
        "share of parcels that came late, orders of the last 84 days",
        "share",
        usual="late_delivery_share_364d",
    ),
    Feature("late_delivery_share_364d", "share of parcels that came late, orders of the last 364 days", "share"),
    Feature(
        "days_late_mean_364d",
        "mean days between promise and arrival (below 0: early), orders of the last 364 days",
        "days",
    ),
    Feature(
        "days_late_last",
        "days between promise and arrival of the last parcel (below 0: early)",
        "days",
        usual="days_late_mean_364d",
        phrase="last parcel {value} after its promise, usually {usual}",
    ),
    Feature("delivery_days_mean_364d", "mean days from order to arrival, orders of the last 364 days", "days"),
    Feature(
        "delivery_days_last",
        "days from order to arrival of the last parcel",
        "days",
        usual="delivery_days_mean_364d",
        phrase="last parcel took {value}, usually {usual}",
    ),
    Feature("days_since_delivery", "days since a parcel last arrived", "days"),
    Feature(
        "days_since_late_delivery",
        "days since a parcel last arrived late",
        "days",
        phrase="last late parcel {value} ago",
    ),
    counting("open_deliveries", "parcels of the last 84 days that have not arrived", "parcels"),
    counting("overdue_deliveries", "parcels of the last 84 days that have not arrived and should have", "parcels"),
    counting("delivery_problems_84d", "parcels with a problem, orders of the last 84 days", "parcels"),
    counting("delivery_problems_364d", "parcels with a problem, orders of the last 364 days", "parcels"),
    Feature("delivery_problem_share_364d", "share of parcels with a problem, orders of the last 364 days", "share"),
    Feature("days_since_delivery_problem", "days since an order whose parcel had a problem", "days"),
)


def compute(shop: KnownTables, at: Snapshot) -> ir.Table:
    """The parcels of each customer's orders. Late is what came after its promised day, or has not come since it."""
    baskets = shop.baskets
    orders = baskets.group_by("customer_id", "order_id").agg(age=baskets.age.min(), day=baskets.day.max())
    sent = shop.deliveries.join(orders, "order_id")
    today = at.plus()
    here = sent.arrived_on.notnull()
    waits = ~here & sent.problem.isnull()
    late = (sent.arrived_on > sent.promised_on).fill_null(False) | (waits & (sent.promised_on < today)).fill_null(False)
    sent = sent.mutate(
        waits=waits,
        late=late | (sent.problem == "late").fill_null(False),
        days=sent.arrived_on.delta(sent.day, unit="day").cast("float64"),
        days_late=sent.arrived_on.delta(sent.promised_on, unit="day").cast("float64"),
        arrived=today.delta(sent.arrived_on, unit="day").cast("int64"),
    )
    sent = sent.mutate(last=latest(sent.arrived).fill_null(False))
    season, year, bad = within(sent, 84), within(sent, 364), sent.problem.notnull()
    sums = sent.group_by("customer_id").agg(
        deliveries_84d=count(season),
        deliveries_364d=count(year),
        late_deliveries_84d=count(sent.late & season),
        late_deliveries_364d=count(sent.late & year),
        days_late_mean_364d=sent.days_late.mean(where=year),
        days_late_last=sent.days_late.mean(where=sent["last"]),
        delivery_days_mean_364d=sent.days.mean(where=year),
        delivery_days_last=sent.days.mean(where=sent["last"]),
        days_since_delivery=sent.arrived.min(),
        days_since_late_delivery=sent.arrived.min(where=sent.late),
        open_deliveries=count(sent.waits & season),
        overdue_deliveries=count(sent.waits & sent.late & season),
        delivery_problems_84d=count(bad & season),
        delivery_problems_364d=count(bad & year),
        days_since_delivery_problem=sent.age.min(where=bad),
    )
    return sums.mutate(
        late_delivery_share_84d=share(sums.late_deliveries_84d, sums.deliveries_84d),
        late_delivery_share_364d=share(sums.late_deliveries_364d, sums.deliveries_364d),
        delivery_problem_share_364d=share(sums.delivery_problems_364d, sums.deliveries_364d),
    )
