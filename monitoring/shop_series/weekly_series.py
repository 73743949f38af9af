"""Order lines week by week as series: the whole shop, each category, region and store; one pass over the lines.

A part's lines are a share of the week's, its units and its revenue per line are beside those of the whole shop, so that
a week in which everything moves moves no part. Means are of logarithms: a factor is a distance, and one line does not
outweigh all others.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from types import MappingProxyType

import duckdb
import numpy as np
import pandas as pd

from core.workspace import Workspace
from models.arrays import Float64Array, Int64Array

WEEK = timedelta(days=7)
MOST_WEEKS = 78
"""A year and a half: last year's change at the same time is a forecast of its own."""
FEWEST_LINES = 30
"""Of a part, in the median of its weeks: fewer tell nothing within a week."""
MOST_PARTS = 300
"""Of a kind, those with the most lines."""
STORE = "store"
NAMED_SHARE = 0.8
"""Where lines that name a kind of part at all fell below so much of what they were, no part of it is gone."""
WHOLE = "shop"
PARTS = MappingProxyType({"category": "p.category", "region": "o.region", STORE: "o.store_id"})
SHARES = MappingProxyType(
    {
        "guests": "o.customer_id IS NULL",
        "unknown_products": "o.product_id IS NULL OR NOT coalesce(p.known, false)",
        "no_discount": "o.discount IS NULL",
    }
)


@dataclass(frozen=True)
class WeeklySeries:
    """One series: the kind of part (`shop` is the whole), its name, and what is measured of it."""

    kind: str
    part: str
    measure: str

    @property
    def key(self) -> str:
        """What tells it from all others."""
        return f"{self.kind}|{self.part}|{self.measure}"


@dataclass(frozen=True)
class ShopWeeks:
    """Values [weeks, series] on the days on which the weeks end (ordinals, ascending).

    `lines` [series] are those of the median week, `revenue` [series] the part's share of the revenue of all weeks; of
    the whole shop, 1.
    """

    days: Int64Array
    series: tuple[WeeklySeries, ...]
    values: Float64Array
    lines: Float64Array
    revenue: Float64Array


