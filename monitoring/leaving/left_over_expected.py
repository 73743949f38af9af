"""How many customers left in a window that is over, beside how many a version's probabilities expected.

Both are counts of the same customers, so that their ratio says whether the shop loses more than it did, whatever the
version ranks by: AUC does not move where everybody's risk doubles. A month differs from another by more than the chance
of single customers (weather, holidays, a competitor), and calibration is never perfect. How far a shop's months stray
is measured from its own: in every window of the past, how many left among those who had bought, over how many of
customers who had come alike left before. Few months tell a variance badly, so it is shrunk towards a tenth
(`USUALLY`, worth a year of months, `WORTH`). The ratio is judged by Student's t with the degrees of freedom of both
variances together (Satterthwaite, 1946).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import t as student

from models.arrays import Float64Array, Int64Array

USUALLY, WORTH = 0.1, 12.0


@dataclass(frozen=True)
class Straying:
    """The variance of the logarithm of left over expected from window to window beyond chance, and its freedom."""

    variance: float = USUALLY**2
    freedom: float = WORTH


@dataclass(frozen=True)
class LeftOverExpected:
    """Of so many customers those who left, and who were expected to; the ratio with its 95% interval.

    `more` and `fewer` are the one-sided p-values of no more and no fewer leaving than expected.
    """

    customers: int
    left: int
    expected: float
    ratio: float
    low: float
    high: float
    more: float
    fewer: float


def measure(left: Float64Array, probability: Float64Array, straying: Straying) -> LeftOverExpected:
    """Of customers with a probability of leaving each, shape (customers,), and 1 of who left."""
    expected = float(probability.sum())
    distance = float(np.log((left.sum() + 0.5) / (expected + 0.5)))
    chance = float(probability @ (1 - probability)) / max(expected, 0.5) ** 2
    variance = chance + straying.variance
    freedom = variance**2 / (straying.variance**2 / straying.freedom)
    error = float(np.sqrt(variance))
    reach = float(student.ppf(0.975, freedom)) * error
    ratio, low, high = (float(np.exp(distance + each)) for each in (0.0, -reach, reach))
    more, fewer = (float(student.sf(sign * distance / error, freedom)) for sign in (1, -1))
    return LeftOverExpected(len(left), int(left.sum()), expected, ratio, low, high, more, fewer)


def straying(visits: Int64Array, window: int, active: int) -> Straying:
    """How far windows of so many weeks strayed, among customers who bought in the `active` weeks before each.

    Customers are put together by how many of the blocks before it they came in, and whether in the last; how likely
    they were to leave is what customers like them did in the windows that were over when it began.
    """
    blocks = max(active // window, 1)
    ends = range(window * (blocks + 1), visits.shape[1] + 1)
    counted = [_counted(visits[:, end - window * (blocks + 1) : end], blocks) for end in ends]
    if len(counted) <= window:
        return Straying()
    there, left = (np.cumsum([each[part] for each in counted], axis=0) for part in (0, 1))
    squares = [
        _square(*counted[place], (left[place - window] + 0.5) / (there[place - window] + 1.0))
        for place in range(window, len(counted))
    ]
    months, found = len(squares) / window, max(float(np.mean(squares)), 0.0)
    return Straying((WORTH * USUALLY**2 + months * found) / (WORTH + months), WORTH + months)


def _counted(visits: Int64Array, blocks: int) -> tuple[Float64Array, Float64Array]:
    """[group]: who had bought in the blocks before the last one, and who of them left in that."""
    came = visits.reshape(len(visits), blocks + 1, -1).sum(axis=2) > 0
    before, gone = came[:, :-1], ~came[:, -1]
    seen, group = before.sum(axis=1) > 0, before.sum(axis=1) * 2 + before[:, -1]
    there, left = (np.bincount(group[each], minlength=2 * blocks + 2).astype(float) for each in (seen, seen & gone))
    return there, left


def _square(there: Float64Array, left: Float64Array, rates: Float64Array) -> float:
    """The squared logarithm of left over expected less what chance makes of it."""
    expected = float(there @ rates)
    chance = float(there @ (rates * (1 - rates))) / max(expected, 0.5) ** 2
    return float(np.log((left.sum() + 0.5) / (expected + 0.5)) ** 2) - chance
