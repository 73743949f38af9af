"""How long ago the customer came."""

from __future__ import annotations

from itertools import pairwise
from typing import Any, Final

import ibis.expr.types as ir

from feature_repo.families.windows import from_the_last
from feature_repo.feature_definition import Feature
from feature_repo.purchases import Purchase, Row, is_new_day
from feature_repo.shop_tables import KnownTables, Snapshot

CAUSE: Final = "engagement"
ROUNDING = 1e-6  # a sum's last digits depend on its order
NTH = (2, 3, 4, 5)
DAYS_SINCE_LAST_VISIT = Feature(
    "days_since_last_visit", "days since the last day with any purchase", "days",
    usual="gap_median", phrase="last purchase {value} ago, usually every {usual}",
)  # fmt: skip
FEATURES = (
    DAYS_SINCE_LAST_VISIT,
    Feature(
        "days_since_last_counted_purchase", "days since the last purchase of a product that counts", "days",
        usual="gap_median", phrase="last purchase of the assortment {value} ago, usually every {usual}",
    ),
    Feature(
        "days_since_last_big_basket", "days since the last visit above the customer's mean spend", "days",
        phrase="last basket above the own mean {value} ago",
    ),
    *(
        Feature(
            f"days_since_visit_{n}_back", f"days since the visit that was number {n} from the end", "days",
            phrase=f"the last {n} visits within {{value}}",
        )
        for n in NTH
    ),
)  # fmt: skip


def compute(shop: KnownTables, at: Snapshot) -> ir.Table:
    """Ages of the latest visits of each kind."""
    ranked = from_the_last(shop.visits, mean_revenue=shop.visits.revenue.mean())
    return ranked.group_by("customer_id").agg(
        days_since_last_visit=ranked.age.min(),
        days_since_last_counted_purchase=ranked.age.min(where=ranked.counted_lines > 0),
        days_since_last_big_basket=ranked.age.min(where=ranked.revenue >= ranked.mean_revenue - ROUNDING),
        **{f"days_since_visit_{n}_back": ranked.age.min(where=ranked.back == n - 1) for n in NTH},
    )


def after_purchase(row: Row, purchase: Purchase) -> dict[str, Any]:
    """A new day of purchase moves the days before it one place back."""
    if not is_new_day(row, purchase):
        return {}
    names = ["days_since_last_visit", *(f"days_since_visit_{n}_back" for n in NTH)]
    moved = {later: row.get(earlier) for earlier, later in pairwise(names)}
    return {**moved, "days_since_last_visit": float(purchase.age)}
