"""Where a version falls short of another: by group of customers, stage, value tier, region, store or category.

The differences of an attribute's groups are pooled towards their mean, each by how uncertain it is: the normal
hierarchical model with the moment estimate of DerSimonian and Laird (1986). So a small group that looks bad by chance
is not named, and one that is bad for certain is.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import norm

from core import query_engine
from core.errors import RegularsError
from core.workspace import Workspace
from models.arrays import BoolArray, Float64Array
from models.demand.series import split_id
from models.intervals import LEVEL, Interval, Statistic, paired
from models.kinds import Kind
from models.segments import membership
from models.slice_figure import SliceFigure

FEWEST = 30
MOST_GROUPS = 30
RESAMPLES = 200
_WIDTH = 2 * 1.959964
_YEAR = timedelta(days=364)
_TENURE, _ACTIVITY = (91, 182, 364), (7, 14, 28)
"""Days since the first and the last purchase by which customers are told apart."""


@dataclass(frozen=True)
class _Sides:
    """The version's and its floor's evaluation of the same units, and by what they are compared."""

    own: pd.DataFrame
    theirs: pd.DataFrame
    statistic: Statistic
    higher_is_better: bool
    seed: int

    def inside(self, chosen: BoolArray) -> _Sides:
        """Of some of the units."""
        return replace(self, own=self.own[chosen], theirs=self.theirs[chosen])

    def difference(self) -> Interval | None:
        """None of too few, or where it can't be told (nobody of them left)."""
        if len(self.own) < FEWEST:
            return None
        found = paired(self.own, self.theirs, self.statistic, RESAMPLES, self.seed)
        known = np.isfinite([found.value, found.low, found.high]).all() and found.high > found.low
        return found if known else None


def slices(
    workspace: Workspace,
    kind: Kind[Any],
    as_of: date,
    own: pd.DataFrame,
    theirs: pd.DataFrame,
    *,
    deep: bool = False,
) -> tuple[SliceFigure, ...]:
    """Every group of every attribute of the units, by attribute, the worst first.

    `deep` (of who studies a version, once) adds tenure, activity and the month of the first purchase, or the volume and
    the age of series, and takes the groups that are too small to judge together.
    """
    units = own.index.intersection(theirs.index)
    sides = _Sides(
        own.loc[units],
        theirs.loc[units],
        kind.statistics[kind.primary],
        kind.higher_is_better,
        workspace.settings.seed,
    )
    attributes = list(_attributes(workspace, as_of, sides.own.index))
    if deep:
        attributes += _deep(workspace, as_of, sides.own)
        attributes = [(name, _together(groups)) for name, groups in attributes if groups.nunique() > 1]
    return tuple(figure for name, groups in attributes for figure in _of_attribute(name, groups, sides))


def pooled(differences: Sequence[float], errors: Sequence[float]) -> tuple[Float64Array, Float64Array]:
    """The differences drawn towards their mean, and their standard errors, shape (groups,) each."""
    values, variances = np.asarray(differences, dtype=float), np.square(np.asarray(errors, dtype=float))
    weights = 1 / variances
    mean = float((weights * values).sum() / weights.sum())
    excess = float((weights * (values - mean) ** 2).sum()) - (len(values) - 1)
    scale = weights.sum() - (weights**2).sum() / weights.sum()
    between = max(excess / scale, 0.0) if scale > 0 else 0.0
    outer = 1 / (variances + between)
    centre, of_centre = float((outer * values).sum() / outer.sum()), 1 / outer.sum()
    kept = between / (between + variances)
    return centre + kept * (values - centre), np.sqrt(kept * variances + (1 - kept) ** 2 * of_centre)


def _of_attribute(attribute: str, groups: pd.Series[str], sides: _Sides) -> list[SliceFigure]:
    measured: list[tuple[str, _Sides, Interval]] = []
    few: list[SliceFigure] = []
    for group in map(str, groups.value_counts().index[:MOST_GROUPS]):
        inside = sides.inside((groups == group).to_numpy(bool))
        found = inside.difference()
        if found is None:
            few.append(_too_few(attribute, group, len(inside.own)))
        else:
            measured.append((group, inside, found))
    if not measured:
        return few
    errors = [(each.high - each.low) / _WIDTH for *_, each in measured]
    centres, spreads = pooled([each.value for *_, each in measured], errors)
    far = float(norm.ppf(1 - (1 - LEVEL) / 2 / len(measured)))
    figures = []
    for (group, inside, each), centre, spread in zip(measured, centres.tolist(), spreads.tolist(), strict=True):
        bounds = Interval(centre, centre - far * spread, centre + far * spread)
        figures.append(
            SliceFigure(
                attribute,
                group,
                len(inside.own),
                float(sides.statistic(inside.own)),
                each.value,
                bounds.value,
                bounds.low,
                bounds.high,
                bounds.wholly_worse(sides.higher_is_better),
            )
        )
    figures.sort(key=lambda figure: figure.pooled if sides.higher_is_better else -figure.pooled)
    return [*figures, *few]


