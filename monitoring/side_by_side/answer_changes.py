"""Whose answer changes as one version takes the place of another: tiers, lists, forecasts of the same units."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from models.slice_figure import Told

MOST_SERIES = 20
FEWEST_TOLD = 5
"""Of fewer customers it is not told how many of them left."""


@dataclass(frozen=True)
class TierMove:
    """The customers who are in tier `b` by version b and in tier `a` by version a.

    `share` is of all of them; `left` the share of these who left, not told of a handful.
    """

    b: int
    a: int
    customers: int
    share: Told
    left: float | None

    @property
    def direction(self) -> int:
        """1 up to a higher tier by version a, -1 down, 0 where they agree."""
        return (self.a > self.b) - (self.a < self.b)


@dataclass(frozen=True)
class SharedPlaces:
    """So many lists have `products` of their first ten in common."""

    products: int
    lists: int
    share: Told


@dataclass(frozen=True)
class SeriesForecast:
    """A series' units over the window: as version a and b forecast them, and as they were sold."""

    series_id: str
    a: Told
    b: Told
    sold: Told


@dataclass(frozen=True)
class AnswerChanges:
    """What changes, by what the kind answers; empty where it answers something else."""

    tiers: tuple[TierMove, ...] = ()
    places: tuple[SharedPlaces, ...] = ()
    series: tuple[SeriesForecast, ...] = ()

    @property
    def customers(self) -> int:
        """Who has a tier."""
        return sum(move.customers for move in self.tiers)

    @property
    def up(self) -> int:
        """How many move to a higher tier by version a."""
        return sum(move.customers for move in self.tiers if move.direction > 0)

    @property
    def down(self) -> int:
        """How many move to a lower one."""
        return sum(move.customers for move in self.tiers if move.direction < 0)

    @property
    def shared(self) -> float:
        """The mean number of products that two lists of ten have in common."""
        lists = sum(each.lists for each in self.places)
        return sum(each.products * each.lists for each in self.places) / lists if lists else float("nan")


def of_tiers(a: pd.DataFrame, b: pd.DataFrame, tiers: int) -> AnswerChanges:
    """Every pair of the tiers 0 to `tiers` - 1; the frames have risk_tier and churned, by the same customers."""
    both = pd.DataFrame({"a": a["risk_tier"], "b": b["risk_tier"], "left": a["churned"]}).astype(int)
    found = both.groupby(["b", "a"])["left"].agg(["size", "mean"])
    sizes, left = found["size"].to_dict(), found["mean"].to_dict()
    moves = [_move(sizes.get(pair, 0), left.get(pair), pair, len(both)) for pair in np.ndindex(tiers, tiers)]
    return AnswerChanges(tiers=tuple(moves))


def of_lists(a: Sequence[Sequence[int]], b: Sequence[Sequence[int]], longest: int) -> AnswerChanges:
    """How much of each pair of lists (product codes of the same customers) is the same, whatever the places."""
    common = Counter(len(set(one) & set(two)) for one, two in zip(a, b, strict=True))
    total = max(sum(common.values()), 1)
    shared = (SharedPlaces(n, common[n], common[n] / total) for n in range(longest, -1, -1))
    return AnswerChanges(places=tuple(shared) if common else ())


def of_series(a: pd.DataFrame, b: pd.DataFrame) -> AnswerChanges:
    """The series whose totals differ most, in units; the frames have error (forecast less sold) and sold."""
    sold = a["sold"].to_numpy(float)
    ours, theirs = sold + a["error"].to_numpy(float), sold + b["error"].to_numpy(float)
    order = np.argsort(-np.abs(ours - theirs), kind="stable")[:MOST_SERIES]
    shown = [(str(a.index[i]), float(ours[i]), float(theirs[i]), float(sold[i])) for i in order]
    return AnswerChanges(series=tuple(SeriesForecast(*each) for each in shown if each[1] != each[2]))


def _move(customers: int, left: float | None, pair: tuple[int, ...], total: int) -> TierMove:
    told = float(left) if left is not None and customers >= FEWEST_TOLD else None
    return TierMove(pair[0], pair[1], int(customers), customers / max(total, 1), told)
