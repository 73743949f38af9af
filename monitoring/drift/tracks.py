"""A table's days as series of plain statistics, each in a unit in which a margin can be given.

| statistic | of | unit |
|---|---|---|
| location | numbers | mean rank beside the reference, in its standard deviations |
| spread | numbers | the second component of the ranks, likewise |
| level | numbers that are not negative | logarithm of the mean: a unit that changed, not what single entities do |
| nulls | all | arcsine of the root of the share, which has one variance whatever the share (Anscombe, 1948) |
| code | codes | likewise, a series per value and one for all values that the reference has not |
| pair | pairs of numbers | Fisher's z of the rank correlation |
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from core.settings import Rules
from models.arrays import Float64Array
from monitoring.drift.sketches import Grid, Sketch, pair_names

Statistic = Literal["location", "spread", "level", "nulls", "code", "pair"]
NULL_MARGIN, PAIR_MARGIN = 0.1, 0.1


@dataclass(frozen=True)
class Series:
    """What one series is of: a column (two names, joined, of a pair), a statistic, and of a code the value."""

    column: str
    statistic: Statistic
    value: str = ""


@dataclass(frozen=True)
class Tracks:
    """Values [days, series], nan where a day tells none; `rows` of each day.

    `sampling` [days, series] is the standard error of a level that the day's own values tell: a mean of heavy tails is
    that of a few entities who come and go. 0 of other series, which are bounded; nan where a day does not tell.
    """

    series: tuple[Series, ...]
    values: Float64Array
    rows: Float64Array
    sampling: Float64Array

    def margins(self, rules: Rules) -> Float64Array:
        """How far each series may move before anybody cares."""
        by: Mapping[Statistic, float] = {
            "location": rules.drift_distance,
            "spread": rules.drift_distance,
            "level": rules.drift_distance,
            "nulls": NULL_MARGIN,
            "code": rules.drift_code_distance,
            "pair": PAIR_MARGIN,
        }
        return np.array([by[each.statistic] for each in self.series])


def of(grid: Grid, sketches: Sequence[Sketch]) -> Tracks:
    """The series of a table's sketches, in their order."""
    rows = np.array([each.rows for each in sketches], dtype=float)
    series: list[Series] = []
    found: list[Float64Array] = []
    none = np.zeros(len(sketches))
    errors: list[Float64Array] = []

    def add(of_what: Series, values: Float64Array, sampling: Float64Array = none) -> None:
        series.append(of_what)
        found.append(values)
        errors.append(sampling)

    for name, bins in grid.numbers.items():
        location, spread, level = _of_number(sketches, name, bins.scores)
        if not _ages(location[:-1]):
            add(Series(name, "location"), location)
            add(Series(name, "spread"), spread)
        if not len(bins.edges) or bins.edges[0] >= 0:
            add(Series(name, "level"), level, _sampling_of_level(sketches, name))
        add(Series(name, "nulls"), _nulls(sketches, name))
    for name, categories in grid.codes.items():
        shares = _code_shares(sketches, name, len(categories) + 1)
        for position, category in enumerate((*categories, "")):
            add(Series(name, "code", category), _arcsine(shares[:, position]))
        add(Series(name, "nulls"), _nulls(sketches, name))
    pairs = np.arctanh(np.clip(np.array([each.pairs for each in sketches]), -0.99, 0.99))
    for position, (one, two) in enumerate(pair_names(grid.paired)):
        add(Series(f"{one} & {two}", "pair"), pairs[:, position])
    nothing = np.empty((len(sketches), 0))
    values, sampling = (np.column_stack(each) if each else nothing for each in (found, errors))
    return Tracks(tuple(series), values, rows, sampling)


def _ages(location: Float64Array) -> bool:
    """Whether a column wanders so far by itself that ranks beside fixed bins say nothing: a tenure, a sum so far."""
    known = location[np.isfinite(location)]
    return bool(len(known)) and float(known.max() - known.min()) > AGEING


FEWEST = 30
AGEING = 1.0
"""Standard deviations of the rank; a uniform one has 3.5 from end to end."""


def _of_number(
    sketches: Sequence[Sketch], name: str, scores: Float64Array
) -> tuple[Float64Array, Float64Array, Float64Array]:
    """Location, spread and level [days]; nan on days with too few values."""
    none = np.zeros(scores.shape[1])
    counts = np.array([each.counts.get(name, none) for each in sketches])
    sums = np.array([each.sums.get(name, 0.0) for each in sketches])
    known = counts.sum(axis=1)
    divided = np.where(known >= FEWEST, known, np.nan)
    location, spread = scores @ counts.T / divided
    mean = np.abs(sums) / divided
    return location, spread, np.log(np.where(mean > 0, mean, np.nan))


def _sampling_of_level(sketches: Sequence[Sketch], name: str) -> Float64Array:
    """The standard error of the logarithm of the mean [days], by the delta method: the coefficient of variation over
    the root of the count.
    """
    known = np.array([each.rows - each.nulls.get(name, each.rows) for each in sketches], dtype=float)
    sums = np.array([each.sums.get(name, 0.0) for each in sketches])
    squares = np.array([each.squares.get(name, np.nan) for each in sketches])
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = sums / known
        variance = np.maximum(squares / known - mean**2, 0.0)
        return np.asarray(np.sqrt(variance / known) / np.abs(mean), dtype=float)


def _nulls(sketches: Sequence[Sketch], name: str) -> Float64Array:
    """A column that is gone is null altogether."""
    return _arcsine(np.array([each.nulls.get(name, each.rows) / max(each.rows, 1) for each in sketches]))


def _code_shares(sketches: Sequence[Sketch], name: str, bins: int) -> Float64Array:
    """[days, bins]"""
    none = np.full(bins, np.nan)
    rows = np.array([each.rows if each.rows >= FEWEST else np.nan for each in sketches])
    return np.asarray(np.array([each.counts.get(name, none) for each in sketches]) / rows[:, None], dtype=float)


def _arcsine(share: Float64Array) -> Float64Array:
    return np.asarray(np.arcsin(np.sqrt(np.clip(share, 0.0, 1.0))), dtype=float)
