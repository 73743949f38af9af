"""Who is ahead: each candidate's metrics over the dates of a shop, and the product's difference to each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from models.intervals import Interval, Resampled, over_windows
from models.kinds import kind
from pipelines.bench.churn.contest import SERVED, ShopContest

HIGHER_IS_BETTER = {"roc_auc": True, "log_loss": False, "ece": False, "brier": False}
"""The metrics shown, in order."""
COMPARED = ("roc_auc", "log_loss")
"""The metrics on which the product's difference to each peer is shown, and everybody is ranked."""
KEPT_WITHIN = 0.015
"""A promise of ROC-AUC is kept where what came is no further away than this."""


@dataclass(frozen=True)
class Standing:
    """A candidate on a shop: the mean of each metric over its dates, its rank on those compared, seconds per date.

    `ahead` is the product's difference to it, paired by customer.
    """

    name: str
    metrics: Mapping[str, Interval]
    ranks: Mapping[str, int]
    seconds: float
    ahead: Mapping[str, Interval]

    def loses(self) -> list[str]:
        """The metrics on which the product is behind this candidate with its whole interval."""
        return [metric for metric, interval in self.ahead.items() if interval.wholly_worse(HIGHER_IS_BETTER[metric])]

    def as_dict(self) -> dict[str, Any]:
        """For machines."""
        return {
            "name": self.name,
            "metrics": {metric: interval.as_dict() for metric, interval in self.metrics.items()},
            "ranks": dict(self.ranks),
            "seconds": round(self.seconds, 1),
            "served_less_this": {metric: interval.as_dict() for metric, interval in self.ahead.items()},
        }


@dataclass(frozen=True)
class KeptPromise:
    """What a training said of a metric beforehand, and what came."""

    as_of: str
    metric: str
    promised: float
    came: float

    @property
    def gap(self) -> float:
        """How far off it was."""
        return abs(self.came - self.promised)

    def as_dict(self) -> dict[str, Any]:
        """For machines."""
        return {"as_of": self.as_of, "metric": self.metric, "promised": self.promised, "came": self.came}


@dataclass(frozen=True)
class ShopStandings:
    """All of a shop, the best by log loss first."""

    shop: str
    dates: tuple[str, ...]
    customers: int
    rate: float
    standings: tuple[Standing, ...]
    promises: tuple[KeptPromise, ...]

    def served(self) -> Standing:
        """The product's own."""
        return next(each for each in self.standings if each.name == SERVED)

    def broken(self) -> list[KeptPromise]:
        """The promises of ROC-AUC that were not kept."""
        return [each for each in self.promises if each.metric == "roc_auc" and each.gap > KEPT_WITHIN]

    def as_dict(self) -> dict[str, Any]:
        """For machines."""
        return {
            "shop": self.shop,
            "as_of": list(self.dates),
            "customers": self.customers,
            "rate": self.rate,
            "candidates": [each.as_dict() for each in self.standings],
            "promises": [each.as_dict() for each in self.promises],
        }


def stand(found: ShopContest, seed: int) -> ShopStandings:
    """Measure every candidate of a shop."""
    statistics = _statistics()
    everywhere = [name for name in found.windows[0].entries if all(name in each.entries for each in found.windows)]
    frames = {name: [window.entries[name].frame for window in found.windows] for name in everywhere}
    values = {
        name: {metric: over_windows(each, statistics[metric], seed=seed) for metric in HIGHER_IS_BETTER}
        for name, each in frames.items()
    }
    ranks = {metric: _ranks({name: each[metric].value for name, each in values.items()}, metric) for metric in COMPARED}
    standings = [
        Standing(
            name,
            values[name],
            {metric: ranks[metric][name] for metric in COMPARED},
            float(np.mean([window.entries[name].seconds for window in found.windows])),
            {}
            if name == SERVED
            else {
                metric: over_windows(frames[SERVED], statistics[metric], seed=seed, less=frames[name])
                for metric in COMPARED
            },
        )
        for name in frames
    ]
    served = frames[SERVED]
    return ShopStandings(
        found.shop,
        tuple(str(window.as_of) for window in found.windows),
        round(float(np.mean([len(frame) for frame in served]))),
        float(np.mean([frame["churned"].mean() for frame in served])),
        tuple(sorted(standings, key=lambda each: each.metrics["log_loss"].value)),
        tuple(
            KeptPromise(str(window.as_of), metric, window.promised[metric], float(statistics[metric](frame)))
            for window, frame in zip(found.windows, served, strict=True)
            for metric in HIGHER_IS_BETTER
            if metric in window.promised
        ),
    )


def means(shops: Sequence[ShopStandings]) -> list[tuple[str, dict[str, float], dict[str, float], float]]:
    """Of each candidate that every shop has: the mean of its metrics, of its ranks, and of its seconds."""
    by_shop = [{each.name: each for each in shop.standings} for shop in shops]
    common = [name for name in by_shop[0] if all(name in each for each in by_shop)]
    rows = [
        (
            name,
            {metric: _mean(each[name].metrics[metric].value for each in by_shop) for metric in HIGHER_IS_BETTER},
            {metric: _mean(each[name].ranks[metric] for each in by_shop) for metric in COMPARED},
            _mean(each[name].seconds for each in by_shop),
        )
        for name in common
    ]
    return sorted(rows, key=lambda row: row[1]["log_loss"])


def _statistics() -> dict[str, Resampled]:
    """The metrics shown, as the product computes them."""
    found = {metric: kind("churn").statistics[metric] for metric in HIGHER_IS_BETTER}
    return {metric: statistic for metric, statistic in found.items() if isinstance(statistic, Resampled)}


def _ranks(values: Mapping[str, float], metric: str) -> dict[str, int]:
    sign = -1 if HIGHER_IS_BETTER[metric] else 1
    ordered = sorted(values, key=lambda name: sign * round(values[name], 6))
    return {name: place for place, name in enumerate(ordered, 1)}


def _mean(values: Any) -> float:
    return float(np.mean(list(values)))
