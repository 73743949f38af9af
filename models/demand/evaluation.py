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
    `days_sold` are the days since its first sale, no more than the histories are long.

    Args:
        forecast: of the series of `histories`, in the same order.
        sold: (S, H), what was sold; periods that are nan count for nothing.
        histories: what was known at the origin.
    """
    told = np.isfinite(sold)
    periods = told.sum(1)
    error = np.where(told, forecast.mean - sold, 0.0)
    squared, absolute = scales(histories)
    seasonal = seasonal_scale(histories)
    rmsse = np.sqrt(divided(divided((error**2).sum(1), periods), squared))
    loss = divided(divided(np.where(told, pinball(forecast.quantiles, sold), 0.0).sum(1), periods), absolute)
    weight = np.where(np.isfinite(rmsse), histories.revenue, 0.0)
    inside = (sold >= forecast.quantiles[:, :, 0]) & (sold <= forecast.quantiles[:, :, -1])
    return DataFrame(
        {
            "weight": weight,
            "rmsse": rmsse,
            "weighted_rmsse": weight * np.nan_to_num(rmsse),
            "mase": divided(divided(np.abs(error).sum(1), periods), seasonal),
            "weighted_spl": weight * np.nan_to_num(loss),
            "absolute_error": np.abs(error).sum(1),
            "error": error.sum(1),
            "sold": np.where(told, sold, 0.0).sum(1),
            "inside": inside.sum(1),
            "periods": periods,
            "days_sold": (histories.periods - histories.started) * histories.days,
        },
        index=Index(histories.ids, name="series_id"),
    )
