"""The primary metric on a window beside the floor: the version's best baseline on the same days, paired by unit.

A floor that was fixed at training would fall and rise with the season: what is hard this month is hard for a baseline
as well, and pairing lets it cancel out.
"""

from __future__ import annotations

from typing import Any, Final

from pandas import DataFrame
from scipy.stats import norm

from core.workspace import Workspace
from models.intervals import Interval, bootstrap_all, finite, paired
from models.kinds import Kind
from models.slices import slices
from models.version import Version
from monitoring.leaving import looking
from monitoring.performance.complete_window import CompleteWindow
from monitoring.results import CalibrationFigure, Performance, Rival

FEWEST = 30
"""Fewer units, or fewer of one of two outcomes, are too few to judge a metric by."""
CALIBRATION: Final = ("brier", "ece", "coverage 90%")
"""Metrics watched beside the primary one, of a kind that has them: whether probabilities and intervals still hold."""
_WIDTH = 2 * 1.959964


def measure(
    workspace: Workspace, kind: Kind[Any], version: Version, window: CompleteWindow, *, sliced: bool = True
) -> Performance:
    """The primary metric on the window with its interval, its floor there, how well it is calibrated, and the slices
    where it falls short, who left beside who was expected to (these three where `sliced`).

    Raises:
        DataError: nobody can be scored as of the window's start, or it is not over.
    """
    frame = kind.evaluate(workspace, window.model, window.as_of)
    statistic, seed = kind.statistics[kind.primary], workspace.settings.seed
    beside = [name for name in CALIBRATION if sliced and name in kind.statistics]
    every = bootstrap_all(frame, {name: kind.statistics[name] for name in (kind.primary, *beside)}, seed=seed)
    found = every[kind.primary]
    of_evaluation = window.as_of == version.evaluated_from
    theirs = None if of_evaluation else _floor_frame(workspace, kind, version, window)
    if theirs is None:
        rival = _at_training(kind, version)
    else:
        difference = paired(frame, theirs, statistic, seed=seed)
        rival = _rival(version.best_baseline, float(statistic(theirs)), difference, kind.higher_is_better)
    expected = version.promised.get(kind.primary) or version.metrics.get(kind.primary)
    return Performance(
        metric=kind.primary,
        higher_is_better=kind.higher_is_better,
        value=found.value,
        low=found.low,
        high=found.high,
        floor=finite(rival.value) if rival else None,
        floor_name=version.best_baseline,
        as_of=window.as_of,
        until=window.until,
        units=len(frame),
        trained_as_of=window.model.trained_as_of,
        of_evaluation=of_evaluation,
        rivals=(rival,) if rival else (),
        expected=expected.value if expected else None,
        expected_low=finite(expected.low) if expected else None,
        expected_high=finite(expected.high) if expected else None,
        more_needed=_more_needed(frame),
        slices=slices(workspace, kind, window.as_of, frame, theirs) if theirs is not None and sliced else (),
        left=looking.left(workspace, frame, window.as_of) if sliced else None,
        calibration=tuple(_calibration(version, name, every[name]) for name in beside),
    )


def _calibration(version: Version, name: str, found: Interval) -> CalibrationFigure:
    at_training = version.metrics.get(name)
    expected = finite(at_training.value) if at_training else None
    return CalibrationFigure(name, found.value, found.low, found.high, expected)


def _floor_frame(workspace: Workspace, kind: Kind[Any], version: Version, window: CompleteWindow) -> DataFrame | None:
    """The best baseline on the window: the one kept with the version, else fitted on what the model was."""
    if window.baseline is not None and window.baseline.is_dir():
        baseline = kind.load(window.baseline)
    else:
        baseline = kind.baselines(workspace, window.model.trained_as_of).get(version.best_baseline)
    return None if baseline is None else kind.evaluate(workspace, baseline, window.as_of)


def _at_training(kind: Kind[Any], version: Version) -> Rival | None:
    """What training found on its evaluation window, which is this one: the same days, the same pairing."""
    difference = version.paired.get(version.best_baseline)
    value = version.baselines.get(version.best_baseline, {}).get(kind.primary)
    if difference is None or value is None:
        return None
    return _rival(version.best_baseline, value.value, difference, kind.higher_is_better)


def _rival(name: str, value: float, difference: Interval, higher_is_better: bool) -> Rival:
    """With the one-sided p-value of the normal distribution as wide as the interval."""
    error = (difference.high - difference.low) / _WIDTH
    distance = difference.value if higher_is_better else -difference.value
    p = float(norm.cdf(distance / error)) if error > 0 else float(distance >= 0)
    return Rival(name, value, difference.value, difference.low, difference.high, p)


def _more_needed(frame: DataFrame) -> int:
    """How many units are missing, or outcomes of the rarer kind where there are two."""
    counts = [len(frame)]
    if "churned" in frame:
        left = int(frame["churned"].sum())
        counts += [left, len(frame) - left]
    return max(FEWEST - min(counts), 0)