def _too_few(attribute: str, group: str, units: int) -> SliceFigure:
    more = max(FEWEST - units, 1)
    unknown = math.nan
    return SliceFigure(attribute, group, units, unknown, unknown, unknown, unknown, unknown, False, more)


def _attributes(workspace: Workspace, as_of: date, units: pd.Index[str]) -> Iterator[tuple[str, pd.Series[str]]]:
    """The attributes of the units, by what they are: customers, or series."""
    if units.name == "series_id":
        keys = list(workspace.settings.demand.series)
        parts = pd.DataFrame([split_id(str(name), keys) for name in units], columns=keys, index=units)
        for key in keys:
            if 1 < parts[key].nunique() <= MOST_GROUPS:
                yield key, parts[key].astype(str)
    elif units.name == "customer_id":
        yield from _of_customers(workspace, as_of, units)


def _deep(workspace: Workspace, as_of: date, own: pd.DataFrame) -> Iterator[tuple[str, pd.Series[str]]]:
    if own.index.name == "series_id":
        if "weight" in own and own["weight"].nunique() >= 3:
            yield "volume", _thirds(own["weight"])
        if "days_sold" in own:
            yield "days since the first sale", _banded(own["days_sold"], _TENURE)
    elif own.index.name == "customer_id":
        bought = _bought(workspace, as_of).reindex(own.index)
        yield "days since the first purchase", _banded((pd.Timestamp(as_of) - bought["first"]).dt.days, _TENURE)
        yield "days since the last purchase", _banded((pd.Timestamp(as_of) - bought["last"]).dt.days, _ACTIVITY)
        yield "month of the first purchase", bought["first"].dt.strftime("%Y-%m").fillna("unknown")


def _together(groups: pd.Series[str]) -> pd.Series[str]:
    counts = groups.value_counts()
    small = counts.index[counts < FEWEST]
    return groups.where(~groups.isin(small), f"{len(small)} small ones together") if len(small) > 1 else groups


def _banded(days: pd.Series[float], edges: Sequence[int]) -> pd.Series[str]:
    names = [f"up to {edges[0]}", *(f"{a + 1} to {b}" for a, b in pairwise(edges)), f"over {edges[-1]}"]
    bands = pd.cut(days, [-math.inf, *edges, math.inf], labels=names)
    return bands.astype(object).fillna("unknown").astype(str)


def _thirds(values: pd.Series[float]) -> pd.Series[str]:
    return pd.qcut(values.rank(method="first"), 3, labels=["low", "middle", "high"]).astype(str)


def _bought(workspace: Workspace, as_of: date) -> pd.DataFrame:
    """The days of the first and the last purchase, by customer_id."""
    query = (
        "SELECT customer_id, min(day)::TIMESTAMP AS first, max(day)::TIMESTAMP AS last FROM orders"
        " WHERE customer_id IS NOT NULL AND day < $stop GROUP BY 1"
    )
    with query_engine.on_tables(workspace) as connection:
        found: pd.DataFrame = connection.execute(query, {"stop": as_of}).df()
    return found.set_index("customer_id")


def _of_customers(workspace: Workspace, as_of: date, units: pd.Index[str]) -> Iterator[tuple[str, pd.Series[str]]]:
    try:
        members = membership.members(workspace, as_of)
    except RegularsError:
        members = pd.DataFrame()
    for name, column in (("customer group", "group"), ("stage", "stage")):
        if column in members:
            yield name, members[column].reindex(units).fillna("unknown").astype(str)
    spent = _spent(workspace, as_of).reindex(units)
    if spent["revenue"].nunique() >= 3:
        yield "customer value", _thirds(spent["revenue"].fillna(0.0))
    if spent["region"].nunique() > 1:
        yield "region", spent["region"].fillna("unknown").astype(str)


def _spent(workspace: Workspace, as_of: date) -> pd.DataFrame:
    """Revenue of the year before, and the region of most order lines, by customer_id."""
    query = (
        "SELECT customer_id, sum(revenue) AS revenue, mode(region) AS region FROM orders"
        " WHERE customer_id IS NOT NULL AND day >= $first AND day < $stop GROUP BY 1"
    )
    with query_engine.on_tables(workspace) as connection:
        found: pd.DataFrame = connection.execute(query, {"first": as_of - _YEAR, "stop": as_of}).df()
    return found.set_index("customer_id")
