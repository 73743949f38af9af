"""The drift of one version: its tables on the days of the past, judged under the error budget."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pandas as pd

from core.errors import RegularsError
from core.workspace import Workspace
from feature_repo import catalog, partitions, snapshots
from feature_repo.catalog import View
from models.kinds import Kind
from models.registry import Registry
from models.version import Version
from monitoring.drift import classifier, judgement, reading, reference
from monitoring.drift.judgement import Asked, ColumnMovement, TableHistory
from monitoring.drift.reference import Reference, TableReference
from monitoring.drift.sketches import Grid, Sketch
from monitoring.results import ColumnDrift, DriftResult

RECENT_WEEKS = 8
"""So many of the weeks before are computed where they are not kept; older ones are used where they are."""
MOST_WEEKS = 120
STEP = timedelta(days=7)
FIRST_DAYS = 28
"""Younger than that a shop has nothing to compare."""
PREDICTIONS = ""


@dataclass(frozen=True)
class DriftWatch:
    """A version, the day, the columns of its predictions now and when trained, and what earlier looks found of it.

    `keeps`: the first look keeps its bins with the version.
    """

    workspace: Workspace
    registry: Registry
    kind: Kind[Any]
    version: Version
    as_of: date
    now: pd.DataFrame | None
    trained: pd.DataFrame | None
    earlier: Mapping[date, DriftResult]
    level: float
    keeps: bool = True


def measure(watch: DriftWatch, origins: Sequence[date]) -> DriftResult | None:
    """Every column of the version's tables and its predictions; `origins` are the days that it learnt from.

    None where the shop is too young to have a day to compare with.
    """
    days = {view.name: past_days(watch, view, origins) for view in catalog.service(watch.kind.service)}
    if not all(days.values()):
        return None
    importance = _importance(watch)
    kept = reference.load(watch.registry, watch.version) or _first(watch, days, importance)
    histories = [_of_view(watch, view, kept.tables[view.name], days[view.name]) for view in _views(watch)]
    predicted = _of_predictions(watch, kept)
    before = _latest(watch)
    asked = Asked(watch.workspace.settings.rules, watch.level, importance, _moved_since(before))
    found, skipped = judgement.judge([*histories, *predicted], asked)
    joint = classifier.measure(watch.workspace, watch.kind, _views(watch)[0], histories[0])
    rows = histories[0].sketches[-1].rows, histories[0].sketches[-2].rows
    columns = tuple(_column(each, importance) for each in found)
    first = {name: sketch.as_dict() for name, sketch in (("", predicted[0].sketches[-1]),)} if predicted else None
    return DriftResult(columns, tuple(histories[0].days[:-1]), *rows, tuple(skipped), watch.level, joint, first)


def _views(watch: DriftWatch) -> list[View]:
    return list(catalog.service(watch.kind.service))


def past_days(watch: DriftWatch, view: View, origins: Sequence[date]) -> list[date]:
    """The days before that are compared, ascending: a weekly grid through the day of training, and what it learnt from.

    The latest weeks are built where they are missing, older days are taken where they stand.
    """
    last, first = watch.as_of - STEP, watch.workspace.tables.first_day() + timedelta(days=FIRST_DAYS)
    offset = (last - watch.version.as_of).days % STEP.days
    weekly = [last - timedelta(days=offset) - STEP * back for back in range(MOST_WEEKS)]
    recent = [day for day in weekly[:RECENT_WEEKS] if day >= first]
    snapshots.ensure(watch.workspace, view.name, [*recent, watch.as_of])
    older = {day for day in (*weekly[RECENT_WEEKS:], *origins) if first <= day <= last}
    transform = partitions.transform_hash(watch.workspace, view)
    there = {day for day in older if partitions.is_fresh(watch.workspace, view, day, transform)}
    return sorted({*recent, *there})


def _first(watch: DriftWatch, days: Mapping[str, list[date]], importance: Mapping[str, float]) -> Reference:
    """Fix the bins by the day nearest to training, and keep the days up to it with the version."""
    tables = dict[str, TableReference]()
    for view in _views(watch):
        before = [day for day in days[view.name] if day <= watch.version.as_of] or days[view.name][-1:]
        latest = reading.open_snapshot(watch.workspace, watch.kind, view, before[-1])
        grid = Grid.of(latest, reading.names(view), reading.codes(view), importance)
        tables[view.name] = TableReference(grid, {day: _sketch(watch, view, day, grid) for day in before})
    if watch.trained is not None:
        grid = Grid.of(watch.trained, list(map(str, watch.trained.columns)), frozenset(), {})
        tables[PREDICTIONS] = TableReference(grid, {watch.version.as_of: Sketch.of(watch.trained, grid)})
    found = Reference(tables)
    if watch.keeps and watch.as_of >= watch.version.as_of:
        reference.store(watch.registry, watch.version, found)
    return found


def _sketch(watch: DriftWatch, view: View, day: date, grid: Grid) -> Sketch:
    return Sketch.of(reading.open_snapshot(watch.workspace, watch.kind, view, day), grid)


def _of_view(watch: DriftWatch, view: View, kept: TableReference, days: Sequence[date]) -> TableHistory:
    before = {day: sketch for day, sketch in kept.days.items() if day <= watch.as_of - STEP}
    since = {day: _sketch(watch, view, day, kept.grid) for day in days if day not in before}
    every = dict(sorted((before | since | {watch.as_of: _sketch(watch, view, watch.as_of, kept.grid)}).items()))
    return TableHistory(kept.grid, list(every), list(every.values()), "feature", reading.codes(view))


def _of_predictions(watch: DriftWatch, kept: Reference) -> list[TableHistory]:
    """The predictions on the days of the looks at this version: none is made anew for it."""
    table = kept.tables.get(PREDICTIONS)
    if table is None or watch.now is None:
        return []
    earlier = {
        day: Sketch.from_dict(found.predicted[PREDICTIONS])
        for day, found in watch.earlier.items()
        if found.predicted and day < watch.as_of
    }
    every = dict(sorted((dict(table.days) | earlier | {watch.as_of: Sketch.of(watch.now, table.grid)}).items()))
    return [TableHistory(table.grid, list(every), list(every.values()), "prediction")]


def _latest(watch: DriftWatch) -> DriftResult | None:
    days = [day for day in watch.earlier if day < watch.as_of]
    return watch.earlier[max(days)] if days else None


def _moved_since(before: DriftResult | None) -> dict[str, date]:
    moved = before.drifted if before else ()
    return {f"{each.source} {each.column}": each.since for each in moved if each.since}


def _column(movement: ColumnMovement, importance: Mapping[str, float]) -> ColumnDrift:
    total = sum(importance.values()) or 1.0
    return ColumnDrift(
        column=movement.column,
        source=movement.source,
        test=movement.statistic,
        score=abs(movement.error),
        threshold=movement.needed,
        allowed=max(movement.needed - movement.margin, 0.0),
        drifted=movement.moved,
        value=movement.value,
        change=movement.error,
        p=movement.p,
        touched=movement.touched,
        importance=importance.get(movement.column, 0.0) / total,
        since=movement.since,
    )


def _importance(watch: DriftWatch) -> dict[str, float]:
    """How much the version leans on each feature, as its training recorded it; nothing where it did not."""
    try:
        extra = json.loads(watch.registry.read_text(watch.version, "record.json")).get("extra", {})
    except RegularsError:
        return {}
    return {str(name): float(gain) for name, gain in extra.get("importance", {}).items()}
