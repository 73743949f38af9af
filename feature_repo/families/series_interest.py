"""What people looked at, looked for and put into the cart of a demand series' products: it runs ahead of sales.

An event counts for every series that its product has sold in: it has no store, region or channel of its own.
"""

from __future__ import annotations

from typing import Final

import ibis
import ibis.expr.types as ir

from feature_repo.families.series_features import HISTORY_DAYS, with_series
from feature_repo.feature_definition import Feature
from feature_repo.shop_tables import KnownTables, Snapshot

NEEDS = ("events",)
INTEREST: Final = {"view": "views", "search": "searches", "cart": "carts", "wishlist": "wishes"}
"""Kinds of events, and what their counts are called."""
_ENTRY = f"one entry per day with any within the last {HISTORY_DAYS} days, the latest first"

FEATURES = (
    Feature("interest_days", f"days before the snapshot (1 = the day before); {_ENTRY}", "days", "ints"),
    Feature("interest_views", f"views of its products; {_ENTRY}", "events", "floats"),
    Feature("interest_searches", f"searches that name its products; {_ENTRY}", "events", "floats"),
    Feature("interest_carts", f"its products put into a cart; {_ENTRY}", "events", "floats"),
    Feature("interest_wishes", f"its products wished for; {_ENTRY}", "events", "floats"),
)


def compute(shop: KnownTables, at: Snapshot) -> ir.Table:
    """The days of each series that has any, packed; sorted as whole entries, so that the lists are aligned."""
    events = shop.events
    events = events.filter(events.kind.isin(tuple(INTEREST)), events.product_id.notnull(), events.age <= HISTORY_DAYS)
    sums = {name: (events.kind == kind).cast("float64").sum() for kind, name in INTEREST.items()}
    daily = events.group_by("product_id", "age").agg(**sums)
    lines = with_series(shop.counted, shop.settings.demand.series)
    sold = lines.filter(lines.series_id.notnull()).select("series_id", "product_id").distinct()
    days = sold.inner_join(daily, "product_id").group_by("series_id", "age")
    days = days.agg(**{name: ibis._[name].sum() for name in INTEREST.values()})
    entry = ibis.struct({"age": days.age, **{name: days[name] for name in INTEREST.values()}})
    rows = days.select("series_id", entry=entry)
    lists = rows.group_by("series_id").agg(entries=rows.entry.collect().sort())
    return lists.select(
        "series_id",
        interest_days=lists.entries.map(lambda entry: entry["age"]),
        **{f"interest_{name}": _each(lists, name) for name in INTEREST.values()},
    )


def _each(lists: ir.Table, name: str) -> ir.ArrayValue:
    values: ir.ArrayValue = lists.entries.map(lambda entry: entry[name])
    return values
