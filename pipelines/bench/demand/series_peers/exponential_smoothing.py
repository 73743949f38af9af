"""AutoETS and AutoTheta of statsforecast: each series for itself, with a week's season and its own intervals."""

from __future__ import annotations

from typing import Any

from pipelines.bench.demand.demand_task import DemandTask
from pipelines.bench.demand.said import Said
from pipelines.bench.demand.series_peers.long_frames import BANDS, frequency, long_frame, said


def auto_ets(task: DemandTask) -> Said:
    """The state space model of exponential smoothing that AICc prefers."""
    from statsforecast.models import AutoETS

    return _forecast(task, AutoETS(season_length=task.season))


def auto_theta(task: DemandTask) -> Said:
    """The theta model that misses least; seasons are added, since sales can be none."""
    from statsforecast.models import AutoTheta

    return _forecast(task, AutoTheta(season_length=task.season, decomposition_type="additive"))


def _forecast(task: DemandTask, model: Any) -> Said:
    from statsforecast import StatsForecast
    from statsforecast.models import SeasonalNaive

    known = long_frame(task, 4 * task.season)
    usual = SeasonalNaive(season_length=task.season)
    library = StatsForecast(models=[model], freq=frequency(task), n_jobs=1, fallback_model=usual)
    return said(library.forecast(df=known, h=task.horizon, level=list(BANDS)), model.alias, task)
