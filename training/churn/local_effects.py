"""How the probability of leaving goes with a feature: accumulated local effects (Apley and Zhu, 2020).

Features of a shop go together, so that a partial dependence would ask the model of customers that nobody has seen. Here
each customer is moved to the two ends of the bin of quantiles in which they are, and only there: the mean differences
are added up from bin to bin, and centred so that the mean over the customers is 0.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from scipy.special import expit

from models.arrays import Float32Array, Float64Array
from models.churn.scorer import Scorer

MOST_FEATURES, MOST_ROWS, BINS = 6, 2000, 12
COLUMNS = 3


@dataclass(frozen=True)
class LocalEffect:
    """One feature: its values at the ends of the bins, and how far the probability there is from the mean."""

    feature: str
    values: Float64Array
    effect: Float64Array


def measure(scorer: Scorer, rows: pd.DataFrame, importance: Mapping[str, float], seed: int) -> list[LocalEffect]:
    """Of the features that the model leans on most, on a seeded draw of customers; those that hardly vary are left out.

    Customers without a value of a feature say nothing of it.
    """
    inputs = scorer.about.inputs
    some = rows if len(rows) <= MOST_ROWS else rows.sample(MOST_ROWS, random_state=seed)
    matrix, places = inputs.matrix(some), {name: place for place, name in enumerate(inputs.names)}
    ranked = [name for name in sorted(importance, key=lambda each: -importance[each]) if name in places]
    return [effect for name in ranked[:MOST_FEATURES] if (effect := _of(scorer, matrix, name, places[name]))]


def _of(scorer: Scorer, matrix: Float32Array, name: str, place: int) -> LocalEffect | None:
    known = matrix[np.isfinite(matrix[:, place])]
    if not len(known):
        return None
    ends = np.unique(np.quantile(known[:, place], np.linspace(0, 1, BINS + 1), method="lower"))
    if len(ends) < 2:
        return None
    of_bin = np.clip(np.searchsorted(ends, known[:, place], side="left"), 1, len(ends) - 1)
    low, high = known.copy(), known.copy()
    low[:, place], high[:, place] = ends[of_bin - 1], ends[of_bin]
    moved = expit(scorer.margins(high)) - expit(scorer.margins(low))
    count = np.bincount(of_bin, minlength=len(ends))[1:]
    step = np.bincount(of_bin, weights=moved, minlength=len(ends))[1:] / np.maximum(count, 1)
    effect = np.concatenate([[0.0], np.cumsum(step)])
    middle = (effect[1:] + effect[:-1]) / 2
    return LocalEffect(name, ends.astype(float), effect - float((middle * count).sum() / count.sum()))


def draw(effects: list[LocalEffect]) -> Figure:
    """A small picture each, on one scale."""
    rows = -(-len(effects) // COLUMNS)
    figure = Figure(figsize=(4 * COLUMNS, 3 * max(rows, 1)), layout="constrained")
    every = figure.subplots(max(rows, 1), COLUMNS, squeeze=False, sharey=True).ravel()
    for axes, each in zip(every, effects, strict=False):
        axes.plot(each.values, each.effect, marker=".")
        axes.axhline(0, color="grey", linewidth=1)
        axes.set(xlabel=each.feature)
    for axes in every[len(effects) :]:
        axes.set_axis_off()
    figure.suptitle("How the probability of leaving goes with a feature (accumulated local effects)")
    return figure


def as_csv(effects: list[LocalEffect]) -> str:
    """feature, value, effect"""
    parts = [pd.DataFrame({"feature": e.feature, "value": e.values, "effect": e.effect}) for e in effects]
    none = pd.DataFrame(columns=["feature", "value", "effect"])
    return (pd.concat(parts, ignore_index=True) if parts else none).to_csv(index=False)
