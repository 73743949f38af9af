"""What the last window says of a model beside its baselines: the same for every kind."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pandas import DataFrame

from models.intervals import Interval, bootstrap_all, paired
from models.kinds import Scoring


@dataclass(frozen=True)
class Evaluation:
    """Every metric of the model and of each baseline; `paired`: the model less each baseline, on the primary metric."""

    metrics: Mapping[str, Interval]
    baselines: Mapping[str, Mapping[str, Interval]]
    best_baseline: str
    paired: Mapping[str, Interval]
    sides: tuple[DataFrame, DataFrame] | None = None
    """The rows of the model and of the best baseline, from which slices are made; never logged."""


def evaluate(kind: Scoring, model: DataFrame, baselines: Mapping[str, DataFrame], seed: int) -> Evaluation:
    """Evaluate from one frame each (a row per unit, as `Kind.evaluate` gives it), all of the same window."""
    judged = {name: bootstrap_all(frame, kind.statistics, seed=seed) for name, frame in baselines.items()}
    choose = max if kind.higher_is_better else min
    best = choose(judged, key=lambda name: judged[name][kind.primary].value)
    metrics = bootstrap_all(model, kind.statistics, seed=seed)
    between = differences(kind, model, baselines, kind.primary, seed)
    return Evaluation(metrics, judged, best, between, (model, baselines[best]))


def differences(
    kind: Scoring, model: DataFrame, baselines: Mapping[str, DataFrame], statistic: str, seed: int
) -> dict[str, Interval]:
    """The model less each baseline on a statistic, paired unit by unit."""
    chosen = kind.statistics[statistic]
    return {name: paired(model, frame, chosen, seed=seed) for name, frame in baselines.items()}
