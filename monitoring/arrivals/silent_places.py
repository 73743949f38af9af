"""Stores, channels and categories that sold every week and sell nothing now.

A place is gone where a week without an order was next to impossible by its own weeks before: the chance of none is
that of a negative binomial with their mean and variance (`data_quality.timeliness`), below 0.01 over the number of
places. A small one closes in any shop: gone together they have to have held a share of the revenue.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import duckdb
import pandas as pd

from core.messages import Message
from core.workspace import Workspace
from monitoring.data_quality.timeliness import LEVEL, empty_chance
from monitoring.results import QualityCheck, Touched

PLACES = {
    "silent_stores": "o.store_id",
    "silent_regions": "o.region",
    "silent_channels": "o.channel",
    "silent_categories": "p.category",
}
WEEKS = 13
FEWEST_WEEKS = 8
NAMED_SHARE = 0.8


def checks(connection: duckdb.DuckDBPyConnection, workspace: Workspace, as_of: date) -> Iterator[QualityCheck]:
    """One check per kind of place that the shop's orders name."""
    least = workspace.settings.rules.silent_share
    for name, column in PLACES.items():
        if column.startswith("p.") and not workspace.tables.has("products"):
            continue
        weeks = _weekly(connection, column, as_of)
        if weeks.empty:
            continue
        whole = (as_of - workspace.tables.first_day()).days // 7 - 1
        if whole < FEWEST_WEEKS:
            says = Message("check.silent_places.too_early", {"more": FEWEST_WEEKS - whole})
            yield QualityCheck(name, 0.0, None, least, True, says, judged=False)
        elif not _named(connection, column, as_of):
            yield QualityCheck(name, 0.0, None, least, True, Message("check.silent_places.unnamed"), judged=False)
        else:
            yield _check(name, weeks, min(whole, WEEKS), least, as_of)


def _check(name: str, weeks: pd.DataFrame, whole: int, least: float, as_of: date) -> QualityCheck:
    """`weeks`: one row per place, a column per week back (0 is the last), and `revenue` of the weeks before."""
    before = weeks[[back for back in range(1, whole + 1) if back in weeks]]
    chance = [empty_chance([int(count) for count in row]) for row in before.to_numpy()]
    regular = weeks.assign(chance=chance, usual=before.sum(axis=1) / whole)
    now = regular[0] if 0 in regular else pd.Series(0.0, index=regular.index)
    gone = regular[(now == 0) & (regular["chance"] < LEVEL / max(len(regular), 1))]
    share = float(gone["revenue"].sum() / max(float(regular["revenue"].sum()), 1e-9))
    named = [str(place) for place in gone.sort_values("usual", ascending=False).index]
    says = Message("check.silent_places", {"names": named, "of": len(regular), "share": share})
    if share <= least:
        return QualityCheck(name, share, 0.0, least, True, says)
    since, touched = as_of - timedelta(days=7), Touched(revenue_share=share)
    return QualityCheck(name, share, 0.0, least, False, says, since=since, touched=touched)


def _named(connection: duckdb.DuckDBPyConnection, column: str, as_of: date) -> bool:
    """Whether the lines of the last week name places as those before did: where a column is lost, no place is gone."""
    [(now, before)] = connection.execute(
        f"SELECT count({column}) FILTER (o.day >= $week) / greatest(count(*) FILTER (o.day >= $week), 1),"
        f" count({column}) FILTER (o.day < $week) / greatest(count(*) FILTER (o.day < $week), 1)"
        f" FROM {_joined(column)} WHERE o.day >= $first AND o.day < $stop",
        {"week": as_of - timedelta(days=7), "first": as_of - timedelta(days=7 * (WEEKS + 1)), "stop": as_of},
    ).fetchall()
    return bool(now >= NAMED_SHARE * before)


def _joined(column: str) -> str:
    return "orders o" + (" LEFT JOIN products p USING (product_id)" if column.startswith("p.") else "")


def _weekly(connection: duckdb.DuckDBPyConnection, column: str, as_of: date) -> pd.DataFrame:
    found: pd.DataFrame = connection.execute(
        f"SELECT {column} AS place, ((DATE '{as_of}' - o.day) - 1) // 7 AS back, count(DISTINCT o.order_id) AS orders,"
        f" coalesce(sum(o.revenue), 0) AS revenue FROM {_joined(column)}"
        f" WHERE {column} IS NOT NULL AND o.day >= $first AND o.day < $stop GROUP BY ALL",
        {"first": as_of - timedelta(days=7 * (WEEKS + 1)), "stop": as_of},
    ).df()
    if found.empty:
        return found
    weeks: pd.DataFrame = found.pivot(index="place", columns="back", values="orders").fillna(0.0)
    revenue = found[found["back"] > 0].groupby("place")["revenue"].sum()
    weeks["revenue"] = revenue.reindex(weeks.index).fillna(0.0)
    return weeks
