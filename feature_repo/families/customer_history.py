"""What a customer bought, packed: one list per property, aligned, one entry per product ever bought.

The recommendation model derives every feature of a (customer, product) pair from these lists and the product
features. A purchase is a day on which the customer bought the product. The lists follow the product ids in
ascending order.
"""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from feature_repo.families.windows import count, decayed, within
from feature_repo.features import DECIMALS, Feature, counting
from feature_repo.sources import KnownTables, Snapshot

WINDOWS = (28, 84)
HALF_LIVES = (30, 60, 120)
_ENTRY = "one entry per product of product_ids"

PACKED = (
    Feature("purchases", f"days on which the product was bought; {_ENTRY}", "days", "floats"),
    *(Feature(f"purchases_{n}d", f"the same within the last {n} days; {_ENTRY}", "days", "floats") for n in WINDOWS),
    *(
        Feature(
            f"weight_{h}d", f"purchases, each counting half as much per {h} days of age; {_ENTRY}", "days", "floats"
        )
        for h in HALF_LIVES
    ),
    Feature("last_days", f"days since the product was last bought; {_ENTRY}", "days", "floats"),
    Feature("first_days", f"days since the product was first bought; {_ENTRY}", "days", "floats"),
    Feature("units", f"units of the product bought in all; {_ENTRY}", "units", "floats"),
)
FEATURES = (
    counting("visits", "days with a purchase of a product that counts", "days"),
    *(counting(f"visits_{n}d", f"the same within the last {n} days", "days") for n in WINDOWS),
    *(
        counting(f"visit_weight_{h}d", f"those days, each counting half as much per {h} days of age", "days")
        for h in HALF_LIVES
    ),
    Feature("days_since_visit", "days since the last of them", "days"),
    counting("lines_28d", "different products per day, summed over the last 28 days", "products"),
    counting("lines_84d", "different products per day, summed over the last 84 days", "products"),
    Feature("product_ids", "products ever bought, in ascending order", "ids", "texts"),
    *PACKED,
)


def compute(shop: KnownTables, at: Snapshot) -> ir.Table:
    """The customer's visits, and the packed lists."""
    return _visits(shop.purchases).join(_packed(shop.purchases), "customer_id")


def _visits(purchases: ir.Table) -> ir.Table:
    days = purchases.group_by("customer_id", "age").agg(lines=purchases.count())
    return days.group_by("customer_id").agg(
        visits=days.count(),
        **{f"visits_{n}d": count(within(days, n)) for n in WINDOWS},
        **{f"visit_weight_{h}d": decayed(ibis.literal(1.0), days.age, h) for h in HALF_LIVES},
        days_since_visit=days.age.min(),
        **{f"lines_{n}d": ibis.ifelse(within(days, n), days.lines, 0).sum() for n in WINDOWS},
    )


def _packed(purchases: ir.Table) -> ir.Table:
    """One struct per product, sorted as a whole, so that the lists are aligned on every engine."""
    products = purchases.group_by("customer_id", "product_id").agg(
        purchases=purchases.count(),
        **{f"purchases_{n}d": count(within(purchases, n)) for n in WINDOWS},
        **{f"weight_{h}d": decayed(ibis.literal(1.0), purchases.age, h) for h in HALF_LIVES},
        last_days=purchases.age.min(),
        first_days=purchases.age.max(),
        units=purchases.quantity.sum(),
    )
    names = [feature.name for feature in PACKED]
    numbers = {name: products[name].cast("float64").round(DECIMALS) for name in names}
    rows = products.select("customer_id", entry=ibis.struct({"product_id": products.product_id, **numbers}))
    lists = rows.group_by("customer_id").agg(entries=rows.entry.collect().sort())
    return lists.select(
        "customer_id",
        product_ids=lists.entries.map(lambda entry: entry["product_id"]),
        **{name: _property(lists.entries, name) for name in names},
    )


def _property(entries: ir.ArrayValue, name: str) -> ir.ArrayValue:
    return entries.map(lambda entry: entry[name])
