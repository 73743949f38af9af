"""How an answer goes with an input: accumulated local effects (Apley and Zhu, 2020).

Features of a shop go together, so that a partial dependence would ask the model of customers that nobody has seen. Here
each row is moved to the two ends of the bin of quantiles in which it is, and only there: the mean differences are added
up from bin to bin, and centred so that the mean over the rows is 0.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from models.arrays import Float32Array, Float64Array, Int64Array

MOST_FEATURES, MOST_ROWS, BINS = 6, 2000, 12
COLUMNS = 3
PICTURE, TABLE = "local_effects.png", "local_effects.csv"
Answer = Callable[[Float32Array], Float64Array]
"""What the model says of each row of a matrix."""


@dataclass(frozen=True)
class LocalEffect:
    """One feature: its values at the ends of the bins, and how far the answer there is from the mean."""

    feature: str
    values: Float64Array
    effect: Float64Array


def drawn(rows: int, seed: int) -> Int64Array:
    """Which of so many rows are moved: all, or MOST_ROWS drawn by a seed, in their order."""
    if rows <= MOST_ROWS:
        return np.arange(rows)
    return np.sort(np.random.default_rng(seed).choice(rows, MOST_ROWS, replace=False))


def leading(importance: Mapping[str, float], most: int = MOST_FEATURES) -> list[str]:
    """The features that a model leans on most."""
    return sorted(importance, key=lambda each: -importance[each])[:most]


def measure(answer: Answer, matrix: Float32Array, names: Sequence[str], wanted: Sequence[str]) -> list[LocalEffect]:
    """Of the features wanted, in that order; those that hardly vary are left out.

    Rows without a value of a feature say nothing of it.

    Args:
        answer: the model.
        matrix: the rows that are moved, (N, features).
        names: of the features of the matrix.
        wanted: some of them.
    """
    places = {name: place for place, name in enumerate(names)}
    return [effect for name in wanted if (effect := _of(answer, matrix, name, places[name]))]


def _of(answer: Answer, matrix: Float32Array, name: str, place: int) -> LocalEffect | None:
    known = matrix[np.isfinite(matrix[:, place])]
    if not len(known):
        return None
    ends = np.unique(np.quantile(known[:, place], np.linspace(0, 1, BINS + 1), method="lower"))
    if len(ends) < 2:
        return None
    of_bin = np.clip(np.searchsorted(ends, known[:, place], side="left"), 1, len(ends) - 1)
    low, high = known.copy(), known.copy()
    low[:, place], high[:, place] = ends[of_bin - 1], ends[of_bin]
    moved = answer(high) - answer(low)
    count = np.bincount(of_bin, minlength=len(ends))[1:]
    step = np.bincount(of_bin, weights=moved, minlength=len(ends))[1:] / np.maximum(count, 1)
    effect = np.concatenate([[0.0], np.cumsum(step)])
    middle = (effect[1:] + effect[:-1]) / 2
    return LocalEffect(name, ends.astype(float), effect - float((middle * count).sum() / count.sum()))


def draw(effects: Sequence[LocalEffect], of: str) -> Figure:
    """A small picture each, on one scale; `of` is what the model answers, in words."""
    rows = -(-len(effects) // COLUMNS)
    figure = Figure(figsize=(4 * COLUMNS, 3 * max(rows, 1)), layout="constrained")
    every = figure.subplots(max(rows, 1), COLUMNS, squeeze=False, sharey=True).ravel()
    for axes, each in zip(every, effects, strict=False):
        axes.plot(each.values, each.effect, marker=".")
        axes.axhline(0, color="grey", linewidth=1)
        axes.set(xlabel=each.feature)
    for axes in every[len(effects) :]:
        axes.set_axis_off()
    figure.suptitle(f"How {of} goes with a feature (accumulated local effects, less the mean)")
    return figure


def as_csv(effects: Sequence[LocalEffect]) -> str:
    """feature, value, effect"""
    parts = [pd.DataFrame({"feature": e.feature, "value": e.values, "effect": e.effect}) for e in effects]
    none = pd.DataFrame(columns=["feature", "value", "effect"])
    return (pd.concat(parts, ignore_index=True) if parts else none).to_csv(index=False)
