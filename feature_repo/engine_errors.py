"""What the embedded engine raises while it computes features, in words that say what to do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from core.errors import DataError, RegularsError, StoreError
from core.tables import Tables

_DAMAGED_DATABASE: Final = "Corrupt database file"
"""The engine does not say which; it reads no others than the aggregates' here."""


@contextmanager
def engine_errors(tables: Tables, names: Sequence[str], aggregates: Path) -> Iterator[None]:
    """Computing features from the tables of these names and from the kept `aggregates`, a folder.

    Raises:
        DataError: a file of these is damaged; names it.
        StoreError: there is not enough memory, or no room on the disk for what does not fit into it.
    """
    try:
        yield
    except Exception as error:
        cause = error.__cause__ if isinstance(error, RegularsError) else error
        if not isinstance(cause, duckdb.Error | pa.ArrowInvalid | OSError):
            raise
        said = _said(cause, tables, names, aggregates)
        if said is None:
            raise
        raise said from cause


def _said(error: Exception, tables: Tables, names: Sequence[str], aggregates: Path) -> RegularsError | None:
    why = next(iter(str(error).splitlines()), type(error).__name__)
    if isinstance(error, duckdb.OutOfMemoryException):
        return StoreError(
            "not enough memory, or no room on the disk for what does not fit into it",
            why=why,
            todo="raise memory_mb in regulars.toml, or make room where the workspace lies; then run it again",
        )
    if _DAMAGED_DATABASE in why:
        todo = f"remove {aggregates}: what is in it is made anew"
        return DataError("what is kept of the order lines is damaged", why=why, todo=todo)
    for name in filter(tables.has, names):
        for file in tables.files(name):
            if (damage := _damage(file)) is not None:
                return DataError(
                    f"a file of the table {name} is damaged",
                    where=str(file),
                    why=damage,
                    todo=f"put it back from a copy, or bring the table again: regulars ingest --replace {name}",
                )
    if isinstance(error, duckdb.IOException):
        return StoreError("a file can't be read or written", why=why, todo="check the disk: is there room on it?")
    return None


def _damage(file: Path) -> str | None:
    """What is wrong with a Parquet file; None where all of it can be read."""
    try:
        for _ in pq.ParquetFile(file).iter_batches():
            pass
    except (pa.ArrowException, OSError) as error:
        return next(iter(str(error).splitlines()), type(error).__name__)
    return None
