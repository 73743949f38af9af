"""The shops of the bench of recommendation, by name."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from pipelines.bench.contests import public_shops
from pipelines.bench.contests.bench_shop import BenchShop
from pipelines.bench.contests.naming import shops_named

PUBLIC = (
    BenchShop(
        "complete-journey",
        "a grocer, 2,469 households in 2017",
        (date(2017, 10, 6), date(2017, 11, 3), date(2017, 12, 1)),
    ),
    BenchShop(
        "ta-feng",
        "a grocer, 32,266 customers in four months",
        (date(2001, 1, 31), date(2001, 2, 14)),
        public_shops.ta_feng,
        "Asia/Taipei",
        "TWD",
        {"recommendation": {"horizon_days": 14}},
    ),
)
SHOPS = {shop.name: shop for shop in PUBLIC}


def chosen(names: Sequence[str]) -> list[BenchShop]:
    """The shops of these names; all where none is named.

    Raises:
        UsageError: there is no such shop.
    """
    return shops_named(names, SHOPS, PUBLIC)
