"""A version's ROC-AUC before its outcomes are known, from the probabilities that it gave.

Confidence-based estimation: a customer with probability p is one who leaves with weight p and one who stays with
weight 1 - p, so that every count of a metric has an expectation (Guillory et al., 2021; NannyML's CBPE). For the AUC it
is the weighted Mann-Whitney statistic

    sum over pairs i != j of p_i (1 - p_j) [f_i > f_j, ties half]  /  sum over pairs i != j of p_i (1 - p_j)

with f what the version ranks by. A customer is no pair with himself: leaving that out matters where there are few.

It holds as far as the probabilities are calibrated, so estimates are kept and held against the truth once it is
known. The interval counts what so few customers make of it by chance (outcomes drawn from the probabilities), and how
far the estimates of earlier looks lay from the truth. Recalibrating on the last complete window was tried and left
out: on the Complete Journey its few hundred outcomes added more noise than they took bias away.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import numpy as np
from pandas import DataFrame

from core.settings import Settings
from models.arrays import Float64Array
from models.churn.metrics import roc_auc
from models.intervals import Interval
from models.kinds import Kind
from monitoring.results import Estimate, ModelReport, MonitorReport, ScoredEstimate

METRIC, PROBABILITY = "roc_auc", "churn_probability"
DRAWS = 200
_NORMAL = 1.959964


def expected_auc(ranks: Float64Array, probability: Float64Array) -> float:
    """The expected AUC of ranking by `ranks` where each leaves with its `probability`; NaN where nobody can."""
    order = np.argsort(ranks, kind="stable")
    p, starts = probability[order], np.flatnonzero(np.concatenate([[True], np.diff(ranks[order]) != 0]))
    left, stayed = np.add.reduceat(p, starts), np.add.reduceat(1 - p, starts)
    itself = float((p * (1 - p)).sum())
    below = np.cumsum(stayed) - stayed
    wins = float((left * (below + stayed / 2)).sum()) - itself / 2
    pairs = float(left.sum() * stayed.sum()) - itself
    return wins / pairs if pairs > 0 else math.nan


def estimate(probability: Float64Array, errors: Sequence[float] = (), seed: int = 0) -> Interval:
    """The AUC to come of probabilities of leaving, shape (customers,), with its 95% interval.

    `errors` are estimates of earlier looks less the truth; `seed` is that of the outcomes drawn.
    """
    value = expected_auc(probability, probability)
    drawn = np.random.default_rng(seed).random((DRAWS, len(probability))) < probability
    once = np.ones((1, len(probability)))
    values = [roc_auc(probability, each.astype(float), once)[0] for each in drawn if 0 < each.sum() < len(each)]
    chance = float(np.std(values)) if values else math.nan
    beyond = max(float(np.mean(np.square(errors))) - chance**2, 0.0) if len(errors) else 0.0
    spread = _NORMAL * math.hypot(chance, math.sqrt(beyond))
    return Interval(value, max(value - spread, 0.0), min(value + spread, 1.0))


def ahead(
    kind: Kind[Any], scored: DataFrame, earlier: Sequence[ScoredEstimate], as_of: date, settings: Settings
) -> Estimate | None:
    """The estimate of the window from `as_of`; None for a kind that gives no probabilities, or of nobody."""
    if kind.primary != METRIC or PROBABILITY not in scored or scored.empty:
        return None
    found = estimate(scored[PROBABILITY].to_numpy(float), [each.error for each in earlier], settings.seed)
    until = as_of + timedelta(days=kind.horizon_days(settings))
    return Estimate(METRIC, found.value, found.low, found.high, as_of, until)


def scored_before(history: Sequence[MonitorReport], latest: ModelReport) -> tuple[ScoredEstimate, ...]:
    """The estimates of earlier looks at this version whose windows have passed, beside the truth, the oldest first."""
    runs = [entry for run in history if (entry := run.model(latest.kind)) and entry.version == latest.version]
    truths = {
        entry.performance.as_of: entry.performance.value
        for entry in (*runs, latest)
        if entry.performance and entry.performance.trained_as_of == latest.trained_as_of
    }
    estimates = {entry.estimate.as_of: entry.estimate for entry in runs if entry.estimate}
    return tuple(ScoredEstimate(estimates[day], truths[day]) for day in sorted(estimates) if day in truths)
