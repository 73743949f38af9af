"""Which columns of a table have moved: beyond what their past explains, and far enough that somebody should care.

A column has moved when an error of one of its series is at least its margin (`rules.drift_distance`,
`rules.drift_code_distance`) and its probability by chance is significant under the error budget, together with all
other columns of the model, each weighted by how much the model leans on it. One that vanished has moved. While a
column is moved its past ends on the day it was first seen to: what is new doesn't become usual by lasting.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Literal

import numpy as np

from core.settings import Rules
from models.arrays import Float64Array, Int64Array
from monitoring import error_budget
from monitoring.drift import expectation, tracks
from monitoring.drift.sketches import Grid, Sketch
from monitoring.drift.tracks import Series, Tracks

Source = Literal["feature", "prediction", "label", "joint"]
FLOOR, LEAST = 0.3, 0.003
"""The least standard error that is believed: so much of what independent rows would have, and a little beside."""
RECENT_DAYS = 2 * max(expectation.GAPS)
"""An entity that was far off and left within so many days may still move a mean: it is among what is expected."""
STILL = 0.05
"""A column that has moved stays so while it is beyond its margin at this probability."""
EQUAL_PART = 0.5
"""Of the weight, so much is shared equally; the rest by importance."""
OFTEN = 0.2
"""A column that fewer rows have on some day is not missed when it is gone."""
UNTOLD = 4.0
"""What is needed where no past tells: more than a rank can move."""
JOINTLY = "jointly"
"""What the pairs of columns are called together."""


@dataclass(frozen=True)
class TableHistory:
    """A table on days: the bins, a sketch for each day (ascending, the last is now), and of what it is."""

    grid: Grid
    days: Sequence[date]
    sketches: Sequence[Sketch]
    source: Source
    codes: frozenset[str] = frozenset()


@dataclass(frozen=True)
class ColumnMovement:
    """How a column stands: the statistic that tells most, its error beside what had been needed, and what it touches.

    `p` is of the column (all of its statistics), `error` signed and in the statistic's unit (`tracks`); `touched` are
    rows in the bins that gained. `since` is the day of the look that first saw it move.
    """

    column: str
    source: Source
    statistic: str
    error: float
    p: float
    margin: float
    needed: float
    value: str = ""
    touched: int = 0
    moved: bool = False
    since: date | None = None


@dataclass(frozen=True)
class Asked:
    """What a judgement needs beside the tables: thresholds, the look's level, importance and what has moved already."""

    rules: Rules
    level: float
    importance: Mapping[str, float] = field(default_factory=dict)
    moved_since: Mapping[str, date] = field(default_factory=dict)


def judge(histories: Sequence[TableHistory], asked: Asked) -> tuple[list[ColumnMovement], list[str]]:
    """Every column of the tables of one model, and the names of those that cannot be judged yet."""
    found = [each for history in histories for each in _of_table(history, asked)]
    judged = [each for each in found if each.p == each.p]
    skipped = [each.column for each in found if each.p != each.p]
    weights = _weights(judged, asked.importance)
    p_values = {_key(each): each.p if abs(each.error) >= each.margin else 1.0 for each in judged}
    significant = error_budget.discoveries(p_values, asked.level, weights)
    settled = [_settled(each, _key(each) in significant, histories, asked) for each in judged]
    return [_own(each, settled) for each in settled], skipped


def _own(movement: ColumnMovement, settled: Sequence[ColumnMovement]) -> ColumnMovement:
    """A pair of which a column has moved says nothing beside that column."""
    moved = {each.column for each in settled if each.moved}
    if movement.source == "joint" and moved & set(movement.value.split(" & ")):
        return replace(movement, moved=False, since=None)
    return movement


def _key(movement: ColumnMovement) -> str:
    return f"{movement.source} {movement.column}"


def _weights(judged: Sequence[ColumnMovement], importance: Mapping[str, float]) -> dict[str, float]:
    total = sum(importance.get(each.column, 0.0) for each in judged if each.source == "feature")
    count = max(len(judged), 1)

    def of(movement: ColumnMovement) -> float:
        own = importance.get(movement.column, 0.0) / total if total and movement.source == "feature" else 1 / count
        return EQUAL_PART / count + (1 - EQUAL_PART) * own

    return {_key(each): of(each) for each in judged}


def _settled(
    movement: ColumnMovement, significant: bool, histories: Sequence[TableHistory], asked: Asked
) -> ColumnMovement:
    before = asked.moved_since.get(_key(movement))
    lasts = before is not None and movement.p <= STILL and abs(movement.error) >= movement.margin
    if not (significant or lasts):
        return movement
    today = next(each.days[-1] for each in histories if each.source in (movement.source, "feature"))
    return replace(movement, moved=True, since=before or today)


def _of_table(history: TableHistory, asked: Asked) -> list[ColumnMovement]:
    """Each column and the pairs together; columns that moved before are compared with what was before that."""
    every = tracks.of(history.grid, history.sketches)
    since = {column: day for column in _columns(every) if (day := asked.moved_since.get(f"{history.source} {column}"))}
    parts: list[ColumnMovement] = []
    for start in sorted({None, *since.values()}, key=lambda day: day or date.min):
        own = [i for i, each in enumerate(every.series) if since.get(_of(each)) == start]
        kept = [i for i, day in enumerate(history.days) if start is None or day < start or i == len(history.days) - 1]
        if own:
            parts += _of_series(_part(every, kept, own), [history.days[i] for i in kept], history, asked)
    return parts


