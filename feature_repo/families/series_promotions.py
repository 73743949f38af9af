"""How much of a demand series is promoted, packed: spans of days behind and, as announced, ahead of the snapshot.

The intensity of a span is the share of the series that is promoted: over its products, the share of stores with
the promotion, weighted by the product's share of the series' units before the snapshot. Promotions are grouped
by how they reach a customer: seen in the store (display), sent out (mailer), or any other way (a price cut).
"""

from __future__ import annotations

from itertools import combinations

import ibis
import ibis.expr.types as ir

from feature_repo.families.series_features import PLACES, series_lines
from feature_repo.families.windows import within
from feature_repo.feature_definition import DECIMALS, Feature
from feature_repo.shop_tables import KnownTables, Snapshot

NEEDS = ("promotions",)
DAYS_BEHIND = 84
WEIGHT_DAYS = 182
CHANNELS = ("display", "mailer", "other")
_ENTRY = f"one entry per span from {DAYS_BEHIND} days behind to the forecast horizon ahead, in order of time"

FEATURES = (
    Feature(
        "promo_starts", f"first day after the snapshot's (0 = its day, negative = before); {_ENTRY}", "days", "ints"
    ),
    Feature("promo_ends", f"last day, counted the same way; {_ENTRY}", "days", "ints"),
    *(
        Feature(f"promo_{channel}", f"share of the series promoted: {how}; {_ENTRY}", "share", "floats")
        for channel, how in zip(CHANNELS, ("in the store", "by mail, leaflet or web", "any other way"), strict=True)
    ),
)


def compute(shop: KnownTables, at: Snapshot) -> ir.Table:
    """The spans of each series that has any."""
    places = [key for key in shop.settings.demand.series if key in PLACES]
    behind = at.plus(-DAYS_BEHIND)
    promoted = shop.promoted.filter(shop.promoted.ends_on >= behind)
    joined = _joined(_weights(shop, places), promoted, places)
    stores = shop.counted.agg(stores=ibis.greatest(shop.counted.store_id.nunique(), 1))
    joined = joined.cross_join(stores)
    spans = joined.group_by("series_id", "starts_on", "ends_on").agg(
        **{channel: (joined.weight * _reach(joined, channel, places)).sum() for channel in CHANNELS}
    )
    return _packed(spans, at)


def _weights(shop: KnownTables, places: list[str]) -> ir.Table:
    """Each product's share of its series' units, with the places the series is of."""
    lines = series_lines(shop)
    lines = lines.filter(within(lines, WEIGHT_DAYS))
    units = lines.group_by("series_id", "product_id", *places).agg(units=lines.units.sum())
    of_series = units.units.sum().over(ibis.window(group_by="series_id"))
    return units.select("series_id", "product_id", *places, weight=units.units / of_series)


def _joined(weights: ir.Table, promoted: ir.Table, places: list[str]) -> ir.Table:
    """Each product with its promotions; one without a place holds in every place."""
    parts = []
    for named in (subset for size in range(len(places) + 1) for subset in combinations(places, size)):
        conditions = [promoted[p].notnull() if p in named else promoted[p].isnull() for p in places]
        some = (promoted.filter(*conditions) if conditions else promoted).drop(*(p for p in places if p not in named))
        parts.append(weights.inner_join(some, ["product_id", *named]).select("series_id", "weight", *_CARRIED))
    return parts[0].union(*parts[1:]) if len(parts) > 1 else parts[0]


_CARRIED = ("starts_on", "ends_on", *CHANNELS, *(f"{channel}_everywhere" for channel in CHANNELS))


def _reach(joined: ir.Table, channel: str, places: list[str]) -> ir.NumericValue:
    """The share of stores with the promotion; of a series of one store, all or nothing."""
    whole = ibis.literal(1) if "store_id" in places else joined.stores
    reach = ibis.least(joined[channel] / whole.cast("float64"), 1.0)
    return ibis.ifelse(joined[f"{channel}_everywhere"] > 0, 1.0, reach)


def _packed(spans: ir.Table, at: Snapshot) -> ir.Table:
    """One struct per span, sorted as a whole, so that the lists are aligned on every engine."""
    day = at.plus()
    shares = {channel: spans[channel].cast("float64").round(DECIMALS) for channel in CHANNELS}
    offsets = {"starts": spans.starts_on.delta(day, unit="day"), "ends": spans.ends_on.delta(day, unit="day")}
    rows = spans.select("series_id", entry=ibis.struct(offsets | shares))
    lists = rows.group_by("series_id").agg(entries=rows.entry.collect().sort())
    names = ("starts", "ends", *CHANNELS)
    return lists.select("series_id", **{f"promo_{name}": _property(lists.entries, name) for name in names})


def _property(entries: ir.ArrayValue, name: str) -> ir.ArrayValue:
    return entries.map(lambda entry: entry[name])
