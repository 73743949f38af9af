"""How good forecasts are: the M5 competition's measures and plain ones, from one row of sums per series.

RMSSE, WRMSSE and the scaled pinball loss are those of Makridakis, Spiliotis & Assimakopoulos (2022): errors are
divided by the series' own mean change from period to period since its first sale; series weigh by their revenue
in the last 28 days. MASE scales by the change from the same weekday of the week before (Hyndman & Koehler, 2006).
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np

from models.arrays import Float64Array
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


def scales(histories: Histories) -> tuple[Float64Array, Float64Array]:
    """Mean squared and mean absolute change from period to period since the first sale (M5's scales), each (S,)."""
    change = np.diff(histories.units, axis=1)
    since = np.arange(histories.periods - 1) >= histories.started[:, None]
    count = np.maximum(since.sum(1), 1)
    return (change**2 * since).sum(1) / count, (np.abs(change) * since).sum(1) / count


def pinball(quantiles: Float64Array, sold: Float64Array) -> Float64Array:
    """The pinball loss averaged over the quantiles, (S, H)."""
    levels = np.array(LEVELS)
    error = sold[:, :, None] - quantiles
    loss: Float64Array = np.maximum(levels * error, (levels - 1) * error).mean(2)
    return loss


def seasonal_scale(histories: Histories) -> Float64Array:
    """Mean absolute change from the same weekday of the week before since the first sale (MASE's scale), (S,)."""
    season = 7 // histories.days
    change = np.abs(histories.units[:, season:] - histories.units[:, :-season])
    since = np.arange(change.shape[1]) >= histories.started[:, None]
    scale: Float64Array = (change * since).sum(1) / np.maximum(since.sum(1), 1)
    return scale


def divided(value: Float64Array, scale: Float64Array) -> Float64Array:
    """`value` over `scale`, nan where there is no scale."""
    return np.where(scale > 0, value / np.where(scale > 0, scale, 1.0), np.nan)
