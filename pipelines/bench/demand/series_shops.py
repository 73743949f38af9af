"""The shops of the bench of demand, by name."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from pipelines.bench.contests import public_shops
from pipelines.bench.contests.bench_shop import BenchShop, SoldLines
from pipelines.bench.contests.naming import shops_named

_PRODUCTS = 500
_CHOSEN_BEFORE = "2001-01-01"
"""Products are chosen by what was known long before the first origin: who will sell is not to be seen in the choice."""


def ta_feng_products() -> SoldLines:
    """Ta-Feng's lines of the products that sold on the most days of its first two months."""
    sold = public_shops.ta_feng()
    orders = sold.orders
    days = orders[orders["ordered_at"] < _CHOSEN_BEFORE].groupby("product_id")["ordered_at"].nunique()
    chosen = orders["product_id"].isin(days.nlargest(_PRODUCTS).index)
    return SoldLines(orders[chosen].reset_index(drop=True), sold.products)


PUBLIC = (
    BenchShop(
        "complete-journey",
        "a grocer's categories, 2017",
        # No window reaches 2017-09-08: what comes from there on is kept for others to judge by.
        (date(2017, 6, 16), date(2017, 7, 14), date(2017, 8, 11)),
    ),
    BenchShop(
        "ta-feng-products",
        "a grocer's 500 steadiest products, four months",
        (date(2001, 2, 13), date(2001, 2, 15)),
        ta_feng_products,
        "Asia/Taipei",
        "TWD",
        {"demand": {"series": ("product_id",), "horizon_days": 14}},
    ),
)
SHOPS = {shop.name: shop for shop in PUBLIC}


def chosen(names: Sequence[str]) -> list[BenchShop]:
    """The shops of these names; all where none is named.

    Raises:
        UsageError: there is no such shop.
    """
    return shops_named(names, SHOPS, PUBLIC)
