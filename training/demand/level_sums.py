"""Levels in a training: refused where they are no grouping, their series' correlation measured, their sums judged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from core.workspace import Workspace
from models.arrays import Float64Array
from models.demand.adjustments import Adjustments
from models.demand.forecast import Forecast
from models.demand.levels.level_outlook import left_out, level_name, level_outlook
from models.demand.levels.series_groups import NONE, series_groups
from models.demand.levels.sums import measured
from training.demand.forecast_windows import ForecastWindow


def refuse_no_groupings(workspace: Workspace, ids: Sequence[str]) -> None:
    """Refuse levels of the settings that are no grouping of the series, before anything is fitted.

    Raises:
        UsageError, DataError: one is not; says what to put into `demand.series`.
    """
    for level in workspace.settings.demand.levels:
        series_groups(workspace, level, ids)


def correlations(workspace: Workspace, windows: Sequence[ForecastWindow], found: Adjustments) -> dict[str, float]:
    """That of two series on a day, per level, from past windows."""
    levels = workspace.settings.demand.levels
    forecasts = [window.forecast(found) for window in windows] if levels else []
    return {
        level_name(level): measured(
            [
                (forecast, window.sold[window.known], series_groups(workspace, level, forecast.ids))
                for forecast, window in zip(forecasts, windows, strict=True)
            ]
        )
        for level in levels
    }


def judged(
    workspace: Workspace, forecast: Forecast, sold: Float64Array, told: Mapping[str, float]
) -> list[dict[str, Any]]:
    """How the sums of each level did on the window that the evaluation model was judged on."""
    return [_judged(workspace, level, forecast, sold, told) for level in workspace.settings.demand.levels]


def _judged(
    workspace: Workspace, level: Sequence[str], forecast: Forecast, sold: Float64Array, told: Mapping[str, float]
) -> dict[str, Any]:
    of_level = level_outlook(workspace, level, forecast, told)
    of, ahead = of_level.groups.of, of_level.forecast
    truth, known = np.zeros(ahead.mean.shape), np.ones(ahead.mean.shape, dtype=bool)
    there = of != NONE
    np.add.at(truth, of[there], np.nan_to_num(sold[there]))
    np.logical_and.at(known, of[there], np.isfinite(sold[there]))
    inside = (truth >= ahead.quantiles[..., 0]) & (truth <= ahead.quantiles[..., -1])
    units = float(truth[known].sum()) or 1.0
    return {
        "level": level_name(level),
        "groups": len(ahead.ids),
        "left_out": left_out(of_level.groups),
        "coverage 90%": float(inside[known].mean()) if known.any() else None,
        "wMAPE": float(np.abs(ahead.mean - truth)[known].sum() / units),
        "bias": float((ahead.mean - truth)[known].sum() / units),
        "correlation": told.get(level_name(level)),
    }


def notes(levels: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    """What the card says of each level."""
    return tuple(
        f"Level {each['level']}: {each['groups']:,} groups that add up to the series; on the last window their sums lay"
        f" between q05 and q95 in {each['coverage 90%'] or 0:.1%} of periods, wMAPE {each['wMAPE']:.3f},"
        f" bias {each['bias']:+.3f}." + (f" {each['left_out']:,} series are in no group." if each["left_out"] else "")
        for each in levels
    )
