"""Parquet files that are written a block at a time: one table, or one file for each month of a table."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from models.arrays import Int64Array

_COMPRESSION = "snappy"
_ROWS_WAITING = 1_500_000


class GrowingFile:
    """A Parquet file to which tables of one form are added, each a row group; without any it is empty of rows."""

    def __init__(self, path: Path, schema: pa.Schema, plain: tuple[str, ...] = ()) -> None:
        coded = [name for name in schema.names if name not in plain]
        self._writer = pq.ParquetWriter(path, schema, compression=_COMPRESSION, use_dictionary=coded)

    def add(self, table: pa.Table) -> None:
        """These rows, too."""
        if len(table):
            self._writer.write_table(table, row_group_size=len(table))

    def close(self) -> None:
        """It is whole then."""
        self._writer.close()

    def __enter__(self) -> GrowingFile:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()


class MonthFiles:
    """`folder/2024-01.parquet` and so on: rows go to the file of their month; memory does not grow with them.

    What is added until `flush` becomes one row group of each month. `plain` are columns whose values hardly repeat: no
    dictionary is tried for them.
    """

    def __init__(self, folder: Path, plain: tuple[str, ...] = ()) -> None:
        self._folder, self._plain = folder, plain
        self._files: dict[int, GrowingFile] = {}
        self._waiting: dict[int, list[pa.Table]] = {}
        folder.mkdir(parents=True)

    def add(self, table: pa.Table, month: Int64Array) -> None:
        """Rows whose months (counted from January 1970) rise."""
        firsts = np.flatnonzero(np.diff(month, prepend=-1))
        for first, last in zip(firsts, [*firsts[1:], len(month)], strict=True):
            self._waiting.setdefault(int(month[first]), []).append(table.slice(first, last - first))
        if sum(len(part) for parts in self._waiting.values() for part in parts) >= _ROWS_WAITING:
            self.flush()

    def flush(self) -> None:
        """Write what waits."""
        for month, parts in self._waiting.items():
            self._file(month, parts[0].schema).add(pa.concat_tables(parts))
        self._waiting.clear()

    def _file(self, month: int, schema: pa.Schema) -> GrowingFile:
        if month not in self._files:
            path = self._folder / f"{1970 + month // 12}-{month % 12 + 1:02d}.parquet"
            self._files[month] = GrowingFile(path, schema, self._plain)
        return self._files[month]

    def __enter__(self) -> MonthFiles:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        for file in self._files.values():
            file.close()


def write_table(path: Path, table: pa.Table) -> None:
    """A whole table as one file."""
    with GrowingFile(path, table.schema) as file:
        file.add(table)
