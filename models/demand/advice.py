"""What a planner is told beside the forecast: what surges, what a person has to look at."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from core.settings import Rules
from models.arrays import BoolArray, Float64Array
from models.demand.forecast import LEVELS, Forecast
from models.demand.series import Histories
from models.demand.surges import surge_chances, surges

_WIDTH = NormalDist().inv_cdf(LEVELS[-1]) - NormalDist().inv_cdf(LEVELS[0])
"""Standard deviations between q05 and q95 of a normal distribution."""


@dataclass(frozen=True)
class Advice:
    """Per series: whether it surges, whether a person has to look, and the chance of such a week if nothing changed."""

    surge: BoolArray
    needs_review: BoolArray
    surge_chance: Float64Array
    """nan where nothing tells."""


def advise(forecast: Forecast, histories: Histories, rules: Rules) -> Advice:
    """The advice on each series of a forecast over the horizon."""
    needs_review = (forecast.mean.sum(1) > rules.review_units) | histories.high_risk
    return Advice(surges(histories, rules), needs_review, surge_chances(histories))


def measure_dispersion(forecast: Forecast, sold: Float64Array) -> float:
    """How many times the deviation of a series' total exceeds that of independent periods, from a past window.

    At least 1; at most what fully dependent periods have, the root of their number.
    """
    told = np.isfinite(sold)
    width = np.where(told, forecast.quantiles[:, :, -1] - forecast.quantiles[:, :, 0], 0.0)
    variance = ((width / _WIDTH) ** 2).sum(1)
    usable = variance > 0
    if not usable.any():
        return 1.0
    square = np.where(told, sold - forecast.mean, 0.0).sum(1)[usable] ** 2 / variance[usable]
    return float(np.clip(np.sqrt(np.median(square) / _CHI_SQUARE_MEDIAN), 1.0, np.sqrt(sold.shape[1])))


_CHI_SQUARE_MEDIAN = NormalDist().inv_cdf(0.75) ** 2
"""The median of the square of a standard normal number: a few series with a shock do not decide."""
