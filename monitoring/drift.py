"""Drift: one named Evidently test per column, with a threshold that says what it allows for.

Numbers are compared by the Wasserstein distance normed by the reference's standard deviation (`wasserstein`: a
shift by one standard deviation scores 1), codes by the Jensen-Shannon distance (`jensenshannon`, 0 to 1). The
tests are named, because Evidently would choose others at 1,000 rows, and history would not be comparable.

A threshold is a base (how much movement matters: `rules.drift_distance`, `rules.drift_code_distance`) plus an
allowance, so that nothing shows where nothing happened: for chance, given the two sample sizes; and for the
reference's own pace. A customer's tenure grows by itself, a 180-day sum grows until the shop has 180 days: what the
training data moved per day, they are expected to move on.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import combinations
from math import sqrt
from typing import Any, Literal

import numpy as np
import pandas as pd
from scipy.spatial.distance import jensenshannon
from scipy.stats import wasserstein_distance

from core.settings import Rules
from monitoring.results import ColumnDrift, DriftResult

CHANCE = {"wasserstein": 1.5, "jensenshannon": 1.0}
FEWEST = 30
MOST_ROWS = 20_000

Test = Literal["wasserstein", "jensenshannon"]
Source = Literal["feature", "prediction"]


@dataclass(frozen=True)
class ColumnComparison:
    """The data of one test: columns of numbers or codes; `reference` is one frame per snapshot date, in order.

    `view` is the name of the feature view that they are of, if they are of one.
    """

    reference: Mapping[date, pd.DataFrame]
    current: pd.DataFrame
    as_of: date
    codes: frozenset[str] = frozenset()
    view: str = ""

    @property
    def pooled(self) -> pd.DataFrame:
        """All of the reference in one frame."""
        return pd.concat(list(self.reference.values()), ignore_index=True)

    @property
    def gap_days(self) -> float:
        """From the middle of the reference to the current snapshot."""
        middle = sum(day.toordinal() for day in self.reference) / len(self.reference)
        return self.as_of.toordinal() - middle


@dataclass(frozen=True)
class PlannedTest:
    """A test before it is run."""

    column: str
    source: Source
    test: Test
    threshold: float
    allowed: float


def sampled(frame: pd.DataFrame, seed: int) -> pd.DataFrame:
    """At most `MOST_ROWS` rows: enough for every test here, and it keeps a million customers quick."""
    return frame if len(frame) <= MOST_ROWS else frame.sample(MOST_ROWS, random_state=seed)


def plan(comparison: ColumnComparison, source: Source, rules: Rules) -> tuple[list[PlannedTest], list[str]]:
    """The test of each column; and the columns with too few values on a side, which have none.

    A column that is empty on both sides (its table is not there) is neither.
    """
    base = {"wasserstein": rules.drift_distance, "jensenshannon": rules.drift_code_distance}
    planned, skipped = [], []
    pooled, gap = comparison.pooled, comparison.gap_days
    for column in comparison.current.columns:
        sizes = [int(frame[column].notna().sum()) for frame in (comparison.current, pooled)]
        if min(sizes) < FEWEST:
            skipped += [column] if max(sizes) else []
            continue
        test: Test = "jensenshannon" if column in comparison.codes else "wasserstein"
        scale = _scale(pooled[column].dropna()) if test == "wasserstein" else 1.0
        allowed = _chance(test, *sizes) + _pace(test, comparison.reference, column, scale) * gap
        planned.append(PlannedTest(column, source, test, base[test] + allowed, allowed))
    return planned, skipped


def metrics(columns: Sequence[ColumnDrift]) -> list[Any]:
    """The Evidently metrics that draw these columns, with the tests they had."""
    from evidently.metrics import ValueDrift

    return [ValueDrift(column=each.column, method=each.test, threshold=each.threshold) for each in columns]


def measure(comparison: ColumnComparison, source: Source, rules: Rules) -> tuple[list[ColumnDrift], list[str]]:
    """Run the test of each column; and name the columns that have none."""
    planned, skipped = plan(comparison, source, rules)
    pooled = comparison.pooled
    found = [_run(test, pooled[test.column].dropna(), comparison.current[test.column].dropna()) for test in planned]
    return found, skipped


def result(compared: Sequence[tuple[ColumnComparison, Source]], rules: Rules) -> DriftResult | None:
    """The drift of all columns of one model; None where there is nothing to compare."""
    if not compared:
        return None
    columns: list[ColumnDrift] = []
    skipped: list[str] = []
    for comparison, source in compared:
        found, without = measure(comparison, source, rules)
        columns, skipped = columns + found, skipped + without
    first = compared[0][0]
    rows = (len(first.current), len(first.pooled))
    return DriftResult(tuple(columns), tuple(sorted(first.reference)), *rows, tuple(skipped))


def _run(planned: PlannedTest, reference: pd.Series[Any], current: pd.Series[Any]) -> ColumnDrift:
    """Evidently's own test, without the plots that cost ten times as much."""
    from evidently.legacy.calculations.stattests import get_stattest
    from evidently.legacy.core import ColumnType

    kind = ColumnType.Categorical if planned.test == "jensenshannon" else ColumnType.Numerical
    test = get_stattest(reference, current, kind, planned.test)
    found = test(reference, current, kind, planned.threshold)
    return ColumnDrift(
        planned.column,
        planned.source,
        planned.test,
        float(found.drift_score),
        planned.threshold,
        planned.allowed,
        bool(found.drifted),
    )


def _chance(test: Test, one: int, two: int) -> float:
    """How far two samples of one distribution lie apart, at most, by chance alone."""
    return CHANCE[test] * sqrt(1 / one + 1 / two)


def _pace(test: Test, reference: Mapping[date, pd.DataFrame], column: str, scale: float) -> float:
    """How far the column moved per day in the later half of the reference, at most.

    In the later half, because early on sums over 84 days grow only until the shop has 84 days; and between
    snapshots at least half of it apart, because over a longer way a real pace weighs more than chance.
    """
    days, paces = sorted(reference)[(len(reference) - 1) // 2 :], [0.0]
    apart = (days[-1] - days[0]) / 2
    for before, after in combinations(days, 2):
        one, two = reference[before][column].dropna(), reference[after][column].dropna()
        if after - before >= apart and min(len(one), len(two)) >= FEWEST:
            moved = _distance(test, one, two) / scale - _chance(test, len(one), len(two)) / 2
            paces.append(max(moved, 0.0) / (after - before).days)
    return max(paces)


def _scale(values: pd.Series[float]) -> float:
    """As Evidently norms it, so that allowance and score are in one unit."""
    return max(float(np.std(values)), 0.001)


def _distance(test: Test, one: pd.Series[Any], two: pd.Series[Any]) -> float:
    if test == "wasserstein":
        return float(wasserstein_distance(one, two))
    shares = pd.concat([one.value_counts(normalize=True), two.value_counts(normalize=True)], axis=1).fillna(0.0)
    return float(jensenshannon(shares.iloc[:, 0], shares.iloc[:, 1]))
