"""Who moved from which group (or stage) at one day to which at another: a table, of counts, shares and revenue."""

from __future__ import annotations

from collections.abc import Sequence, Set
from typing import Final

import pandas as pd

from feature_repo.segment_rules import GROUPS, STAGES
from models.segments.group_month import By

ARRIVED: Final = "first purchase"
"""Where those come from who bought nothing before the first day."""
UNPROFILED: Final = "not profiled"
"""Where those come from, or go to, who had bought before a day and did not allow profiling on it."""
ORDER: Final[dict[By, tuple[str, ...]]] = {"group": tuple(GROUPS.values()), "stage": tuple(STAGES.values())}

_NAMED: Final = frozenset(name for names in ORDER.values() for name in names)


def movements(
    before: pd.DataFrame, after: pd.DataFrame, spent: pd.Series[float], known: Set[str], by: By = "group"
) -> pd.DataFrame:
    """One row for each pair that anybody moved between: origin, target, customers, share, revenue.

    `before` and `after` are members of two days. `share` is of those of the origin, so that it adds up to 1 for each;
    `revenue` is what the customers spent between the days (`spent`, by customer_id); `known` are all who bought
    before the first day, whether they are among its members or not.
    """
    joined = before[["customer_id", by]].merge(after[["customer_id", by]], on="customer_id", how="outer")
    joined = joined.set_axis(["customer_id", "origin", "target"], axis=1)
    unseen = joined["customer_id"].isin(known).map({True: UNPROFILED, False: ARRIVED})
    joined = joined.assign(origin=joined["origin"].fillna(unseen), target=joined["target"].fillna(UNPROFILED))
    joined["revenue"] = joined["customer_id"].map(spent).fillna(0.0).astype(float)
    rows = joined.groupby(["origin", "target"], as_index=False).agg(
        customers=("customer_id", "size"), revenue=("revenue", "sum")
    )
    rows["share"] = rows["customers"] / rows.groupby("origin")["customers"].transform("sum")
    places = {name: place for place, name in enumerate((*ORDER[by], ARRIVED, UNPROFILED))}
    rows = rows.sort_values(["origin", "target"], key=lambda names: names.map(places), ignore_index=True)
    rows["revenue"] = rows["revenue"].round(2)
    return rows[["origin", "target", "customers", "share", "revenue"]]


def moved(table: pd.DataFrame) -> tuple[int, int]:
    """Of the customers who stand in a group on both days: how many are in another than before, and how many there are.

    Nobody moves by a first purchase, nor by allowing or refusing to be profiled.
    """
    both = table[table["origin"].isin(_NAMED) & table["target"].isin(_NAMED)]
    return int(both.loc[both["origin"] != both["target"], "customers"].sum()), int(both["customers"].sum())


def between(table: pd.DataFrame, names: Sequence[str]) -> pd.DataFrame:
    """The customers as a square: a row for each origin, a column for each target."""
    square = table.pivot_table(index="origin", columns="target", values="customers", fill_value=0, aggfunc="sum")
    return square.reindex(index=[*names], columns=[*names], fill_value=0).astype(int)
