"""The online store: direct reads beside Feast's, an event folded in, and how fast it is filled. CPU time, in turns.

    .venv/bin/python benchmarks/online_store.py WORKSPACE [URL ...]

WORKSPACE has tables (`regulars ingest`); it is copied, nothing in it is changed. URLs name stores beside the SQLite
file: redis://..., postgresql://.... For each it prints:

- what a read of the 1 or 100 customers of `churn_v1` costs in CPU, directly, by `get_online_features` from the same
  rows, and by `get_online_features` from Feast's own SQLite store;
- what folding one purchase in costs, directly and by `write_to_online_store`;
- how many rows of `customer_features` a second go in (wall-clock and CPU), and the minutes for a million of that.
"""

from __future__ import annotations

import os
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from core.clock import day_start, present
from core.event_log import Event
from core.workspace import Workspace
from feature_repo import catalog, folding, partitions, store
from feature_repo.config import repo_config
from feature_repo.feast_api import FeatureStore
from feature_repo.online import OnlineReader, OnlineWriter
from feature_repo.packed.backend import Backend, StoreState, open_backend
from feature_repo.packed.column_batches import pack_batch
from feature_repo.packed.entity_keys import entity_keys
from feature_repo.packed.filling import BATCH
from feature_repo.packed.view_tables import layout_of

SERVICE, VIEW, KEY = "churn_v1", "customer_features", "customer_id"
ROUNDS, MOST_SECONDS, MANY = 9, 0.4, 100_000


def cpu(act: Callable[[], object]) -> float:
    """Milliseconds of CPU of one call, in the median of several rounds."""
    act()
    found = []
    for _ in range(ROUNDS):
        started, wall, calls = time.process_time(), time.monotonic(), 0
        while calls == 0 or time.monotonic() - wall < MOST_SECONDS / ROUNDS:
            act()
            calls += 1
        found.append((time.process_time() - started) / calls)
    return 1e3 * statistics.median(found)


def feasts_own(workspace: Workspace) -> FeatureStore:
    """Feast with its own SQLite store, filled by itself with the same snapshot."""
    config = repo_config(workspace).model_dump(by_alias=True)
    config["online_store"] = {"type": "sqlite", "path": str(workspace.root / "feasts.db")}
    config["registry"] = {"registry_type": "file", "path": str(workspace.root / "feasts.pb")}
    feast = FeatureStore(config=type(repo_config(workspace))(**config))
    store.apply(workspace, feast)
    return feast


def filled(backend: Backend, batches: Sequence[pa.RecordBatch], count: int) -> tuple[float, float]:
    """Rows a second by the clock and by CPU, of a view filled with `count` made-up customers."""
    layout, view = layout_of(catalog.view(VIEW)), catalog.view(VIEW)
    started, began, done = time.monotonic(), time.process_time(), 0
    with backend.filling(["bench"], "source") as new:
        while done < count:
            for batch in batches:
                rows = pack_batch(layout, batch, 0)
                keys = entity_keys(view.key, (f"made-up {done + place}" for place in range(len(rows))))
                new.put("bench", list(zip(keys, rows, strict=True)), str(done))
                done += len(rows)
        new.switch(StoreState("bench"))
    rates = done / (time.monotonic() - started), done / (time.process_time() - began)
    backend.clear(["bench"])
    return rates


def report(workspace: Workspace, name: str, own: FeatureStore, references: list[str]) -> None:
    folding.refill(workspace, present(workspace))
    reader, feast = OnlineReader(workspace, SERVICE), store.feature_store(workspace)
    offline = store.matrix(workspace, SERVICE, present(workspace))
    ids = offline[KEY].tolist()
    for some in (ids[:1], ids[:100]):
        asked = [{KEY: each} for each in some]
        direct = cpu(partial(reader.read, some))
        packed, feasts = (
            cpu(partial(each.get_online_features, features=references, entity_rows=asked)) for each in (feast, own)
        )
        print(f"{name}: {len(some)} customers: {direct:.3f} ms directly")
        print(f"    {packed:.2f} by get_online_features from the same rows ({packed / direct:.0f} times)")
        print(f"    {feasts:.2f} from Feast's own SQLite store ({feasts / direct:.0f} times)")
    writer, number = OnlineWriter(workspace), 0
    event = Event(ids[0], pd.Timestamp(day_start(present(workspace), "UTC")), "purchase", None, None, 1.0, 9.0)

    def fold() -> None:
        nonlocal number
        number += 1
        writer.apply([replace(event, sequence=number, order_id=str(number % 50))], up_to=number)

    moment = pd.Timestamp(day_start(present(workspace), workspace.tables.timezone))
    row = offline.head(1).assign(event_timestamp=moment)
    folded, written = cpu(fold), cpu(lambda: own.write_to_online_store(VIEW, df=row))
    print(f"{name}: a purchase: {folded:.2f} ms folded in, {written:.2f} ms by write_to_online_store alone")
    path = partitions.partition(workspace, VIEW, present(workspace))
    batches = list(pq.ParquetFile(path).iter_batches(BATCH))
    backend = open_backend(str(repo_config(workspace).online_store.url))
    wall, busy = filled(backend, batches, MANY)
    print(f"{name}: filled with {wall:,.0f} rows/s ({busy:,.0f} by CPU): a million in {1e6 / wall / 60:.1f} minutes")


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "ws"
        shutil.copytree(sys.argv[1], root)
        workspace = Workspace.open(root)
        references = store.references(catalog.views_of(SERVICE, [KEY]))
        own = feasts_own(workspace)
        day = present(workspace)
        moment = day_start(day, workspace.tables.timezone)
        store.matrix(workspace, SERVICE, day)
        with store._engine(workspace), store._quiet():
            own.materialize(moment - timedelta(seconds=1), moment, feature_views=[VIEW])
        for url in ("", *sys.argv[2:]):
            os.environ["REGULARS_STORES__ONLINE"] = url
            report(Workspace.open(root), url.partition(":")[0] or "sqlite", own, references)


if __name__ == "__main__":
    main()
