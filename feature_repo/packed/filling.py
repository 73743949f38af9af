"""Filling the online store from the snapshot files of a workspace, in pieces of some thousand rows.

Several threads each read, pack and write pieces of their own. The store notes with each piece that it is there, so that
a filling that was killed goes on from the same snapshots with the pieces that are missing; from others it starts anew.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from pathlib import Path

import pyarrow as pa
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


@dataclass(frozen=True)
class Piece:
    """A row group of a view's snapshot file: so many rows as a thread holds."""

    view: catalog.View
    file: Path
    group: int
    timestamp: int

    @property
    def name(self) -> str:
        """Told from all others of a filling."""
        return f"{self.view.name} {self.group}"

    def put(self, new: Filling) -> None:
        """Bring it into the store."""
        table = pq.ParquetFile(self.file).read_row_group(self.group)
        batch = pa.RecordBatch.from_arrays([column.combine_chunks() for column in table.columns], table.column_names)
        keys = entity_keys(self.view.key, batch.column(self.view.key).to_pylist())
        rows = pack_batch(layout_of(self.view), batch, self.timestamp)
        new.put(table_of(self.view.name), list(zip(keys, rows, strict=True)), self.name)


def fill(workspace: Workspace, backend: Backend, filling: Materialization) -> None:
    """Put the snapshots of a filling in the place of all the store holds, of all views at one moment.

    Raises:
        FileNotFoundError: a snapshot is not there.
        Exception: what the store's client raises where it does not answer; the store then shows what it did before.
    """
    days = filling.content.days
    layouts = {name: layout_of(catalog.view(name)).fingerprint.hex() for name in days}
    pieces = [piece for name, day in days.items() for piece in _pieces(workspace, catalog.view(name), day)]
    with backend.filling([table_of(name) for name in days], _source(workspace, filling, layouts)) as new:
        _put(new, [piece for piece in pieces if piece.name not in new.done], workspace.settings.threads)
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


def _pieces(workspace: Workspace, view: catalog.View, day: date) -> list[Piece]:
    file, moment = partitions.partition(workspace, view.name, day), event_timestamp(day, workspace.tables.timezone)
    return [Piece(view, file, group, moment) for group in range(pq.read_metadata(file).num_row_groups)]


def _source(workspace: Workspace, filling: Materialization, layouts: Mapping[str, str]) -> str:
    """What the pieces of a filling follow from: two with the same have the same rows in pieces of the same name."""
    made = []
    for view, day in sorted(filling.content.days.items()):
        build, file = partitions.read_build(workspace, view, day), partitions.partition(workspace, view, day).stat()
        made.append([view, build and asdict(build), file.st_size, file.st_mtime_ns])
    said = json.dumps([made, layouts, workspace.tables.timezone], sort_keys=True)
    return hashlib.sha256(said.encode()).hexdigest()[:32]


def _put(new: Filling, pieces: Sequence[Piece], threads: int) -> None:
    """Raises what the first that failed has raised, once all that were begun have ended."""
    with ThreadPoolExecutor(threads) as pool:
        running = [pool.submit(piece.put, new) for piece in pieces]
        try:
            told = progress.current().track(as_completed(running), "filling the online store", total=len(running))
            for each in told:
                each.result()
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
