"""How much the customer buys at a discount."""

from __future__ import annotations

from typing import Final

import ibis.expr.types as ir

from feature_repo.families.windows import share, total, within
from feature_repo.feature_definition import Feature, counting
from feature_repo.shop_tables import KnownTables, Snapshot

CAUSE: Final = "price"
DAYS = (28, 84, 364)
FEATURES = (
    *(counting(f"discount_{n}d", f"discounts taken in the last {n} days", "base currency") for n in DAYS),
    *(
        Feature(f"discount_share_{n}d", f"discounts over the price before discount, last {n} days", "share")
        for n in DAYS
    ),
    *(
        Feature(f"discounted_line_share_{n}d", f"share of order lines with a discount, last {n} days", "share")
        for n in DAYS
    ),
    Feature("discount_share_change_28d", "discount share of the last 28 days less that of the year", "share"),
    Feature("days_since_discount", "days since the last visit with a discount", "days"),
)


def compute(shop: KnownTables, at: Snapshot) -> ir.Table:
    """Discounts in money, as a share of the price, and as a share of lines."""
    baskets = shop.baskets
    sums = baskets.group_by("customer_id").agg(
        **{f"discount_{n}d": total(baskets.discount, within(baskets, n)) for n in DAYS},
        **{f"revenue_{n}": total(baskets.revenue, within(baskets, n)) for n in DAYS},
        **{f"lines_{n}": total(baskets.lines, within(baskets, n)) for n in DAYS},
        **{f"discounted_{n}": total(baskets.discounted_lines, within(baskets, n)) for n in DAYS},
        days_since_discount=baskets.age.min(where=baskets.discount > 0),
    )
    shares = sums.mutate(
        **{
            f"discount_share_{n}d": share(sums[f"discount_{n}d"], sums[f"revenue_{n}"] + sums[f"discount_{n}d"])
            for n in DAYS
        },
        **{f"discounted_line_share_{n}d": share(sums[f"discounted_{n}"], sums[f"lines_{n}"]) for n in DAYS},
    )
    return shares.mutate(discount_share_change_28d=shares.discount_share_28d - shares.discount_share_364d)
