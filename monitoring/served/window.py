"""The predictions of a while, and what came of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd

from core import clock, utc
from core.consents import Consents
from core.prediction_log import SHADOW_SUFFIX, PredictionLog
from core.workspace import Workspace
from models.intervals import Statistic, bootstrap
from monitoring.results import Served, ServedFigure
from monitoring.served.feedback_table import PURPOSES, read_feedback


@dataclass(frozen=True)
class ServedWindow:
    """What was answered in `[since, until)` (UTC), as far as it is known at `as_of`.

    `feedback` are the rows of the feedback table about predictions made in the window.
    """

    workspace: Workspace
    log: PredictionLog
    as_of: date
    since: datetime
    until: datetime
    feedback: pd.DataFrame

    @classmethod
    def before(cls, workspace: Workspace, horizon_days: int, as_of: date, at: datetime) -> ServedWindow:
        """The window that ends now (`at`) where `as_of` is the shop's present, else at its first minute; so long
        that the horizon of the earlier `monitoring.window_days` of it has passed.
        """
        present = clock.present(workspace)
        until = at if as_of >= present else clock.day_start(as_of, workspace.tables.timezone)
        since = until - timedelta(days=workspace.settings.monitoring.window_days + horizon_days)
        log = PredictionLog(workspace)
        rows = read_feedback(workspace, log, since, until).rows
        inside = (rows["made_at"] >= since) & (rows["made_at"] < until)
        return cls(workspace, log, as_of, since, until, rows[inside])

    def told(self, kind: str) -> pd.DataFrame:
        """The feedback about one kind of prediction (as the log names it)."""
        return self.feedback[self.feedback["kind"] == kind]

    def firsts(self, kind: str) -> dict[str, Mapping[str, Any]]:
        """The first valued line of each subject in the window, with `day`, the shop's day it was answered on (None
        where the log does not say); without customers who do not allow it.
        """
        found: dict[str, Mapping[str, Any]] = {}
        for line in self._lines(kind):
            if line["value"] is not None and line["subject"] not in found:
                found[line["subject"]] = line
        refused = self._refused(kind, found)
        return {subject: line for subject, line in found.items() if subject not in refused}

    def allowed(self, kind: str) -> list[Mapping[str, Any]]:
        """Every line with a subject in the window, with its `day`; without customers who do not allow it."""
        lines = [line for line in self._lines(kind) if line["subject"]]
        refused = self._refused(kind, {line["subject"] for line in lines})
        return [line for line in lines if line["subject"] not in refused]

    def _lines(self, kind: str) -> Iterator[Mapping[str, Any]]:
        for line in self.log.predictions(kind, self.since, self.until):
            yield {**line, "day": self._day(line)}

    def _refused(self, kind: str, subjects: Iterable[str]) -> Set[str]:
        purpose = PURPOSES.get(kind.removesuffix(SHADOW_SUFFIX))
        return Consents.load(self.workspace, self.as_of).refused(subjects, purpose) if purpose else frozenset()

    def result(
        self,
        unit: str,
        frame: pd.DataFrame,
        statistics: Mapping[str, Statistic],
        by_orders: int = 0,
        not_understood: int = 0,
    ) -> Served | None:
        """The statistics of a frame with one row per `unit` (in the plural) and the `version` that answered; None
        without rows.
        """
        if frame.empty:
            return None
        seed, figures = self.workspace.settings.seed, []
        for name, statistic in statistics.items():
            found = bootstrap(frame, statistic, seed=seed)
            figures.append(ServedFigure(name, found.value, found.low, found.high))
        return Served(
            since=self.since.isoformat(timespec="seconds"),
            until=self.until.isoformat(timespec="seconds"),
            unit=unit,
            n=len(frame),
            by_feedback=len(frame) - by_orders,
            by_orders=by_orders,
            not_understood=not_understood,
            versions=tuple(sorted(map(str, frame["version"].unique()), key=lambda v: (len(v), v))),
            figures=tuple(figures),
        )

    def _day(self, line: Mapping[str, Any]) -> date | None:
        """An earlier release did not log the day: with the wall clock it is that of the moment."""
        day = line["request"].get("as_of")
        if day is not None:
            return date.fromisoformat(day)
        if self.workspace.settings.clock == "data":
            return None
        return utc.aware(line["made_at"]).astimezone(ZoneInfo(self.workspace.tables.timezone)).date()
