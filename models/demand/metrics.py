"""How good forecasts are: the M5 competition's measures and plain ones, from one row of sums per series.

RMSSE, WRMSSE and the scaled pinball loss are those of Makridakis, Spiliotis & Assimakopoulos (2022): errors are
divided by the series' own mean change from period to period since its first sale; series weigh by their revenue
in the last 28 days. MASE scales by the change from the same weekday of the week before (Hyndman & Koehler, 2006).
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np
from pandas import DataFrame, Index

from models.demand.examples import scales
from models.demand.forecast import LEVELS, Forecast
from models.demand.series import Floats, Histories
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


def scores(forecast: Forecast, sold: Floats, histories: Histories) -> DataFrame:
    """One row per series with the sums every statistic is made of, indexed by series_id.

    A series whose sales never changed before the origin has no scale: its scaled errors are nan and weigh nothing.

    Args:
        forecast: of the series of `histories`, in the same order.
        sold: (S, H), what was sold.
        histories: what was known at the origin.
    """
    error = forecast.mean - sold
    squared, absolute = scales(histories)
    seasonal = _seasonal_scale(histories)
    rmsse = np.sqrt(_over((error**2).mean(1), squared))
    loss = _over(pinball(forecast.quantiles, sold).mean(1), absolute)
    weight = np.where(np.isfinite(rmsse), histories.revenue, 0.0)
    inside = (sold >= forecast.quantiles[:, :, 0]) & (sold <= forecast.quantiles[:, :, -1])
    return DataFrame(
        {
            "weight": weight,
            "rmsse": rmsse,
            "weighted_rmsse": weight * np.nan_to_num(rmsse),
            "mase": _over(np.abs(error).mean(1), seasonal),
            "weighted_spl": weight * np.nan_to_num(loss),
            "absolute_error": np.abs(error).sum(1),
            "error": error.sum(1),
            "sold": sold.sum(1),
            "inside": inside.sum(1),
            "periods": np.full(len(sold), sold.shape[1]),
        },
        index=Index(histories.ids, name="series_id"),
    )


def pinball(quantiles: Floats, sold: Floats) -> Floats:
    """The pinball loss averaged over the quantiles, (S, H)."""
    levels = np.array(LEVELS)
    error = sold[:, :, None] - quantiles
    loss: Floats = np.maximum(levels * error, (levels - 1) * error).mean(2)
    return loss


def _seasonal_scale(histories: Histories) -> Floats:
    season = 7 // histories.days
    change = np.abs(histories.units[:, season:] - histories.units[:, :-season])
    since = np.arange(change.shape[1]) >= histories.started[:, None]
    scale: Floats = (change * since).sum(1) / np.maximum(since.sum(1), 1)
    return scale


def _over(value: Floats, scale: Floats) -> Floats:
    return np.where(scale > 0, value / np.where(scale > 0, scale, 1.0), np.nan)
