"""Who watches an invented year: the product, Evidently's preset, and the rule that a value beyond all seen is wrong."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import lru_cache

import numpy as np
import pandas as pd
from scipy.spatial.distance import jensenshannon

from core.settings import Rules
from models.arrays import Float64Array, Int64Array
from monitoring.drift import judgement
from monitoring.drift.judgement import Asked, TableHistory
from monitoring.drift.sketches import Grid, Sketch
from monitoring.error_budget import ErrorBudget
from pipelines.bench.quiet_years.invented_year import CODE, names

OURS, PRESET, SINGLE, RANGE = "regulars", "Evidently preset (half of all)", "Evidently, any column", "min/max rule"
BEFORE = 26
"""Weeks before the version was trained."""
MODELS = 3
PRESET_THRESHOLD, PRESET_SHARE = 0.1, 0.5
FIRST = date(2023, 1, 6)
CODES = frozenset({CODE})


@dataclass
class Ours:
    """The product's drift, look by look; each look is of a week of data."""

    reference: pd.DataFrame
    rules: Rules = field(default_factory=Rules)
    sketches: list[Sketch] = field(default_factory=list)
    since: dict[str, date] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.grid = Grid.of(self.reference, names(), CODES, {})

    def learn(self, frame: pd.DataFrame) -> None:
        """A week of which nothing is asked."""
        self.sketches.append(Sketch.of(frame, self.grid))

    def look(self, frame: pd.DataFrame, keep: bool = True) -> frozenset[str]:
        """The columns that moved in this week; `keep`: the next look knows it."""
        sketches = [*self.sketches, Sketch.of(frame, self.grid)]
        days = [FIRST + timedelta(days=7 * week) for week in range(len(sketches))]
        level = ErrorBudget.configured(self.rules).level("drift", [days[-2]], days[-1], MODELS)
        history = TableHistory(self.grid, days, sketches, "feature", CODES)
        found, _ = judgement.judge([history], Asked(self.rules, level, {}, self.since))
        if keep:
            self.sketches = sketches
            self.since = {f"{each.source} {each.column}": each.since for each in found if each.moved and each.since}
        return frozenset(each.column for each in found if each.moved)


def distance(one: Float64Array, two: Float64Array) -> float:
    """Wasserstein's distance of two samples (as `scipy.stats.wasserstein_distance`), by their quantiles."""
    of_one, of_two, width = _quantiles(len(one), len(two))
    return float(np.abs(np.sort(one)[of_one] - np.sort(two)[of_two]) @ width)


@lru_cache(maxsize=64)
def _quantiles(one: int, two: int) -> tuple[Int64Array, Int64Array, Float64Array]:
    """Of each piece of [0, 1] on which neither sample's quantiles change: which they are, and how wide it is."""
    ends = np.unique(np.concatenate([np.arange(1, one + 1) * two, np.arange(1, two + 1) * one]))
    return (ends - 1) // two, (ends - 1) // one, np.diff(ends, prepend=0) / (one * two)


def preset(reference: pd.DataFrame, current: pd.DataFrame) -> frozenset[str]:
    """What Evidently's `DataDriftPreset` finds from 1,000 rows on: its two tests, normed as it does, nulls dropped."""
    found = set()
    for name in names():
        one, two = reference[name].dropna(), current[name].dropna()
        if two.empty:
            continue
        if name in CODES:
            shares = pd.concat([each.value_counts(normalize=True) for each in (one, two)], axis=1).fillna(0.0)
            score = float(jensenshannon(shares.iloc[:, 0], shares.iloc[:, 1]))
        else:
            score = distance(one.to_numpy(), two.to_numpy()) / max(float(np.std(one)), 0.001)
        if score >= PRESET_THRESHOLD:
            found.add(name)
    return frozenset(found)


def beyond_range(reference: pd.DataFrame, current: pd.DataFrame) -> frozenset[str]:
    """Columns with a value below the least or above the greatest of the reference, or one it never had."""
    numbers = [name for name in names() if name not in CODES]
    low, high = reference[numbers].min(), reference[numbers].max()
    off = (current[numbers].lt(low) | current[numbers].gt(high)).any()
    new = set(current[CODE].unique()) - set(reference[CODE].unique())
    return frozenset([*off.index[off], *([CODE] if new else [])])


def alarms(reference: pd.DataFrame) -> Mapping[str, Callable[[pd.DataFrame], frozenset[str]]]:
    """The rivals, each a function of a week's table that gives what it raises."""

    def half(current: pd.DataFrame) -> frozenset[str]:
        found = preset(reference, current)
        return found if len(found) >= PRESET_SHARE * len(names()) else frozenset()

    return {
        PRESET: half,
        SINGLE: lambda current: preset(reference, current),
        RANGE: lambda current: beyond_range(reference, current),
    }


def trained(weeks: Sequence[pd.DataFrame]) -> Ours:
    """The product after so many weeks, the last of which its model was trained on."""
    ours = Ours(weeks[-1])
    for frame in weeks:
        ours.learn(frame)
    return ours
