"""Feature snapshots as jobs: build them, hand the matrix out, fill the online store."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pyarrow as pa

from core import progress
from core.publication import Publication
from core.workspace import Workspace, of_one_generation
from feature_repo import catalog, folding, snapshots, store
from feature_repo.snapshots import TIMESTAMP, BuildReport
from feature_repo.store import MaterializeReport
from pipelines.output import require_suffix, write


@of_one_generation
def build(workspace: Workspace, as_of: date) -> list[BuildReport]:
    """Build every view's snapshot as of a date, where it is missing or stale.

    Raises:
        NotReady: nothing has been ingested; or Spark is to compute them and is not installed.
        DataError: before any data.
        StoreError: Spark failed.
    """
    progress.current().step(f"features as of {as_of}")
    return snapshots.ensure_all(workspace, catalog.VIEWS, [as_of])


@of_one_generation
def export(workspace: Workspace, as_of: date, output: Path, view: str = "customer_features") -> int:
    """Write a view's matrix as of a date; returns its rows. Lists are written as JSON in a CSV file.

    Raises:
        UsageError: no such view, or neither a .parquet nor a .csv file.
        DataError: before any data.
    """
    require_suffix(output)
    spec = catalog.view(view)
    service = next(name for name, views in catalog.SERVICES.items() if view in views)
    frame = store.matrix(workspace, service, as_of, spec.key)
    table = pa.Table.from_pandas(frame[[spec.key, TIMESTAMP, *(f.name for f in spec.features)]], preserve_index=False)
    write(table, output)
    return int(table.num_rows)


@of_one_generation
def materialize(workspace: Workspace, as_of: date) -> MaterializeReport:
    """Fill the online store, fold in again the purchases that no ingest has taken yet, and publish for replicas.

    Raises:
        DataError: before any data.
        StoreError: a store does not answer.
    """
    report, events = folding.refill(workspace, as_of)
    Publication(workspace).publish()
    if events:
        progress.current().note(f"{len(events)} received events folded in")
    return report
