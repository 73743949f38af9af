"""The shops of the bench of demand, by name."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from pipelines.bench.contests import public_shops
from pipelines.bench.contests.bench_shop import BenchShop
from pipelines.bench.contests.naming import shops_named

PUBLIC = (
    BenchShop(
        "complete-journey",
        "a grocer's categories, 2017",
        # No window reaches 2017-09-08: what comes from there on is kept for others to judge by.
        (date(2017, 6, 16), date(2017, 7, 14), date(2017, 8, 11)),
    ),
    BenchShop(
        "ta-feng-products",
        "a grocer's products that sold on 60 days, four months",
        (date(2001, 2, 13), date(2001, 2, 15)),
        public_shops.ta_feng,
        "Asia/Taipei",
        "TWD",
        {"demand": {"series": ("product_id",), "horizon_days": 14, "min_days": 60}},
    ),
)
SHOPS = {shop.name: shop for shop in PUBLIC}


def chosen(names: Sequence[str]) -> list[BenchShop]:
    """The shops of these names; all where none is named.

    Raises:
        UsageError: there is no such shop.
    """
    return shops_named(names, SHOPS, PUBLIC)
