"""A demand series and its packed daily history: one row per combination of the columns in `demand.series`.

What counts are lines with quantity > 0 of known products that are not excluded; a line's quantity is clipped at
`demand.clip_quantile` of its category before the snapshot, and at a fence (`clipping`).
The demand model derives lags, means and profiles from the packed lists; days that are not in them sold nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce

import ibis
import ibis.expr.types as ir
from ibis import _

from core.errors import UsageError, did_you_mean
from feature_repo.families.clipping import clipped
from feature_repo.families.windows import share, total, within
from feature_repo.feature_definition import DECIMALS, Feature, counting
from feature_repo.shop_tables import KnownTables, Snapshot

HISTORY_DAYS = 392
KEYS = ("category", "department", "brand", "product_id", "store_id", "region", "channel")
PLACES = ("store_id", "region")
SEPARATOR = "|"
_ENTRY = f"one entry per day with sales within the last {HISTORY_DAYS} days, the latest first"

FEATURES = (
    counting("days_sold", "days with sales", "days"),
    Feature("first_sold_days", "days since the first sale", "days"),
    counting("revenue_28d", "revenue of the last 28 days", "base currency"),
    Feature("price_28d", "revenue per unit in the last 28 days", "base currency"),
    Feature("discount_share_28d", "share of its lines with a discount in the last 28 days", "share"),
    Feature("discount_share_182d", "share of its lines with a discount in the last 182 days", "share"),
    Feature("high_risk", "1 where one of its products is marked high-risk, else 0", "flag", "int", default=0),
    Feature("sold_days", f"days before the snapshot (1 = the day before); {_ENTRY}", "days", "ints"),
    Feature("sold_units", f"units sold, outliers clipped; {_ENTRY}", "units", "floats"),
)


def compute(shop: KnownTables, at: Snapshot) -> ir.Table:
    """Series with sales on `demand.min_days` days, or in a seventh as many weeks: their figures and histories."""
    lines = series_lines(shop)
    days = _days(lines)
    sums = _sums(days)
    sold = sums.days_sold if shop.settings.demand.freq == "D" else sums.weeks_sold
    sums = sums.filter(sold >= shop.settings.demand.min_periods)
    risky = lines.semi_join(_risky(shop), "product_id").select("series_id").distinct()
    flagged = sums.left_join(risky.mutate(high_risk=ibis.literal(1)), "series_id").drop("series_id_right")
    return flagged.inner_join(_packed(days), "series_id")


def series_lines(shop: KnownTables) -> ir.Table:
    """The known lines that count and belong to a series, with `series_id` and `units` (clipped)."""
    lines = with_series(shop.counted, shop.settings.demand.series)
    return clipped(lines, lines, shop.settings.demand.clip_quantile).filter(_.series_id.notnull())


def with_series(lines: ir.Table, keys: Sequence[str]) -> ir.Table:
    """The lines with their `series_id`, null where one of the keys is."""
    return lines.mutate(series_id=series_id(lines, check_keys(keys)))


def series_id(table: ir.Table, keys: Sequence[str]) -> ir.StringValue:
    """The id of a row's series: its key, or its keys joined by `|` (with `%` and `|` in them escaped).

    Null where a key is.
    """
    columns = [table[key].cast("string") for key in keys]
    if len(columns) == 1:
        return columns[0]
    escaped = [column.replace("%", "%25").replace(SEPARATOR, "%7C") for column in columns]
    return reduce(lambda left, right: left + SEPARATOR + right, escaped)


def check_keys(keys: Sequence[str]) -> tuple[str, ...]:
    """The key columns, if each is one of `KEYS`.

    Raises:
        UsageError: one is not, with the nearest that is.
    """
    for key in keys:
        if key not in KEYS:
            raise UsageError(f"demand.series names {key!r}", why="no such key", todo=did_you_mean(key, KEYS))
    return tuple(keys)


def _days(lines: ir.Table) -> ir.Table:
    return lines.group_by("series_id", "age").agg(
        units=lines.units.sum(),
        revenue=lines.revenue.sum(),
        lines=lines.count(),
        discounted=ibis.ifelse(lines.discount > 0, 1, 0).sum(),
    )


def _sums(days: ir.Table) -> ir.Table:
    recent, half_year = within(days, 28), within(days, 182)
    sums = days.group_by("series_id").agg(
        days_sold=days.count(),
        weeks_sold=((days.age - 1) // 7).nunique(),
        first_sold_days=days.age.max(),
        revenue_28d=total(days.revenue, recent),
        units_28d=total(days.units, recent),
        lines_28d=total(days.lines, recent),
        lines_182d=total(days.lines, half_year),
        discounted_28d=total(days.discounted, recent),
        discounted_182d=total(days.discounted, half_year),
    )
    return sums.mutate(
        price_28d=share(sums.revenue_28d, sums.units_28d),
        discount_share_28d=share(sums.discounted_28d, sums.lines_28d),
        discount_share_182d=share(sums.discounted_182d, sums.lines_182d),
    )


def _risky(shop: KnownTables) -> ir.Table:
    """Products whose forecasts a person reviews."""
    products = shop.products
    listed = products.category.isin(shop.settings.products.high_risk) if shop.settings.products.high_risk else False
    return products.filter(products.high_risk.fill_null(False) | listed).select("product_id")


def _packed(days: ir.Table) -> ir.Table:
    """One struct per day, sorted as a whole, so that the lists are aligned on every engine."""
    days = days.filter(days.age <= HISTORY_DAYS)
    entry = ibis.struct({"age": days.age, "units": days.units.cast("float64").round(DECIMALS)})
    rows = days.select("series_id", entry=entry)
    lists = rows.group_by("series_id").agg(entries=rows.entry.collect().sort())
    return lists.select(
        "series_id",
        sold_days=lists.entries.map(lambda entry: entry["age"]),
        sold_units=lists.entries.map(lambda entry: entry["units"]),
    )
