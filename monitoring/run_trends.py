"""What trends need of each run: a few figures of a document of hundreds of kilobytes, read once per process.

A run never changes once it is kept (it is sealed), so that its figures are remembered by its number and moment.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import Final

import sqlalchemy as sa

from core.state.schema import MONITORING_RUNS
from core.workspace import Workspace
from models.fairness_result import GroupFigure
from monitoring.fairness.intersections import TIMES
from monitoring.results import BusinessFigure, ModelReport, MonitorReport, Performance

SHOWN: Final = 104
"""Two years of weekly looks."""
_MOST: Final = 5_000
_Run = tuple[str, int, str]
"""The database, the number of the run in it, and when it was."""
_remembered: dict[_Run, RunTrend] = {}


@dataclass(frozen=True)
class ModelTrend:
    """One model in a run: its performance without slices and rivals, the share of columns that moved, and the groups
    of each attribute beside the rest (not of two at once); none where the run did not measure fairness.
    """

    kind: str
    version: str | None
    performance: Performance | None
    drift_share: float | None
    fairness: tuple[GroupFigure, ...] = ()

    @classmethod
    def of(cls, entry: ModelReport) -> ModelTrend:
        """What a trend needs of a model's entry."""
        performance = replace(entry.performance, slices=(), rivals=()) if entry.performance else None
        figures = entry.fairness.figures if entry.fairness else ()
        alone = tuple(figure for figure in figures if TIMES not in figure.attribute)
        return cls(entry.kind, entry.version, performance, entry.drift.share if entry.drift else None, alone)


@dataclass(frozen=True)
class RunTrend:
    """One run: the shop's figures, and those of its models."""

    as_of: date
    at: str
    business: tuple[BusinessFigure, ...]
    models: tuple[ModelTrend, ...]

    @classmethod
    def of(cls, run: MonitorReport) -> RunTrend:
        """What trends need of a run."""
        return cls(run.as_of, run.at, run.business, tuple(map(ModelTrend.of, run.models)))

    def model(self, kind: str) -> ModelTrend | None:
        """One model's; None where the run did not look at it."""
        return next((model for model in self.models if model.kind == kind), None)


def trends(workspace: Workspace, last: int = SHOWN) -> list[RunTrend]:
    """The last run of each of the latest days, the oldest first."""
    table, engine = MONITORING_RUNS.c, workspace.database
    newest = sa.select(sa.func.max(table.id)).group_by(table.as_of)
    query = sa.select(table.id, table.at).where(table.id.in_(newest)).order_by(table.as_of.desc()).limit(last)
    with engine.connect() as connection:
        runs: list[_Run] = [(str(engine.url), number, at) for number, at in reversed(connection.execute(query).all())]
        return [_remembered.get(run) or _read(connection, run) for run in runs]


def _read(connection: sa.Connection, run: _Run) -> RunTrend:
    """Read a run whole, and remember what trends need of it."""
    query = sa.select(MONITORING_RUNS.c.document).where(MONITORING_RUNS.c.id == run[1])
    trend = RunTrend.of(MonitorReport.from_json(connection.execute(query).scalar_one()))
    if len(_remembered) >= _MOST:
        _remembered.clear()
    _remembered[run] = trend
    return trend
