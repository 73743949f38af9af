"""Filling the online store from the snapshot files of a workspace."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final

import pyarrow.parquet as pq

from core import progress, utc
from core.clock import day_start
from core.workspace import Workspace
from feature_repo import catalog, partitions
from feature_repo.materialization import Materialization
from feature_repo.packed.backend import Backend, Filling, StoreState
from feature_repo.packed.column_batches import pack_batch
from feature_repo.packed.entity_keys import entity_keys
from feature_repo.packed.view_tables import layout_of, table_of

BATCH: Final = 10_000
"""So many rows are in memory at once."""


def fill(workspace: Workspace, backend: Backend, filling: Materialization) -> None:
    """Put the snapshots of a filling in the place of all the store holds, of all views at one moment.

    Raises:
        FileNotFoundError: a snapshot is not there.
        Exception: what the store's client raises where it does not answer; the store then shows what it did before.
    """
    days = filling.content.days
    with backend.filling([table_of(name) for name in days]) as new:
        for name in progress.current().track(list(days), "filling the online store", total=len(days)):
            _put(workspace, new, catalog.view(name), days[name])
        layouts = {name: layout_of(catalog.view(name)).fingerprint.hex() for name in days}
        new.switch(StoreState(filling.token, layouts))


def has_snapshots(workspace: Workspace, filling: Materialization) -> bool:
    """Whether this workspace has the files that a filling was made from, or others of the same dates and transforms."""
    days, transforms = filling.content.days, filling.content.transforms
    if set(days) - set(catalog.VIEWS):
        return False
    builds = {name: partitions.read_build(workspace, name, day) for name, day in days.items()}
    return all(build is not None and build.transform == transforms[name] for name, build in builds.items())


def event_timestamp(day: date, timezone: str) -> int:
    """The moment as of which a day's rows are, in microseconds since 1970."""
    return (utc.aware(day_start(day, timezone)) - utc.EPOCH) // timedelta(microseconds=1)


def _put(workspace: Workspace, new: Filling, view: catalog.View, day: date) -> None:
    layout, moment = layout_of(view), event_timestamp(day, workspace.tables.timezone)
    for batch in pq.ParquetFile(partitions.partition(workspace, view.name, day)).iter_batches(BATCH):
        keys = entity_keys(view.key, batch.column(view.key).to_pylist())
        new.put(table_of(view.name), list(zip(keys, pack_batch(layout, batch, moment), strict=True)))
