"""The series of a workspace as of dates, read through the feature store."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from zoneinfo import ZoneInfo

import pandas as pd

from core.clock import day_start
from core.workspace import Workspace
from feature_repo import partitions, snapshots, store
from models.demand.series import Histories, origin, unpack

SERVICE = "demand_v1"
VIEW = "series_features"
_TIME = "event_timestamp"


def histories(workspace: Workspace, as_of: date) -> Histories:
    """Every series of the population as of a date (for weekly series, of the Monday of its week).

    Raises:
        DataError: before any data, or no series yet.
    """
    settings = workspace.settings.demand
    start = origin(as_of, settings.freq)
    return unpack(store.matrix(workspace, SERVICE, start), start, settings)


def histories_at(workspace: Workspace, dates: Sequence[date]) -> dict[date, Histories]:
    """The same for many origins in one point-in-time join; the dates have to be origins already."""
    settings, zone = workspace.settings.demand, workspace.tables.timezone
    with snapshots.kept(workspace, [VIEW], dates):
        entities = pd.concat([_entities(workspace, day) for day in sorted(set(dates))], ignore_index=True)
    frame = store.historical(workspace, SERVICE, entities)
    days = frame[_TIME].dt.tz_convert(ZoneInfo(zone)).dt.date
    return {day: unpack(part, day, settings) for day, part in frame.groupby(days, sort=True)}


def _entities(workspace: Workspace, day: date) -> pd.DataFrame:
    path = partitions.partition(workspace, VIEW, day)
    ids = pd.read_parquet(path, columns=["series_id"], partitioning=None)
    return ids.assign(**{_TIME: pd.Timestamp(day_start(day, workspace.tables.timezone))})
