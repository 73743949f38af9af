"""Where the customer buys."""

from __future__ import annotations

from typing import Final

import ibis.expr.types as ir

from feature_repo.families.windows import count, share
from feature_repo.feature_definition import Feature, counting
from feature_repo.shop_tables import KnownTables, Snapshot

CAUSE: Final = "logistics"
WINDOW = 182
FEATURES = (
    counting("stores_84d", "different stores in the last 84 days", "stores"),
    counting("stores_182d", "different stores in the last 182 days", "stores"),
    Feature("main_store_share_182d", "share of orders in the favourite store, last 182 days", "share"),
    Feature("days_since_main_store", "days since an order in the favourite store of the last 182 days", "days"),
    counting("channels_364d", "different channels in the last 364 days", "channels"),
)


def compute(shop: KnownTables, at: Snapshot) -> ir.Table:
    """Different stores and channels, and how faithful the customer is to one store."""
    ways = _ways(shop.baskets)
    stores = _favourite(shop.baskets)
    joined = ways.left_join(stores, "customer_id", rname="{name}__store").drop("customer_id__store")
    return joined.mutate(**{name: joined[name].fill_null(0.0) for name in ("stores_84d", "stores_182d")})


def _ways(baskets: ir.Table) -> ir.Table:
    """A row for every customer."""
    channels = baskets.group_by("customer_id", "channel").agg(last=baskets.age.min())
    return channels.group_by("customer_id").agg(
        channels_364d=count(channels.channel.notnull() & (channels["last"] <= 364))
    )


def _favourite(baskets: ir.Table) -> ir.Table:
    placed = baskets.filter(baskets.store_id.notnull(), baskets.age <= WINDOW)
    stores = placed.group_by("customer_id", "store_id").agg(orders=placed.count(), last=placed.age.min())
    most = stores.mutate(top=stores.orders.max().over(group_by="customer_id"))
    return most.group_by("customer_id").agg(
        stores_84d=count(most["last"] <= 84),
        stores_182d=most.count().cast("float64"),
        main_store_share_182d=share(most.orders.max(), most.orders.sum()),
        days_since_main_store=most["last"].min(where=most.orders == most.top),
    )