def measure(connection: duckdb.DuckDBPyConnection, workspace: Workspace, as_of: date) -> ShopWeeks:
    """The whole weeks that end as of a day."""
    whole = min((as_of - workspace.tables.first_day()).days // 7, MOST_WEEKS)
    days = np.array([(as_of - WEEK * back).toordinal() for back in reversed(range(whole))], dtype="int64")
    if not whole:
        return ShopWeeks(days, (), np.empty((0, 0)), np.empty(0), np.empty(0))
    counted = _counted(connection, workspace, as_of, whole)
    order = list(reversed(range(whole)))
    shop = counted[counted["kind"] == WHOLE].set_index("back").reindex(order)
    found = [*_of_shop(shop)]
    for kind in PARTS:
        rows = counted[counted["kind"] == kind]
        worth = rows.groupby("part")["worth"].sum() / max(float(rows["worth"].sum()), 1e-9)
        least = workspace.settings.rules.silent_share if kind == STORE else 0.0
        found += _of_parts(kind, rows[rows["part"].isin(worth.index[worth >= least])], shop, worth)
    series, values, lines, revenue = zip(*found, strict=True)
    return ShopWeeks(days, series, np.column_stack(values), np.array(lines), np.array(revenue))


_Found = tuple[WeeklySeries, Float64Array, float, float]


def _of_shop(shop: pd.DataFrame) -> Iterator[_Found]:
    """Means per line, stores that sold, and the shares of lines that name nobody or nothing."""
    lines = float(shop["lines"].fillna(0.0).median())
    values: Mapping[str, Float64Array] = {
        "units": _column(shop, "units"),
        "revenue": _column(shop, "revenue"),
        "stores": np.log(np.where(shop["stores"] > 0, shop["stores"], np.nan)),
        **{name: np.arcsin(np.sqrt(_column(shop, name) / _column(shop, "lines"))) for name in SHARES},
    }
    for name, column in values.items():
        yield WeeklySeries(WHOLE, "", name), column, lines, 1.0


def _of_parts(kind: str, rows: pd.DataFrame, shop: pd.DataFrame, worth: pd.Series[float]) -> Iterator[_Found]:
    """`worth` is each part's share of the revenue. A small store closes in any shop, and few customers make it: stores
    are those that hold a share that matters (`rules.silent_share`); how many sell counts them all.
    """
    order = shop.index
    counts = rows.pivot(index="back", columns="part", values="lines").reindex(order).fillna(0.0)
    often = counts.median().sort_values(ascending=False)
    kept = list(often.index[often >= FEWEST_LINES][:MOST_PARTS])
    if len(kept) < (1 if kind == STORE else 2):
        return
    named = _column(shop, f"of_{kind}")
    share = named / _column(shop, "lines")
    told = share >= NAMED_SHARE * np.nanmedian(share)
    means = {
        name: rows.pivot(index="back", columns="part", values=name).reindex(order) for name in ("units", "revenue")
    }
    for part in kept:
        of_lines = np.log((counts[part].to_numpy() + 0.5) / np.maximum(named, 1.0))
        weight = (float(often[part]), float(worth.get(part, 0.0)))
        yield WeeklySeries(kind, str(part), "lines"), np.where(told, of_lines, np.nan), *weight
        if kind != STORE:
            for name, mean in means.items():
                yield WeeklySeries(kind, str(part), name), _column(mean, part) - _column(shop, name), *weight


def _column(frame: pd.DataFrame, name: str) -> Float64Array:
    return frame[name].to_numpy(dtype="float64", na_value=np.nan)


def _counted(connection: duckdb.DuckDBPyConnection, workspace: Workspace, as_of: date, whole: int) -> pd.DataFrame:
    """Per kind, part and week back: lines, mean logarithms, revenue; of the whole also stores and shares."""
    products = "(SELECT DISTINCT product_id, category, true AS known FROM products)"
    if not workspace.tables.has("products"):
        products = "(SELECT NULL AS product_id, NULL AS category, true AS known WHERE false)"
    parts = ", ".join(f"{column} AS {name}" for name, column in PARTS.items())
    shares = "".join(f", ({sql}) AS {name}" for name, sql in SHARES.items())
    kinds = " ".join(f"WHEN grouping({name}) = 0 THEN '{name}'" for name in PARTS)
    sets = "".join(f", (back, {name})" for name in PARTS)
    named = " OR ".join(f"{name} IS NOT NULL" for name in PARTS)
    everything = " AND ".join(f"grouping({name}) = 1" for name in PARTS)
    found: pd.DataFrame = connection.execute(
        f"SELECT CASE {kinds} ELSE '{WHOLE}' END AS kind, coalesce({', '.join(PARTS)}) AS part, back,"
        " count(*) AS lines, avg(ln(quantity)) FILTER (quantity > 0) AS units, sum(revenue) AS worth,"
        " avg(ln(revenue)) FILTER (revenue > 0) AS revenue, count(DISTINCT store_id) AS stores"
        + "".join(f", sum({name}::INT) AS {name}" for name in SHARES)
        + "".join(f", count({name}) AS of_{name}" for name in PARTS)
        + f" FROM (SELECT {parts}{shares}, ((DATE '{as_of}' - o.day) - 1) // 7 AS back, o.quantity, o.revenue,"
        f" o.store_id FROM orders o LEFT JOIN {products} p USING (product_id) WHERE o.day >= $first AND o.day < $stop)"
        f" GROUP BY GROUPING SETS ((back){sets}) HAVING ({everything}) OR {named}",
        {"first": as_of - WEEK * whole, "stop": as_of},
    ).df()
    return found
