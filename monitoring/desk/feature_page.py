"""The page of one column: how its values lie now, beside how they lay when the version was trained."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Final

import numpy as np
from markupsafe import Markup

from core.errors import NotReady
from core.workspace import Workspace
from feature_repo import catalog, partitions
from models import kinds
from models.arrays import Float64Array
from models.registry import Registry
from monitoring.desk import charts
from monitoring.desk.languages import gettext, number, percent
from monitoring.drift import reading, reference
from monitoring.drift.reading import ENTRIES
from monitoring.drift.reference import TableReference
from monitoring.drift.sketches import Grid, Sketch
from monitoring.results import ColumnDrift, DriftResult
from monitoring.summary import Summaries

TENTH: Final = 0.1
MOST_VALUES: Final = 15
_PREDICTED: Final = ""
"""How a reference calls the table of predictions."""


@dataclass(frozen=True)
class ColumnDay:
    """A column on one day: of so many rows, the share without a value, and the mean of a number."""

    day: date
    rows: int
    nulls: float
    mean: float | None


@dataclass(frozen=True)
class SpreadRow:
    """A range of values, or a code: the share of rows that stand there, before and now."""

    name: str
    before: float
    now: float | None
    plot: Markup


@dataclass(frozen=True)
class FeaturePage:
    """A column of the latest look; `now` is None where its snapshot is no longer there."""

    kind: str
    version: str
    column: ColumnDrift
    meaning: str
    before: ColumnDay
    now: ColumnDay | None
    rows: list[SpreadRow]


def build(workspace: Workspace, kind: str, source: str, name: str) -> FeaturePage:
    """Look at one column.

    Raises:
        NotReady: the latest look compared no such column, or nothing is kept of it.
    """
    run = Summaries(workspace).latest()
    entry = run.model(kind) if run else None
    columns = entry.drift.columns if entry and entry.drift else ()
    column = next((each for each in columns if (each.source, each.column) == (source, name)), None)
    if run is None or entry is None or entry.drift is None or entry.version is None or column is None:
        raise NotReady("the latest look compared no such column", where=name[:100], todo=f"see /models/{kind}#drift")
    registry = Registry(workspace)
    kept = reference.load(registry, registry.version(kind, entry.version))
    found = _table(kept.tables if kept else {}, source, name)
    if found is None:
        raise NotReady("nothing of this column was kept at training", where=name[:100], todo="run: regulars monitor")
    view, table = found
    grid = _alone(table.grid, name)
    day = max(table.days)
    now = _predicted(entry.drift) if view == _PREDICTED else _snapshot(workspace, kind, view, run.as_of, grid)
    there = now if now is not None and name in now.counts else None
    return FeaturePage(
        kind=kind,
        version=entry.version,
        column=column,
        meaning=_meaning(view, name),
        before=_side(table.days[day], name, day),
        now=_side(there, name, run.as_of) if there else None,
        rows=_rows(grid, name, table.days[day], there),
    )


def _table(tables: Mapping[str, TableReference], source: str, name: str) -> tuple[str, TableReference] | None:
    """The table that the column is of, as it was at training."""
    wanted = [view for view in tables if (view == _PREDICTED) == (source == "prediction")]
    return next(((view, tables[view]) for view in wanted if _holds(tables[view], name)), None)


def _holds(table: TableReference, name: str) -> bool:
    known = name in table.grid.numbers or name in table.grid.codes
    return known and bool(table.days) and name in table.days[max(table.days)].counts


def _alone(grid: Grid, name: str) -> Grid:
    numbers = {name: grid.numbers[name]} if name in grid.numbers else {}
    codes = {name: grid.codes[name]} if name in grid.codes else {}
    return Grid(numbers, codes)


def _predicted(drift: DriftResult) -> Sketch | None:
    content = (drift.predicted or {}).get(_PREDICTED)
    return Sketch.from_dict(content) if content else None


def _snapshot(workspace: Workspace, kind: str, view: str, day: date, grid: Grid) -> Sketch | None:
    if not partitions.partition(workspace, view, day).exists():
        return None
    return Sketch.of(reading.open_snapshot(workspace, kinds.kind(kind), catalog.VIEWS[view], day), grid)


def _meaning(view: str, name: str) -> str:
    features = catalog.VIEWS[view].features if view in catalog.VIEWS else ()
    return next((each.meaning for each in features if each.name == name.removesuffix(ENTRIES)), "")


def _side(sketch: Sketch, name: str, day: date) -> ColumnDay:
    known = sketch.rows - sketch.nulls[name]
    mean = sketch.sums[name] / known if name in sketch.sums and known else None
    return ColumnDay(day, sketch.rows, sketch.nulls[name] / max(sketch.rows, 1), mean)


def _rows(grid: Grid, name: str, before: Sketch, now: Sketch | None) -> list[SpreadRow]:
    then, later = _shares(before, name), _shares(now, name) if now else None
    parts = _ranges(grid, name, then) if name in grid.numbers else _values(grid, name, then, later)
    parts.append((gettext("no value"), [len(then) - 1]))
    olds = [float(then[places].sum()) for _, places in parts]
    news = [None if later is None else float(later[places].sum()) for _, places in parts]
    most = max(*olds, *(each or 0.0 for each in news))
    rows = zip(parts, olds, news, strict=True)
    return [SpreadRow(said, old, new, _plot(said, old, new, most)) for (said, _), old, new in rows]


def _shares(sketch: Sketch, name: str) -> Float64Array:
    """The share of rows in each bin; the last is of those without a value."""
    return np.append(sketch.counts[name], sketch.nulls[name]) / max(sketch.rows, 1)


def _ranges(grid: Grid, name: str, before: Float64Array) -> list[tuple[str, list[int]]]:
    """Neighbouring bins together, each a tenth of the known values at training or a little more."""
    edges = grid.numbers[name].edges
    known, parts, part = before[:-1].sum(), list[list[int]](), list[int]()
    for place in range(len(edges) + 1):
        part.append(place)
        if before[part].sum() >= TENTH * known or place == len(edges):
            parts.append(part)
            part = []
    if not len(edges) or len(parts) == 1:
        return [(gettext("any value"), [place for part in parts for place in part])]
    ends = [number(float(edges[part[-1]])) for part in parts[:-1]]
    names = [f"≤ {ends[0]}", *(f"{low} < … ≤ {high}" for low, high in pairwise(ends)), f"> {ends[-1]}"]
    return list(zip(names, parts, strict=True))


def _values(grid: Grid, name: str, before: Float64Array, now: Float64Array | None) -> list[tuple[str, list[int]]]:
    """The values that most rows have, then or now; the others together, and those that training had not."""
    values = grid.codes[name]
    most = before if now is None else before + now
    ranked = sorted(range(len(values)), key=lambda place: -most[place])
    shown, others = ranked[:MOST_VALUES], ranked[MOST_VALUES:]
    parts = [(values[place], [place]) for place in shown]
    if others:
        parts.append((gettext("other values"), others))
    return [*parts, (gettext("values that training did not have"), [len(values)])]


def _plot(name: str, before: float, now: float | None, most: float) -> Markup:
    said = gettext("%(name)s: %(before)s at training") % {"name": name, "before": percent(before, 1)}
    if now is not None:
        said += "; " + gettext("%s now") % percent(now, 1)
    return charts.twin(before, now, most, said)
