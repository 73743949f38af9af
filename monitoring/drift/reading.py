"""Feature snapshots a column at a time, so that a million customers need the memory of a few columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from core.kept_answers import KeptAnswers
from core.workspace import Workspace
from feature_repo import partitions
from feature_repo.catalog import View
from models.kinds import Kind
from monitoring.kinds import monitor

PLAIN = ("float", "int", "text")
ENTRIES = " (entries)"
"""What the number of entries of a packed feature is called."""
CELLS = 4_000_000
"""So many values are read at once."""


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
        return self._values(name, self.file.read([name.removesuffix(ENTRIES)]).take(self._places))

    def rows(self, names: Sequence[str], places: np.typing.NDArray[np.int64]) -> pd.DataFrame:
        """Columns at some of the entities, read together as far as `CELLS` allow."""
        found: dict[str, pd.Series[Any]] = {}
        most = max(CELLS // max(self.file.metadata.num_rows, 1), 1)
        for some in (names[first : first + most] for first in range(0, len(names), most)):
            table = self.file.read([name.removesuffix(ENTRIES) for name in some]).take(self._places[places])
            found |= {name: self._values(name, table) for name in some}
        return pd.DataFrame(found)

    @cached_property
    def _places(self) -> np.typing.NDArray[np.int64]:
        """Where in the file the entities stand."""
        return np.flatnonzero(self.kept)

    def _values(self, name: str, table: pa.Table) -> pd.Series[Any]:
        column = name.removesuffix(ENTRIES)
        values: pd.Series[Any] = table.column(column).to_pandas()
        return values.map(len, na_action="ignore").astype(float) if column in self.packed else values


def open_snapshot(workspace: Workspace, kind: Kind[Any], view: View, day: date) -> SnapshotColumns:
    """A snapshot that is built already."""
    file = pq.ParquetFile(partitions.partition(workspace, view.name, day))
    kept = _KEPT.of(workspace, (kind.name, view.name, day), lambda: _of_population(workspace, kind, view, file, day))
    return SnapshotColumns(file, kept, frozenset(f.name for f in view.features if f.dtype not in PLAIN))


_KEPT = KeptAnswers[np.typing.NDArray[np.bool_]](most=64)
"""Which rows of a snapshot count: a look reads its days once to draw them, and once to judge them."""


def _of_population(
    workspace: Workspace, kind: Kind[Any], view: View, file: pq.ParquetFile, day: date
) -> np.typing.NDArray[np.bool_]:
    population = monitor(kind).population(workspace, day)
    if population is None:
        return np.ones(file.metadata.num_rows, dtype=bool)
    return np.asarray(file.read([view.key]).column(0).to_pandas().isin(list(population)), dtype=bool)


def names(view: View) -> list[str]:
    """The columns of a view that are compared: its numbers and codes, and of one packed feature how many it holds."""
    plain = [feature.name for feature in view.features if feature.dtype in PLAIN]
    packed = [f"{f.name}{ENTRIES}" for f in view.features if f.dtype not in PLAIN]
    return plain + packed[:1]


def codes(view: View) -> frozenset[str]:
    """Those of them that are codes."""
    return frozenset(f.name for f in view.features if f.dtype == "text" or f.unit == "code")
