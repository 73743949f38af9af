"""The shops of the bench of churn, by name; the public ones are what it runs on where nobody names others."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from pipelines.bench.churn.invented_buyers import InventedBuyers
from pipelines.bench.contests import public_shops
from pipelines.bench.contests.bench_shop import BenchShop
from pipelines.bench.contests.naming import shops_named


def _dates(*days: str) -> tuple[date, ...]:
    return tuple(date.fromisoformat(day) for day in days)


PUBLIC = (
    BenchShop(
        "complete-journey",
        "a grocer, 2,469 households in 2017",
        _dates("2017-09-25", "2017-10-23", "2017-11-20"),
    ),
    BenchShop(
        "ta-feng",
        "a grocer, 32,266 customers in four months",
        _dates("2001-01-31", "2001-02-14"),
        public_shops.ta_feng,
        "Asia/Taipei",
        "TWD",
        {"churn": {"horizon_days": 14, "active_days": 30}},
    ),
    BenchShop(
        "lifetimes",
        "5,000 customers of whom only the days are known",
        _dates("2014-07-28", "2014-08-25", "2014-09-22"),
        public_shops.lifetimes,
    ),
)
INVENTED = (
    BenchShop(
        "gifts",
        "invented: few customers, four in ten leave, a season",
        _dates("2024-02-12", "2024-03-11", "2024-04-08"),
        InventedBuyers(11, 2600, 500, 1 / 22, 1.1, 250, (1.0, 1.0, 3.0), season=0.25).sold,
        "Europe/London",
        "GBP",
    ),
    BenchShop(
        "decline",
        "invented: everybody buys ever less",
        _dates("2023-11-13", "2023-12-11", "2024-01-22"),
        InventedBuyers(12, 2200, 420, 1 / 14, 1.5, 220, (1.0, 2.0), trend=-1.1).sold,
        "Europe/London",
        "GBP",
    ),
    BenchShop(
        "alike",
        "invented: nothing tells customers apart",
        _dates("2023-11-13", "2023-12-11", "2024-01-22"),
        InventedBuyers(13, 1500, 420, 1 / 30).sold,
        "Europe/London",
        "GBP",
    ),
    BenchShop(
        "tiny",
        "invented: 750 customers in eleven months",
        _dates("2023-09-11", "2023-10-09", "2023-10-30"),
        InventedBuyers(14, 750, 330, 1 / 25, 1.2, 240, (1.0, 2.0)).sold,
        "Europe/London",
        "GBP",
    ),
)
SHOPS = {shop.name: shop for shop in (*PUBLIC, *INVENTED)}


def chosen(names: Sequence[str]) -> list[BenchShop]:
    """The shops of these names; the public ones where none is named.

    Raises:
        UsageError: there is no such shop.
    """
    return shops_named(names, SHOPS, PUBLIC)
