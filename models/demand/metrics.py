"""How good forecasts are: the M5 competition's measures and plain ones, from one row of sums per series.

RMSSE, WRMSSE and the scaled pinball loss are those of Makridakis, Spiliotis & Assimakopoulos (2022): errors are
divided by the series' own mean change from period to period since its first sale; series weigh by their revenue
in the last 28 days. MASE scales by the change from the same weekday of the week before (Hyndman & Koehler, 2006).
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np

from models.arrays import BoolArray, Float64Array, Int64Array
from models.demand.forecast import LEVELS
from models.demand.series import Histories
from models.intervals import Mean, Ratio, Statistic

STATISTICS: Mapping[str, Statistic] = MappingProxyType(
    {
        "WRMSSE": Ratio("weighted_rmsse", "weight"),
        "RMSSE": Mean("rmsse"),
        "MASE": Mean("mase"),
        "wMAPE": Ratio("absolute_error", "sold"),
        "bias": Ratio("error", "sold"),
        "WSPL": Ratio("weighted_spl", "weight"),
        "coverage 90%": Ratio("inside", "periods"),
    }
)
"""`bias` is the sum of forecast minus sold over what was sold; `coverage 90%` the share between q05 and q95."""

STEADIEST = (0.2, 0.1)
"""The least root mean square and mean absolute change that a scale allows for, as shares of a series' mean sales; in
the Complete Journey no series lies below 0.25 and 0.17."""


def scales(histories: Histories) -> tuple[Float64Array, Float64Array]:
    """Mean squared and mean absolute change from period to period since the first sale (M5's scales), each (S,).

    They are at least those of a series that changes by `STEADIEST` of its mean: one that sells the same every day
    would have none, and weigh nothing or everything.
    """
    change, since = np.diff(histories.units, axis=1), _since(histories, 1)
    count, mean = np.maximum(since.sum(1), 1), _mean(histories)
    squared, absolute = STEADIEST
    return (
        np.maximum((change**2 * since).sum(1) / count, (squared * mean) ** 2),
        np.maximum((np.abs(change) * since).sum(1) / count, absolute * mean),
    )


def seasonal_scale(histories: Histories) -> Float64Array:
    """Mean absolute change from the same weekday of the week before since the first sale (MASE's scale), (S,).

    At least `STEADIEST` of the mean, as `scales`.
    """
    season = 7 // histories.days
    since = _since(histories, season)
    change = np.abs(histories.units[:, season:] - histories.units[:, :-season])
    scale: Float64Array = (change * since).sum(1) / np.maximum(since.sum(1), 1)
    return np.maximum(scale, STEADIEST[1] * _mean(histories))


def pinball(quantiles: Float64Array, sold: Float64Array) -> Float64Array:
    """The pinball loss averaged over the quantiles, (S, H)."""
    levels = np.array(LEVELS)
    error = sold[:, :, None] - quantiles
    loss: Float64Array = np.maximum(levels * error, (levels - 1) * error).mean(2)
    return loss


def divided(value: Float64Array, scale: Float64Array | Int64Array) -> Float64Array:
    """`value` over `scale`, nan where there is no scale."""
    return np.where(scale > 0, value / np.where(scale > 0, scale, 1.0), np.nan)


def _since(histories: Histories, lag: int) -> BoolArray:
    """(S, T - lag): the periods whose predecessor at `lag` lies at or after the first sale."""
    since: BoolArray = np.arange(histories.periods - lag) >= histories.started[:, None]
    return since


def _mean(histories: Histories) -> Float64Array:
    """Mean sales per period since the first sale, (S,)."""
    mean: Float64Array = histories.units.sum(1) / np.maximum(histories.periods - histories.started, 1)
    return mean
