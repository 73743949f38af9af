"""Promotions of a product in the days ahead, as announced, and in those behind."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from feature_repo.feature_definition import DECIMALS, Feature
from feature_repo.shop_tables import KnownTables, Snapshot

NEEDS = ("promotions",)
IN_STORE = ("display", "shelf", "endcap", "in-store", "in store")
DAYS_BEHIND = 28

FEATURES = (
    Feature(
        "promoted",
        "share of (day, store) on which it is promoted: in the store and outside it (mailer, web) in the days ahead, "
        f"then in the store and outside it in the last {DAYS_BEHIND} days",
        "share",
        "floats",
    ),
)


def compute(shop: KnownTables, at: Snapshot) -> ir.Table:
    """Overlap of each promotion with the window ahead and the window behind."""
    days_ahead = shop.settings.recommendation.horizon_days
    ahead, behind = at.plus(days_ahead), at.plus(-DAYS_BEHIND)
    running = shop.promotions
    running = running.filter(running.starts_on < ahead, running.ends_on >= behind)
    days = running.select(
        "product_id",
        "store_id",
        inside=running.kind.lower().isin(IN_STORE).fill_null(False),
        ahead=_overlap(running, at.plus(), ahead),
        behind=_overlap(running, behind, at.plus()),
    )
    stores = days.agg(stores=days.store_id.nunique())
    sums = days.group_by("product_id").agg(
        in_ahead=ibis.ifelse(days.inside, days.ahead, 0).sum(),
        out_ahead=ibis.ifelse(days.inside, 0, days.ahead).sum(),
        in_behind=ibis.ifelse(days.inside, days.behind, 0).sum(),
        out_behind=ibis.ifelse(days.inside, 0, days.behind).sum(),
    )
    table = sums.cross_join(stores)
    places = ibis.greatest(table.stores, 1)
    spans = {"ahead": days_ahead, "behind": DAYS_BEHIND}
    parts = [
        (table[f"{where}_{when}"] / (places * spans[when])).cast("float64").round(DECIMALS)
        for when in ("ahead", "behind")
        for where in ("in", "out")
    ]
    return table.mutate(promoted=ibis.array(parts))


def _overlap(running: ir.Table, first: ir.DateValue, end: ir.DateValue) -> ir.IntegerValue:
    """Days of [first, end) on which the promotion runs."""
    begins = ibis.greatest(running.starts_on, first)
    stops = ibis.least(running.ends_on + ibis.interval(days=1), end)
    return ibis.greatest(stops.cast("date").delta(begins, unit="day"), 0)
