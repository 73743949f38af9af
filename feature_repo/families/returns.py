"""What the customer brings back."""

from __future__ import annotations

from typing import Final

import ibis.expr.types as ir

from feature_repo.families.windows import share, total, within
from feature_repo.feature_definition import Feature, counting
from feature_repo.shop_tables import KnownTables, Snapshot

CAUSE: Final = "product"
FEATURES = (
    counting("return_lines_84d", "lines returned in the last 84 days", "lines"),
    counting("return_lines_364d", "lines returned in the last 364 days", "lines"),
    counting("returned_364d", "money paid back for returns in the last 364 days", "base currency"),
    Feature("return_line_share_364d", "share of order lines that are returns, last 364 days", "share"),
    Feature("days_since_return", "days since the last return", "days"),
)


def compute(shop: KnownTables, at: Snapshot) -> ir.Table:
    """Returned lines (quantity below 0) in windows before the snapshot."""
    visits = shop.visits
    year = within(visits, 364)
    sums = visits.group_by("customer_id").agg(
        return_lines_84d=total(visits.return_lines, within(visits, 84)),
        return_lines_364d=total(visits.return_lines, year),
        returned_364d=total(visits.returned, year),
        lines=total(visits.lines, year),
        days_since_return=visits.age.min(where=visits.return_lines > 0),
    )
    return sums.mutate(return_line_share_364d=share(sums.return_lines_364d, sums.lines))
