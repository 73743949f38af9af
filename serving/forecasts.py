"""The forecast of every series, made when something it depends on changes, and looked up by requests.

A forecast needs all series of the shop at once and changes with a new champion, a refilled store or a new plan
only: so it is made in the background, never in a request.
"""

from __future__ import annotations

from collections.abc import Set
from datetime import date
from typing import cast

import pandas as pd

from core.errors import DataError
from core.workspace import Workspace
from feature_repo import filled, snapshots
from models.demand import batch
from models.demand.acceptance import Acceptances
from models.demand.kind import Model
from models.demand.outlook import Outlook, forecast
from models.demand.plans import calendar
from models.demand.reading import SERVICE, VIEW
from serving.champions import Champion
from serving.features import Features

KEY = "series_id"


class Forecasts:
    """The outlook as of the online store's date; `now` is one reference, replaced as a whole, None before the first."""

    def __init__(self, workspace: Workspace, features: Features) -> None:
        self._workspace = workspace
        self._marker = filled.path(workspace)
        self._features = features
        self._made_for: tuple[object, ...] | None = None
        self._acceptances = Acceptances(workspace)
        self.now: Outlook | None = None
        self.accepted: Set[str] = frozenset()

    def refresh(self, champion: Champion) -> None:
        """Forecast anew where the champion, the store's content or the shop's tables are others.

        What a reviewer has accepted meanwhile is read in any case.

        Raises:
            DataError: the model forecasts other series than the settings name, or there are none.
        """
        as_of = filled.as_of(self._workspace)
        if as_of is None:
            return
        wanted = (champion.state, self._marker.stat().st_mtime_ns, self._workspace.tables.generation)
        if wanted != self._made_for:
            made = self._make(cast(Model, champion.model), as_of)
            if made is not None:
                self.now, self._made_for = made, wanted
        self.accepted = self._acceptances.accepted(champion.version, as_of)

    def _make(self, model: Model, as_of: date) -> Outlook | None:
        settings = self._workspace.settings
        if (model.keys, model.freq) != (settings.demand.series, settings.demand.freq):
            raise DataError(
                f"the model forecasts {', '.join(model.keys)} by {model.freq}",
                why=f"regulars.toml says {', '.join(settings.demand.series)} by {settings.demand.freq}",
                todo="train a model of these: regulars train demand",
            )
        if model.freq == "W":  # weeks start on a Monday, the store may be filled as of another day
            return batch.outlook(self._workspace, model, as_of)
        found = self._features.read(SERVICE, KEY, self._series(as_of))
        if not found.known:
            return None
        frame = pd.DataFrame({KEY: found.known, **found.columns})
        return forecast(model, frame, calendar(self._workspace), as_of, settings)

    def _series(self, as_of: date) -> list[str]:
        """The online store can't list its keys; the snapshot it was filled from can."""
        path = snapshots.partition(self._workspace, VIEW, as_of)
        return [str(each) for each in pd.read_parquet(path, columns=[KEY], partitioning=None)[KEY]]