def _columns(every: Tracks) -> set[str]:
    return {_of(each) for each in every.series}


def _of(series: Series) -> str:
    return JOINTLY if series.statistic == "pair" else series.column


def _part(every: Tracks, days: Sequence[int], own: Sequence[int]) -> Tracks:
    place = np.ix_(days, own)
    return Tracks(
        tuple(every.series[i] for i in own), every.values[place], every.rows[list(days)], every.sampling[place]
    )


def _sampling(days: Int64Array, errors: Float64Array) -> Float64Array:
    """What chance alone may make of a difference between now and the days before, of each series.

    A day that doesn't tell its error has that of now.
    """
    recent = errors[:-1][days[:-1] >= days[-1] - RECENT_DAYS]
    known = np.where(np.isfinite(errors[-1]), errors[-1], 0.0)
    before = np.where(np.isfinite(recent), recent, known).max(axis=0, initial=0.0)
    return np.asarray(np.hypot(known, before), dtype=float)


def _of_series(part: Tracks, days: Sequence[date], history: TableHistory, asked: Asked) -> list[ColumnMovement]:
    ordinals = np.array([day.toordinal() for day in days], dtype="int64")
    floor = np.hypot(FLOOR / np.sqrt(max(part.rows[-1], 1.0)) + LEAST, _sampling(ordinals, part.sampling))
    alike = np.unique([each.statistic for each in part.series], return_inverse=True)[1].astype("int64")
    verdicts = expectation.judge(ordinals, part.values, floor, alike)
    margins, groups = part.margins(asked.rules), dict[str, list[int]]()
    for i, each in enumerate(part.series):
        groups.setdefault(_of(each), []).append(i)
    judged = _Judged(part, verdicts, margins, asked.level / max(len(groups), 1))
    return [_movement(column, judged, np.array(own), history) for column, own in groups.items()]


@dataclass(frozen=True)
class _Judged:
    """The series of a table with their verdicts and margins; `level` is what one column may spend."""

    part: Tracks
    verdicts: expectation.SeriesVerdicts
    margins: Float64Array
    level: float


def _movement(column: str, judged: _Judged, own: Int64Array, history: TableHistory) -> ColumnMovement:
    source: Source = "joint" if column == JOINTLY else history.source
    if _vanished(column, history):
        return ColumnMovement(column, source, "vanished", 1.0, 0.0, 0.0, 0.0, touched=history.sketches[-1].rows)
    verdicts, margins = judged.verdicts, judged.margins
    told = own[np.isfinite(verdicts.p[own])]
    if not len(told):
        return _too_young(column, source, judged, own)
    own = told
    far = np.abs(verdicts.error[own]) >= margins[own]
    best = int(own[np.lexsort((-np.abs(verdicts.error[own]) / margins[own], verdicts.p[own], ~far))[0]])
    series = judged.part.series[best]
    needed = verdicts.needed(judged.level / len(own) / len(expectation.GAPS), best)
    return ColumnMovement(
        column=column,
        source=source,
        statistic=series.statistic,
        error=float(verdicts.error[best]),
        p=float(min(verdicts.p[best] * len(own), 1.0)),
        margin=float(margins[best]),
        needed=float(max(needed, margins[best])),
        value=series.column if series.statistic == "pair" else series.value,
        touched=_touched(column, history),
    )


def _too_young(column: str, source: Source, judged: _Judged, own: Int64Array) -> ColumnMovement:
    """How far a column is from the day before where its past is too short to say what that means."""
    error = np.diff(judged.part.values[-2:, own], axis=0)
    known = np.flatnonzero(np.isfinite(error[0])) if len(error) else np.empty(0, dtype="int64")
    if not len(known):
        return ColumnMovement(column, source, "", np.nan, np.nan, np.nan, np.nan)
    far = np.abs(error[0][known]) / judged.margins[own[known]]
    first = int(known[np.argmax(far)])
    of, margin = judged.part.series[own[first]], float(judged.margins[own[first]])
    value = of.column if of.statistic == "pair" else of.value
    return ColumnMovement(column, source, of.statistic, float(error[0][first]), 1.0, margin, UNTOLD, value)


def _vanished(column: str, history: TableHistory) -> bool:
    """Whether nothing is left of a column that a good part of the rows had on each day before.

    Where most rows have no value anyhow (the days to a next campaign), it may be that now none has.
    """
    now = history.sketches[-1]
    if column == JOINTLY or len(history.sketches) < 2 or not now.rows or now.nulls.get(column, now.rows) < now.rows:
        return False
    *before, left = (each.rows - each.nulls.get(column, each.rows) for each in history.sketches)
    had = [known / max(each.rows, 1) for known, each in zip(before, history.sketches, strict=False)]
    return not left and min(had) >= OFTEN and before[-1] >= tracks.FEWEST


def _touched(column: str, history: TableHistory) -> int:
    """How many rows stand elsewhere than on the day before: half of the distance of the shares, times the rows."""
    if column == JOINTLY or len(history.sketches) < 2:
        return 0
    now, before = (_shares(each, column) for each in (history.sketches[-1], history.sketches[-2]))
    if now is None or before is None:
        return history.sketches[-1].rows
    return round(float(np.abs(now - before).sum()) / 2 * history.sketches[-1].rows)


def _shares(sketch: Sketch, column: str) -> Float64Array | None:
    if column not in sketch.counts or not sketch.rows:
        return None
    return np.append(sketch.counts[column], sketch.nulls[column]) / sketch.rows
