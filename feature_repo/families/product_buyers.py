"""Who buys a product: how many for the first time, how many again, and how soon."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from feature_repo.families.product_features import HALF_LIFE, OVER, WINDOWS, rounded
from feature_repo.families.windows import count, decayed, share
from feature_repo.feature_definition import Feature, counting
from feature_repo.shop_tables import KnownTables, Snapshot

FEATURES = (
    counting("buyers", "customers who ever bought it", "customers"),
    Feature("first_buyers", f"customers who bought it for the first time {OVER}", "customers", "floats"),
    Feature("repeat_share", "share of its buyers who bought it on several days", "share"),
    Feature("repurchase_days", "median over its repeat buyers of their mean days between purchases", "days"),
)


def compute(shop: KnownTables, at: Snapshot) -> ir.Table:
    """Per product, from one row per (product, customer)."""
    days = shop.purchases
    pairs = days.group_by("product_id", "customer_id").agg(
        days=days.count(), oldest=days.age.max(), newest=days.age.min()
    )
    interval = (pairs.oldest - pairs.newest) / (pairs.days - 1).nullif(0).cast("float64")
    table = pairs.group_by("product_id").agg(
        buyers=pairs.count(),
        repeaters=count(pairs.days > 1),
        repurchase_days=interval.median(),
        **{f"first_{n}": count(pairs.oldest <= n) for n in WINDOWS},
        first_weight=decayed(ibis.literal(1.0), pairs.oldest, HALF_LIFE),
    )
    return table.mutate(
        first_buyers=ibis.array([rounded(table[f"first_{n}"]) for n in (*WINDOWS, "weight")]),
        repeat_share=share(table.repeaters, table.buyers),
    )
