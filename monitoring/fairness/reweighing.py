"""Weights of training rows under which an outcome is as frequent in every group (reweighing).

A row of group g and outcome y weighs P(g) P(y) / P(g, y) (Kamiran and Calders: Data preprocessing techniques for
classification without discrimination, 2012): what the rows say of the outcome then tells no group from another. With
several attributes the weights are raked (Deming and Stephan, 1940), one attribute after the other, until they hold for
all. Rows without an attribute keep their weight in its turn.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from models.fairness_result import UNKNOWN
from monitoring.fairness.ratio_intervals import Floats

LEAST, MOST = 0.1, 10.0
"""No row counts for less or more: one customer of a rare group and outcome does not bend a model."""
_ROUNDS: Final = 50
_NEAR: Final = 1e-6


def weights(groups: pd.DataFrame, outcome: npt.NDArray[Any]) -> Floats:
    """One weight per row, mean 1; `groups` has a column per attribute, `outcome` (0 or 1) an entry per row of it."""
    found = np.ones(len(groups))
    if not len(groups):
        return found
    columns = [(groups[name] != UNKNOWN).to_numpy() for name in groups.columns]
    codes = [pd.factorize(groups[name])[0] for name in groups.columns]
    for _ in range(_ROUNDS):
        before = found.copy()
        for known, code in zip(columns, codes, strict=True):
            found[known] *= _factors(code[known], outcome[known].astype(int), found[known])
        found = np.clip(found / found.mean(), LEAST, MOST)
        if np.abs(found - before).max(initial=0.0) < _NEAR:
            break
    return found


def _factors(code: npt.NDArray[np.int64], outcome: npt.NDArray[np.int64], weight: Floats) -> Floats:
    """P(g) P(y) / P(g, y) of each row, by the weights so far."""
    groups = int(code.max(initial=-1)) + 1
    together = np.bincount(2 * code + outcome, weight, minlength=2 * groups).reshape(-1, 2)
    expected = np.outer(together.sum(axis=1), together.sum(axis=0)) / max(together.sum(), 1e-300)
    factors = np.divide(expected, together, out=np.ones_like(expected), where=together > 0)
    return np.asarray(factors[code, outcome])
