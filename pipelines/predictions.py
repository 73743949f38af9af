"""Batch predictions: a version's answer for a whole population as of a date, in one file, whole or not there."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
from pandas import DataFrame

from core.errors import DataError
from core.progress import current
from core.workspace import Workspace, of_one_generation
from models.artifact_cache import MODEL
from models.kinds import ColumnType, Kind, PartwiseKind, kind
from models.registry import Registry
from pipelines.output import require_writable, write_parts

_TYPES = {"text": pa.string(), "day": pa.date32(), "number": pa.float64(), "integer": pa.int32()}


@dataclass(frozen=True)
class Predicted:
    """What was written."""

    kind: str
    version: str
    as_of: date
    rows: int
    output: Path


@of_one_generation
def predict(
    workspace: Workspace,
    name: str,
    as_of: date,
    output: Path,
    *,
    alias: str = "champion",
    mode: str | None = None,
    k: int | None = None,
    diversity: float | None = None,
    level: str | None = None,
) -> Predicted:
    """Predict for the whole population as of a date, with the version of an alias or number, into a file.

    Raises:
        UsageError: an impossible output, option or version.
        NotReady: no version carries the alias, or it was trained as of later than `as_of`.
    """
    of_kind, registry = kind(name), Registry(workspace)
    require_writable(output)
    options = of_kind.file_options({"mode": mode, "k": k, "diversity": diversity, "level": level})
    version = registry.version(name, alias)
    model = of_kind.load(registry.fetch(version) / MODEL)
    current().step(f"predicting {name} as of {as_of} with version {version.version}")
    parts: Iterable[DataFrame]
    if isinstance(of_kind, PartwiseKind):
        parts = of_kind.predict_parts(workspace, model, as_of, version.version, **options)
    else:
        parts = [of_kind.predict_file(workspace, model, as_of, version.version, **options)]
    rows = write_parts((shape(workspace, of_kind, part, **options) for part in parts), output)
    return Predicted(name, version.version, as_of, rows, output)


def shape(workspace: Workspace, of_kind: Kind[Any], frame: DataFrame, **options: Any) -> pa.Table:
    """The frame with the file's columns, in order and typed.

    Raises:
        DataError: a column is missing, or a value.
    """
    told = of_kind.file_columns(workspace.settings, **options)
    columns: dict[str, ColumnType] = {**told, "model_version": "text"}
    missing = [column for column in columns if column not in frame or frame[column].isna().any()]
    if missing:
        raise DataError(f"the predictions of {of_kind.name} lack values in: {', '.join(missing)}")
    frame = frame[list(columns)].copy()
    for column in (column for column, type_ in columns.items() if type_ == "day"):
        frame[column] = frame[column].astype("datetime64[ns]").dt.date
    schema = pa.schema([(column, _TYPES[type_]) for column, type_ in columns.items()])
    return pa.Table.from_pandas(frame, schema=schema, preserve_index=False)
