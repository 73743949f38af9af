"""What the customer's account says."""

from __future__ import annotations

from typing import Final

import ibis.expr.types as ir

from feature_repo.feature_definition import Feature
from feature_repo.shop_tables import KnownTables, Snapshot

CAUSE: Final = "life_stage"
NEEDS = ("customers",)
FEATURES = (Feature("days_since_sign_up", "days since the account was opened", "days"),)


def compute(shop: KnownTables, at: Snapshot) -> ir.Table:
    """Days since sign-up; an account opened at the snapshot or later is not known yet."""
    day = at.plus()
    known = shop.customers.filter(shop.customers.signed_up_on < day)
    return known.group_by("customer_id").agg(days_since_sign_up=day.delta(known.signed_up_on, unit="day").max())
