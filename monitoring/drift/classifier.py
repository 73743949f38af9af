"""The joint distribution: does a classifier tell the rows of now from those of a week ago, margins aside?

Every column is replaced by its rank among the rows of its own day, so that only how columns go together is left; trees,
which split by one column first, would find nothing to begin with. So it is a logistic regression on the products of
the ranks of every pair, which learns on half of the customers and is asked about the other half, twice; a customer of
both days is on one side only. The area under the ROC curve has the interval of Hanley and McNeil (1982).

What decides are the pairs of columns (`tracks`): they have a past of their own, at next to no cost. The classifier
says how large it all is.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from core.workspace import Workspace
from feature_repo.catalog import View
from models.arrays import Float64Array
from models.kinds import Kind
from monitoring.drift import reading
from monitoring.drift.judgement import TableHistory
from monitoring.drift.sketches import Columns, as_numbers, ranks
from monitoring.results import JointDrift

MOST_ROWS = 4000
FEWEST = 30
"""Rows of a side in a half, at least."""
SHRINKAGE = 0.01
"""The inverse strength of the L2 penalty, on products of standardised ranks."""
TOP = 5
Z95 = 1.96


def measure(workspace: Workspace, kind: Kind[Any], view: View, history: TableHistory) -> JointDrift | None:
    """Now beside the day before; None where there are fewer than two columns to go together."""
    names = history.grid.paired
    if len(names) < 2:
        return None
    before, now = (reading.open_snapshot(workspace, kind, view, day) for day in history.days[-2:])
    sides = [Side(matrix(each, names), each[view.key].astype(str).to_numpy()) for each in (before, now)]
    found = tell_apart(sides[0], sides[1], workspace.settings.seed)
    if found is None:
        return None
    auc, gains = found
    low, high = interval(auc, len(before), len(now))
    top = tuple(names[i] for i in np.argsort(-gains)[:TOP] if gains[i] > 0)
    return JointDrift(auc, low, high, top, history.days[-2])


def matrix(columns: Columns, names: tuple[str, ...]) -> Float64Array:
    """The columns as numbers, a null as none."""
    return np.column_stack([as_numbers(columns[name]) for name in names])


def matrix_of_ranks(values: Float64Array) -> Float64Array:
    """The ranks of the rows by each column, -0.5 to 0.5; a null stands in the middle."""
    return np.column_stack([ranks(column) / max(len(values), 1) for column in values.T])


@dataclass(frozen=True)
class Side:
    """The rows of a day, and whose they are."""

    matrix: Float64Array
    keys: np.typing.NDArray[Any]


def tell_apart(before: Side, now: Side, seed: int) -> tuple[float, Float64Array] | None:
    """The cross-fitted AUC, and how much each column tells; None where a side has too few rows."""
    rng = np.random.default_rng(seed)
    every, place = np.unique(np.concatenate([before.keys, now.keys]), return_inverse=True)
    chosen = rng.permutation(len(every))[:MOST_ROWS]
    half = np.full(len(every), -1)
    half[chosen] = np.arange(len(chosen)) % 2
    fold = half[place]
    x = np.vstack([before.matrix, now.matrix])
    y = np.repeat([0, 1], [len(before.keys), len(now.keys)])
    for part, side in product((0, 1), (0, 1)):  # ranks of a whole day in two halves would give each other away
        own = (fold == part) & (y == side)
        x[own] = matrix_of_ranks(x[own])
    pairs = np.triu_indices(x.shape[1], 1)
    products = x[:, pairs[0]] * x[:, pairs[1]] * 12
    scores, gains = np.full(len(y), np.nan), np.zeros(x.shape[1])
    for held in (0, 1):
        learn, ask = fold == 1 - held, fold == held
        if min(np.bincount(y[learn], minlength=2).min(), np.bincount(y[ask], minlength=2).min()) < FEWEST:
            return None
        model = LogisticRegression(C=SHRINKAGE, max_iter=200).fit(products[learn], y[learn])
        scores[ask] = model.decision_function(products[ask])
        for place_of in pairs:
            np.add.at(gains, place_of, np.abs(model.coef_[0]))
    asked = np.isfinite(scores)
    return float(roc_auc_score(y[asked], scores[asked])), gains


def interval(auc: float, one: int, two: int) -> tuple[float, float]:
    """The 95% interval of Hanley and McNeil for two sides of so many rows."""
    first, second = auc / (2 - auc), 2 * auc**2 / (1 + auc)
    one, two = max(min(one, MOST_ROWS), 1), max(min(two, MOST_ROWS), 1)
    variance = auc * (1 - auc) + (one - 1) * (first - auc**2) + (two - 1) * (second - auc**2)
    half = Z95 * float(np.sqrt(max(variance, 0.0) / (one * two)))
    return max(auc - half, 0.0), min(auc + half, 1.0)
