"""LightGBM in mlforecast: all series at once, each step from the steps before it.

Quantiles are split-conformal, per series, from the library's cross-validation on the two windows before. Its own
intervals take the quantiles of each step by itself, of as many errors as there are windows: they were far too narrow.
"""

from __future__ import annotations

import pandas as pd

from pipelines.bench.demand.demand_task import DemandTask
from pipelines.bench.demand.said import Said
from pipelines.bench.demand.series_peers.long_frames import by_series, day_frame, frequency, long_frame

_MODEL = "lightgbm"
_TREES = {"n_estimators": 300, "learning_rate": 0.05, "num_leaves": 31, "min_child_samples": 30, "max_bin": 127}
_FRACTIONS = {"subsample": 0.7, "subsample_freq": 1, "colsample_bytree": 0.7}
_WINDOWS = 2


def mlforecast(task: DemandTask) -> Said:
    """Lags of 1, 7, 14 and 28 days, means of 7 and 28, the calendar; each series scaled by its own spread."""
    import lightgbm as lgb
    from mlforecast import MLForecast
    from mlforecast.lag_transforms import RollingMean
    from mlforecast.target_transforms import LocalStandardScaler

    week, month = task.season, 28 // task.days
    # Its threads spin while they wait: on a machine that others use, two are far slower than one.
    booster = lgb.LGBMRegressor(**_TREES, **_FRACTIONS, random_state=task.seed, n_jobs=1, verbosity=-1)
    library = MLForecast(
        models={_MODEL: booster},
        freq=frequency(task),
        lags=sorted({1, week, 2 * week, month}),
        lag_transforms={1: [RollingMean(max(week, 2), min_samples=1), RollingMean(month, min_samples=1)]},
        date_features=["dayofweek", "day"] if task.days == 1 else ["day"],
        target_transforms=[LocalStandardScaler()],
    )
    known = long_frame(task, _WINDOWS * task.horizon + month + week)
    known = known.merge(day_frame(task, -task.periods, task.periods), on="ds")
    tried = library.cross_validation(known, n_windows=_WINDOWS, h=task.horizon, static_features=[])
    told = library.fit(known, static_features=[]).predict(task.horizon, X_df=_ahead(task))
    missed = by_series(tried.assign(missed=tried["y"] - tried[_MODEL]), "missed", task)
    return Said.around(by_series(told, _MODEL, task), missed)


def _ahead(task: DemandTask) -> pd.DataFrame:
    days = day_frame(task, 0, task.horizon)
    series = pd.DataFrame({"unique_id": range(len(task.ids))})
    return series.merge(days, how="cross")
