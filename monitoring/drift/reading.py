"""Feature snapshots a column at a time, so that a million customers need the memory of a few columns."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.parquet as pq

from core.workspace import Workspace
from feature_repo import partitions
from feature_repo.catalog import View
from models.kinds import Kind
from monitoring.kinds import monitor

PLAIN = ("float", "int", "text")
ENTRIES = " (entries)"
"""What the number of entries of a packed feature is called."""


@dataclass(frozen=True)
class SnapshotColumns:
    """The columns of a snapshot of a view, of the entities that a kind of model is about; read when asked for."""

    file: pq.ParquetFile
    kept: np.typing.NDArray[np.bool_]
    packed: frozenset[str]

    def __len__(self) -> int:
        return int(self.kept.sum())

    def __contains__(self, name: str) -> bool:
        return name.removesuffix(ENTRIES) in self.file.schema_arrow.names

    def __getitem__(self, name: str) -> pd.Series[Any]:
        column = name.removesuffix(ENTRIES)
        values: pd.Series[Any] = self.file.read([column]).column(0).to_pandas()[self.kept].reset_index(drop=True)
        if column in self.packed:
            values = values.map(len, na_action="ignore").astype(float)
        return values


def open_snapshot(workspace: Workspace, kind: Kind[Any], view: View, day: date) -> SnapshotColumns:
    """A snapshot that is built already."""
    file = pq.ParquetFile(partitions.partition(workspace, view.name, day))
    keys = file.read([view.key]).column(0).to_pandas()
    population = monitor(kind).population(workspace, day)
    kept = np.ones(len(keys), dtype=bool) if population is None else keys.isin(list(population)).to_numpy()
    return SnapshotColumns(file, kept, frozenset(f.name for f in view.features if f.dtype not in PLAIN))


def names(view: View) -> list[str]:
    """The columns of a view that are compared: its numbers and codes, and of one packed feature how many it holds."""
    plain = [feature.name for feature in view.features if feature.dtype in PLAIN]
    packed = [f"{f.name}{ENTRIES}" for f in view.features if f.dtype not in PLAIN]
    return plain + packed[:1]


def codes(view: View) -> frozenset[str]:
    """Those of them that are codes."""
    return frozenset(f.name for f in view.features if f.dtype == "text" or f.unit == "code")
