"""How a forecast did on a window: per series, the sums from which every statistic is computed."""

from __future__ import annotations

import numpy as np
from pandas import DataFrame, Index

from models.arrays import Float64Array
from models.demand.forecast import Forecast
from models.demand.metrics import divided, pinball, scales, seasonal_scale
from models.demand.series import Histories


def score_series(forecast: Forecast, sold: Float64Array, histories: Histories) -> DataFrame:
    """One row per series with the sums every statistic is made of, indexed by series_id.

    A series that sold nothing since its first sale has no scale: its scaled errors are nan and weigh nothing.

    Args:
        forecast: of the series of `histories`, in the same order.
        sold: (S, H), what was sold.
        histories: what was known at the origin.
    """
    error = forecast.mean - sold
    squared, absolute = scales(histories)
    seasonal = seasonal_scale(histories)
    rmsse = np.sqrt(divided((error**2).mean(1), squared))
    loss = divided(pinball(forecast.quantiles, sold).mean(1), absolute)
    weight = np.where(np.isfinite(rmsse), histories.revenue, 0.0)
    inside = (sold >= forecast.quantiles[:, :, 0]) & (sold <= forecast.quantiles[:, :, -1])
    return DataFrame(
        {
            "weight": weight,
            "rmsse": rmsse,
            "weighted_rmsse": weight * np.nan_to_num(rmsse),
            "mase": divided(np.abs(error).mean(1), seasonal),
            "weighted_spl": weight * np.nan_to_num(loss),
            "absolute_error": np.abs(error).sum(1),
            "error": error.sum(1),
            "sold": sold.sum(1),
            "inside": inside.sum(1),
            "periods": np.full(len(sold), sold.shape[1]),
        },
        index=Index(histories.ids, name="series_id"),
    )
