"""The forecast of every series, made when something it depends on changes, and looked up by requests.

A forecast needs all series of the shop at once and changes with a new champion, a refilled store or a new plan
only: so it is made in the background, never in a request.
"""

from __future__ import annotations

from collections.abc import Set
from dataclasses import replace

import pandas as pd
import structlog

from core.alerts import Alerts
from core.errors import RegularsError
from core.messages import Message
from core.workspace import Workspace
from feature_repo.materialization import Materialization, Materializations
from models.demand.acceptance import Acceptances, Totals
from models.demand.dataset import SERVICE, VIEW
from models.demand.endings import without_ended
from models.demand.forecast import Forecast
from models.demand.inventory.replenishment import replenishment
from models.demand.kind import Model
from models.demand.levels.level_outlook import LevelOutlook, level_name, level_outlook
from models.demand.newcomers.newcomer_outlook import newcomer_outlook
from models.demand.outlook import Outlook, forecast, refuse_other_series
from models.demand.plans import calendar
from serving.champions import Champion
from serving.online_features import LOADING, OnlineFeatures

KEY = "series_id"
_log = structlog.get_logger(__name__)
SOURCE, SUBJECT = "serving", "demand forecasts"


class ForecastCache:
    """The outlook as of the online store's date, with who made it: `made` is one reference, replaced as a whole, None
    before the first. After an exchange the version before answers until the new one's outlook is made.
    """

    def __init__(self, workspace: Workspace, features: OnlineFeatures, subject: str = SUBJECT) -> None:
        self._subject = subject
        self._workspace = workspace
        self._fillings = Materializations(workspace)
        self._features = features
        self._made_for: tuple[object, ...] | None = None
        self._acceptances = Acceptances(workspace)
        self.made: tuple[Champion[Model], Outlook] | None = None
        self.accepted: Set[str] = frozenset()
        self._alerted: bool | None = None  # unknown: a process before this one may have raised one

    @property
    def now(self) -> Outlook | None:
        """The outlook."""
        made = self.made
        return made[1] if made else None

    def refresh(self, champion: Champion[Model]) -> None:
        """Forecast anew where the champion, the store's content or the shop's tables are others.

        Raises:
            RegularsError: the model forecasts other series than the settings name, there are none, or a store is
                down; an alert tells of it.
        """
        try:
            self._refresh(champion)
        except Exception as error:
            if not self._alerted:
                self._alerted = True
                message = Message("alert.no_forecast", {"reason": str(error)})
                Alerts(self._workspace).append("severe", SOURCE, self._subject, message, champion.kind.name)
            raise
        if self._alerted is not False:
            Alerts(self._workspace).close(SOURCE, self._subject, by=SOURCE)
            self._alerted = False

    def refresh_acceptances(self) -> None:
        """Read what a reviewer has accepted of the present forecast."""
        if self.made is not None:
            champion, outlook = self.made
            days = self._workspace.settings.demand.horizon_days
            totals = Totals(champion.version, outlook.as_of, days, outlook.totals)
            self.accepted = self._acceptances.accepted(totals)

    def _refresh(self, champion: Champion[Model]) -> None:
        latest = self._fillings.latest()
        if latest is None:
            return
        if self._wanted(self._workspace, champion, latest) == self._made_for:
            return
        with self._workspace.pinned() as workspace:
            wanted = self._wanted(workspace, champion, latest)
            made = self._make(workspace, champion.model, latest)
        if made is not None:
            self.made, self._made_for = (champion, made), wanted
            self.refresh_acceptances()

    def _wanted(self, workspace: Workspace, champion: Champion[Model], latest: Materialization) -> tuple[object, ...]:
        return (champion.state, latest.number, workspace.tables.generation)

    def _make(self, workspace: Workspace, model: Model, latest: Materialization) -> Outlook | None:
        refuse_other_series(model, workspace.settings)
        found = self._features.read(SERVICE, KEY, self._fillings.keys(VIEW), LOADING)
        if not found.known:
            return None
        frame = pd.DataFrame({KEY: found.known, **found.columns})
        made = forecast(model, frame, calendar(workspace), latest.content.days[VIEW], workspace.settings)
        made = without_ended(workspace, made)
        levels = replenishment(workspace, made.keys, made.forecast, model.dispersion, made.as_of)
        return replace(
            made,
            replenishment=levels,
            levels=self._levels(workspace, model, made.forecast),
            newcomers=newcomer_outlook(workspace, model.curves, made.forecast),
        )

    def _levels(self, workspace: Workspace, model: Model, forecast: Forecast) -> tuple[LevelOutlook, ...]:
        """The levels that are groupings of the series; products may have changed since the training that checked."""
        found = []
        for level in workspace.settings.demand.levels:
            try:
                found.append(level_outlook(workspace, level, forecast, model.correlations))
            except RegularsError as error:
                _log.warning("level_not_forecast", level=level_name(level), error=str(error))
        return tuple(found)
