"""All that came of the bench of churn on a shop: who is ahead, and whether the training's promises were kept."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from models.intervals import Resampled
from models.kinds import kind
from pipelines.bench.churn.contest import ShopContest
from pipelines.bench.contests.standings import SERVED, Standing, Yardstick, served_of

METRICS = ("roc_auc", "log_loss", "ece", "brier")
"""The metrics shown, in order."""
KEPT_WITHIN = 0.015
"""A promise of ROC-AUC is kept where what came is no further away than this."""


@cache
def yardstick() -> Yardstick:
    """The metrics shown, as the product computes them."""
    found = {metric: kind("churn").statistics[metric] for metric in METRICS}
    shown = {metric: statistic for metric, statistic in found.items() if isinstance(statistic, Resampled)}
    return Yardstick(shown, {"roc_auc": True, "log_loss": False}, "log_loss")


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
        return served_of(self.standings)

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
    measured = yardstick()
    served = [window.entries[SERVED].frame for window in found.windows]
    return ShopStandings(
        found.shop,
        tuple(str(window.as_of) for window in found.windows),
        round(float(np.mean([len(frame) for frame in served]))),
        float(np.mean([frame["churned"].mean() for frame in served])),
        measured.stand([window.entries for window in found.windows], seed),
        tuple(
            KeptPromise(str(window.as_of), metric, window.promised[metric], float(measured.statistics[metric](frame)))
            for window, frame in zip(found.windows, served, strict=True)
            for metric in METRICS
            if metric in window.promised
        ),
    )
