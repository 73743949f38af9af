"""What a customer bought, packed: one list per property, aligned, one entry per product ever bought.

The recommendation model derives every feature of a (customer, product) pair from these lists and the product
features. A purchase is a day on which the customer bought the product. The lists follow the product ids in
ascending order.
"""

from __future__ import annotations

from bisect import bisect_left
from typing import Any

import ibis
import ibis.expr.types as ir

from feature_repo.families.windows import count, decayed, within
from feature_repo.feature_definition import DECIMALS, Feature, counting
from feature_repo.purchases import Purchase, Row
from feature_repo.shop_tables import KnownTables, Snapshot

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


def after_purchase(row: Row, purchase: Purchase) -> dict[str, Any]:
    """The visit and the product's entry; whether an older day had a purchase already is not in the features."""
    if purchase.product_id is None or purchase.quantity <= 0:
        return {}
    ids = _listed(row["product_ids"])
    lists = {feature.name: _listed(row[feature.name]) for feature in PACKED}
    place = bisect_left(ids, purchase.product_id)
    if place == len(ids) or ids[place] != purchase.product_id:
        ids.insert(place, purchase.product_id)
        for name, values in lists.items():
            values.insert(place, float(purchase.age) if name in {"last_days", "first_days"} else 0.0)
        is_new_day = True
    else:
        is_new_day = purchase.age not in (lists["last_days"][place], lists["first_days"][place])
    lists["units"][place] += purchase.quantity
    if not is_new_day:
        return {"units": lists["units"]}
    for name, more in _counts("purchases", "weight", purchase.age).items():
        lists[name][place] = round(lists[name][place] + more, DECIMALS)
    lists["last_days"][place] = min(lists["last_days"][place], float(purchase.age))
    lists["first_days"][place] = max(lists["first_days"][place], float(purchase.age))
    return {"product_ids": ids, **lists, **_visit(row, purchase)}


def _listed(values: Any) -> list[Any]:
    return [] if values is None else list(values)


def _visit(row: Row, purchase: Purchase) -> dict[str, Any]:
    """The customer's numbers after a product was bought on a day on which it had not been."""
    changes = {f"lines_{n}d": row[f"lines_{n}d"] + (purchase.age <= n) for n in WINDOWS}
    last = row["days_since_visit"]
    if last is None or purchase.age < last:
        counts = _counts("visits", "visit_weight", purchase.age)
        changes |= {name: round(row[name] + more, DECIMALS) for name, more in counts.items()}
        changes["days_since_visit"] = float(purchase.age)
    return changes


def _counts(count_name: str, weight_name: str, age: int) -> dict[str, float]:
    """What one more day of that age adds to each count and weight."""
    counts = {count_name: 1.0, **{f"{count_name}_{n}d": float(age <= n) for n in WINDOWS}}
    return counts | {f"{weight_name}_{h}d": 0.5 ** (age / h) for h in HALF_LIVES}
