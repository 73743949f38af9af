"""The forecast of every series, made when something it depends on changes, and looked up by requests.

A forecast needs all series of the shop at once and changes with a new champion, a refilled store or a new plan
only: so it is made in the background, never in a request.
"""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass, replace

import pandas as pd
import structlog

from core.alerts import Alerts
from core.errors import RegularsError
from core.messages import Message
from core.workspace import Workspace
from feature_repo.materialization import Materialization, Materializations
from models.artifact_cache import BASELINE
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


@dataclass(frozen=True)
class PreparedOutlook:
    """An outlook with who made it, and of which content of the stores."""

    who: Champion[Model]
    outlook: Outlook
    content: tuple[object, ...]


class ForecastCache:
    """The outlook as of the online store's date, with who made it: `kept` is one reference, replaced as a whole.

    The first is the latest champion's; behind it stand that of the champion before, for whom a rollback brings back,
    and that of the champion's best baseline, which answers at once where the champion is retired.
    """

    def __init__(self, workspace: Workspace, features: OnlineFeatures, subject: str = SUBJECT) -> None:
        self._subject = subject
        self._workspace = workspace
        self._fillings = Materializations(workspace)
        self._features = features
        self._acceptances = Acceptances(workspace)
        self.kept: tuple[PreparedOutlook, ...] = ()
        self.accepted: Set[str] = frozenset()
        self._no_baseline: tuple[object, ...] = ()
        """For which version and content one was looked for, whatever came of it."""
        self._alerted: bool | None = None  # unknown: a process before this one may have raised one

    @property
    def now(self) -> Outlook | None:
        """The outlook."""
        kept = self.kept
        return kept[0].outlook if kept else None

    def of(self, who: Champion[Model], before: str | None = None) -> PreparedOutlook | None:
        """What tells for a version: its own outlook; else that of the champion before, if it may; else a baseline's.

        None: there is none of these. A version that was taken out of service tells nothing, whatever is prepared.
        """
        kept = self.kept
        if who.is_arm:  # the cache is its own
            return kept[0] if kept else None
        own = [each for each in kept if each.who.state == who.state]
        earlier = [each for each in kept if each.who.version == before and each.who.fallback is None]
        simple = [each for each in kept if each.who.fallback is not None]
        return next(iter([*own, *earlier, *simple]), None)

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
        if kept := self.kept:
            outlook, days = kept[0].outlook, self._workspace.settings.demand.horizon_days
            totals = Totals(kept[0].who.version, outlook.as_of, days, outlook.totals)
            self.accepted = self._acceptances.accepted(totals)

    def _refresh(self, champion: Champion[Model]) -> None:
        latest = self._fillings.latest()
        if latest is None:
            return
        content = (latest.number, self._workspace.tables.generation)
        held = [each for each in self.kept if each.content == content]
        own = next((each for each in held if each.who.state == champion.state), None)
        if own is None:
            own = self._told(champion, latest)
            if own is None:
                return
        if own is not next(iter(self.kept), None):
            others = [each for each in held if each is not own and each.content == own.content]
            self.kept = (own, *[each for each in others if each.who.fallback is None][:1],
                         *[each for each in others if each.who.fallback is not None][:1])  # fmt: skip
            self.refresh_acceptances()
        if not champion.is_arm and champion.fallback is None:
            self._keep_baseline(champion, own, latest)

    def _told(self, who: Champion[Model], latest: Materialization) -> PreparedOutlook | None:
        with self._workspace.pinned() as workspace:
            content = (latest.number, workspace.tables.generation)
            made = self._make(workspace, who.model, latest)
        return PreparedOutlook(who, made, content) if made is not None else None

    def _keep_baseline(self, champion: Champion[Model], own: PreparedOutlook, latest: Materialization) -> None:
        """Beside the others, once; without it a champion that is retired leaves a gap until its baseline has told."""
        state = replace(champion.state, directory=champion.state.root / BASELINE, alias=BASELINE, mode="baseline")
        if any(each.who.state == state for each in self.kept) or self._no_baseline == (state, own.content):
            return
        self._no_baseline = state, own.content
        if not state.directory.is_dir():
            return
        try:
            made = self._told(Champion(champion.kind, state, champion.kind.load(state.directory)), latest)
        except RegularsError as error:
            _log.warning("baseline_not_forecast", version=champion.version, error=str(error))
            return
        if made is not None and made.content == own.content:
            self.kept = (*[each for each in self.kept if each.who.fallback is None], made)

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
