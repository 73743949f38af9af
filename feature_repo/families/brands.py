"""Brands and price level of what the customer buys."""

from __future__ import annotations

from typing import Final

import ibis.expr.types as ir

from feature_repo.families.windows import count, share, total, within
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
    brands = _by_brand(shop.purchases.filter(within(shop.purchases, 364)))
    own = brands.brand.lower().isin(PRIVATE).fill_null(False)
    sums = brands.group_by("customer_id").agg(
        **{f"revenue_{n}": brands[f"revenue_{n}"].sum() for n in (28, 84, 182, 364)},
        **{f"units_{n}": brands[f"units_{n}"].sum() for n in (28, 182)},
        **{f"own_{n}": total(brands[f"revenue_{n}"], own) for n in (84, 364)},
        brands_182d=count((brands.newest <= 182) & brands.brand.notnull()),
    )
    joined = sums.left_join(_usual_spend(shop.category_days), "customer_id", rname="{name}__usual")
    return joined.mutate(
        **{f"private_brand_share_{n}d": share(joined[f"own_{n}"], joined[f"revenue_{n}"]) for n in (84, 364)},
        **{f"unit_price_{n}d": share(joined[f"revenue_{n}"], joined[f"units_{n}"]) for n in (28, 182)},
        price_level_182d=share(joined.revenue_182, joined.usual),
    )


def _by_brand(bought: ir.Table) -> ir.Table:
    """One row per customer and brand: few, so that what is asked of the brand's name is asked seldom."""
    return bought.group_by("customer_id", "brand").agg(
        **{f"revenue_{n}": total(bought.revenue, within(bought, n)) for n in (28, 84, 182, 364)},
        **{f"units_{n}": total(bought.quantity, within(bought, n)) for n in (28, 182)},
        newest=bought.age.min(),
    )


def _usual_spend(days: ir.Table) -> ir.Table:
    """What the units of each customer would have cost at the mean price of their category."""
    recent = days.filter(within(days, 182))
    per_category = recent.group_by("customer_id", "category").agg(
        units=recent.quantity.sum(), revenue=recent.revenue.sum()
    )
    prices = per_category.group_by("category").agg(price=share(per_category.revenue.sum(), per_category.units.sum()))
    priced = per_category.join(prices, "category")
    return priced.group_by("customer_id").agg(usual=(priced.units * priced.price).sum())
