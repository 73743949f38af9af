"""Brands and price level of what the customer buys."""

from __future__ import annotations

from typing import Final

import ibis.expr.types as ir

from feature_repo.families.windows import share, total, within
from feature_repo.feature_definition import Feature, counting
from feature_repo.shop_tables import KnownTables, Snapshot

CAUSE: Final = "product"
PRIVATE = ("private", "private label", "own", "own brand", "own label", "store brand", "house brand")
FEATURES = (
    Feature(
        "private_brand_share_84d",
        "share of spend on the shop's own brands, last 84 days",
        "share",
        usual="private_brand_share_364d",
    ),
    Feature("private_brand_share_364d", "share of spend on the shop's own brands, last 364 days", "share"),
    counting("brands_182d", "brands bought in the last 182 days", "brands"),
    Feature(
        "unit_price_28d", "spend per unit of the last 28 days", "base currency", cause="price", usual="unit_price_182d"
    ),
    Feature("unit_price_182d", "spend per unit of the last 182 days", "base currency", cause="price"),
    Feature(
        "price_level_182d",
        "spend over the same units at their category's mean price, last 182 days",
        "ratio",
        cause="price",
    ),
)


def compute(shop: KnownTables, at: Snapshot) -> ir.Table:
    """Shares of spend and unit prices over the lines that count."""
    bought = _with_own(shop.purchases.filter(within(shop.purchases, 364)))
    sums = bought.group_by("customer_id").agg(
        **{f"revenue_{n}": total(bought.revenue, within(bought, n)) for n in (28, 84, 182, 364)},
        **{f"units_{n}": total(bought.quantity, within(bought, n)) for n in (28, 182)},
        **{f"own_{n}": total(bought.revenue, bought.own & within(bought, n)) for n in (84, 364)},
    )
    joined = sums.left_join(
        _brands(shop.purchases.filter(within(shop.purchases, 182))), "customer_id", rname="{name}__b"
    )
    joined = joined.left_join(_usual_spend(shop.category_days), "customer_id", rname="{name}__usual")
    return joined.mutate(
        brands_182d=joined.brands.fill_null(0.0),
        **{f"private_brand_share_{n}d": _ratio(joined[f"own_{n}"], joined[f"revenue_{n}"]) for n in (84, 364)},
        **{f"unit_price_{n}d": _ratio(joined[f"revenue_{n}"], joined[f"units_{n}"]) for n in (28, 182)},
        price_level_182d=_ratio(joined.revenue_182, joined.usual),
    )


def _ratio(part: ir.NumericValue, whole: ir.NumericValue) -> ir.NumericValue:
    """A share of two sums, the same in whatever order the engine added them up."""
    return share(part.round(6), whole.round(6))


def _with_own(bought: ir.Table) -> ir.Table:
    """Purchases with whether the brand is the shop's `own`: looked at once for each name, not for each row."""
    names = bought.select("brand").distinct()
    told = names.mutate(own=names.brand.lower().isin(PRIVATE))
    joined = bought.left_join(told, "brand", rname="{name}__own")
    return joined.mutate(own=joined.own.fill_null(False))


def _brands(bought: ir.Table) -> ir.Table:
    """How many brands each customer bought."""
    different = bought.filter(bought.brand.notnull()).select("customer_id", "brand").distinct()
    return different.group_by("customer_id").agg(brands=different.count().cast("float64"))


def _usual_spend(days: ir.Table) -> ir.Table:
    """What the units of each customer would have cost at the mean price of their category."""
    recent = days.filter(within(days, 182))
    prices = recent.group_by("category").agg(price=share(recent.revenue.sum(), recent.quantity.sum()))
    priced = recent.join(prices, "category")
    return priced.group_by("customer_id").agg(usual=(priced.quantity * priced.price).sum())
