"""What goes wrong between the customer and the shop: complaints, payments that fail, orders that are cancelled."""

from __future__ import annotations

from typing import Final

import ibis.expr.types as ir

from feature_repo.families.windows import count, decayed, share, within
from feature_repo.feature_definition import Feature, counting
from feature_repo.shop_tables import KnownTables, Snapshot

VIEW = "customer_features"
CAUSE: Final = "service"
NEEDS = ("events",)
KINDS = {
    "complaint": ("complaints", ("complaint", "ticket")),
    "payment_failed": ("failed payments", ("payment_failed",)),
    "order_cancelled": ("cancelled orders", ("order_cancelled",)),
}
ALL = tuple(kind for _, kinds in KINDS.values() for kind in kinds)
FEATURES = (
    *(
        feature
        for kind, (said, _) in KINDS.items()
        for feature in (
            counting(f"{kind}_rate_364d", f"{said} per order, last 364 days", "per order"),
            counting(f"{kind}_change_84d", f"{said}: last 84 days less the 84 before", "events"),
        )
    ),
    Feature(
        "days_since_failed_payment", "days since a payment last failed", "days", phrase="a payment failed {value} ago"
    ),
    Feature(
        "days_since_cancelled_order",
        "days since an order was last cancelled",
        "days",
        phrase="an order was cancelled {value} ago",
    ),
    counting("troubles_28d", "complaints, failed payments and cancelled orders of the last 28 days", "events"),
    counting("troubles_decayed_28d", "the same, weighted by half for every 28 days back", "events"),
)


def compute(shop: KnownTables, at: Snapshot) -> ir.Table:
    """Troubles by kind, over the orders of the year."""
    events = shop.events.filter(shop.events.kind.isin(ALL))
    of = {kind: events.kind.isin(kinds) for kind, (_, kinds) in KINDS.items()}
    sums = events.group_by("customer_id").agg(
        **{f"{kind}_364d": count(of[kind] & within(events, 364)) for kind in KINDS},
        **{f"{kind}_84d": count(of[kind] & within(events, 84)) for kind in KINDS},
        **{f"{kind}_168d": count(of[kind] & within(events, 168)) for kind in KINDS},
        days_since_failed_payment=events.age.min(where=of["payment_failed"]),
        days_since_cancelled_order=events.age.min(where=of["order_cancelled"]),
        troubles_28d=count(within(events, 28)),
        troubles_decayed_28d=decayed(events.age * 0 + 1, events.age, 28),
    )
    orders = shop.visits.group_by("customer_id").agg(orders=shop.visits.baskets.sum(where=within(shop.visits, 364)))
    joined = sums.left_join(orders, "customer_id", rname="{name}_of_orders")
    return joined.mutate(
        **{f"{kind}_rate_364d": share(joined[f"{kind}_364d"], joined.orders) for kind in KINDS},
        **{f"{kind}_change_84d": 2 * joined[f"{kind}_84d"] - joined[f"{kind}_168d"] for kind in KINDS},
    )
