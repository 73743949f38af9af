"""Coupons the customer redeems."""

from __future__ import annotations

from typing import Final

import ibis.expr.types as ir

from feature_repo.families.windows import count, distinct, within
from feature_repo.feature_definition import Feature, counting
from feature_repo.shop_tables import KnownTables, Snapshot

CAUSE: Final = "price"
NEEDS = ("redemptions",)
FEATURES = (
    *(counting(f"redemptions_{n}d", f"coupons redeemed in the last {n} days", "coupons") for n in (28, 84, 364)),
    counting("redemption_days_364d", "days with a redeemed coupon in the last 364 days", "days"),
    counting("redeemed_campaigns_364d", "campaigns a coupon was redeemed of in the last 364 days", "campaigns"),
    Feature("days_since_redemption", "days since a coupon was redeemed", "days"),
)


def compute(shop: KnownTables, at: Snapshot) -> ir.Table:
    """Redemptions in windows before the snapshot."""
    used = shop.redemptions
    return used.group_by("customer_id").agg(
        **{f"redemptions_{n}d": count(within(used, n)) for n in (28, 84, 364)},
        redemption_days_364d=distinct(used.day, within(used, 364)),
        redeemed_campaigns_364d=distinct(used.campaign_id, within(used, 364)),
        days_since_redemption=used.age.min(),
    )
