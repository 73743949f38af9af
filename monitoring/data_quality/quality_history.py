"""Every assessment is kept: how scores went is what tells a manager whether things get better."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from core.state.schema import QUALITY_RUNS
from core.workspace import Workspace
from monitoring.data_quality.quality_report import ShopQuality

SHOWN = 30


@dataclass(frozen=True)
class Course:
    """A score over the days that were kept, the oldest first; None where it was not judged."""

    days: tuple[str, ...]
    scores: tuple[float | None, ...]

    @property
    def change(self) -> float | None:
        """The last score against the one before."""
        known = [score for score in self.scores if score is not None]
        return round(known[-1] - known[-2], 1) if len(known) > 1 else None


class QualityHistory:
    """The assessments of a workspace; the last one of a day speaks for the day."""

    def __init__(self, workspace: Workspace) -> None:
        self._engine = workspace.database

    def append(self, report: ShopQuality) -> None:
        """Keep an assessment."""
        values = {"at": report.at, "day": report.at[:10], "generation": report.generation}
        with self._engine.begin() as connection:
            connection.execute(QUALITY_RUNS.insert().values(**values, document=report.to_json()))

    def latest(self) -> ShopQuality | None:
        """The last assessment, or None before the first."""
        found = self.history(last=1)
        return found[-1] if found else None

    def history(self, last: int = SHOWN) -> list[ShopQuality]:
        """The last assessment of each of the latest days, the oldest first."""
        newest = sa.select(sa.func.max(QUALITY_RUNS.c.id)).group_by(QUALITY_RUNS.c.day)
        query = (
            sa.select(QUALITY_RUNS.c.document)
            .where(QUALITY_RUNS.c.id.in_(newest))
            .order_by(QUALITY_RUNS.c.id.desc())
            .limit(last)
        )
        with self._engine.connect() as connection:
            return [ShopQuality.from_json(text) for (text,) in reversed(connection.execute(query).all())]


def course(runs: Sequence[ShopQuality], table: str | None = None) -> Course:
    """How the score of a table, or of the shop, went over the runs."""
    days = tuple(run.at[:10] for run in runs)
    if table is None:
        return Course(days, tuple(run.score for run in runs))
    found = [run.table(table) for run in runs]
    return Course(days, tuple(each.score if each else None for each in found))
