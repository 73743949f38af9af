"""Batch predictions: a version's answer for a whole population as of a date, in one file, whole or not there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
from pandas import DataFrame

from core.errors import DataError, NotReady, UsageError, did_you_mean
from core.progress import current
from core.workspace import Workspace, of_one_generation
from models.artifact_cache import MODEL
from models.kinds import kind, require_name
from models.registry import Registry
from models.version import Version
from pipelines.output import require_writable, write

MODES = ("all", "new")
LARGEST_K = 1000
_TEXT, _DAY, _NUMBER, _INTEGER = pa.string(), pa.date32(), pa.float64(), pa.int32()
_COLUMNS = {
    "churn": {
        "customer_id": _TEXT,
        "as_of": _DAY,
        "churn_probability": _NUMBER,
        "risk_score": _INTEGER,
        "risk_tier": _INTEGER,
        "action": _TEXT,
    },
    "recommendation": {
        "customer_id": _TEXT,
        "rank": _INTEGER,
        "product_id": _TEXT,
        "score": _NUMBER,
        "source": _TEXT,
    },
    "demand": {"date": _DAY} | dict.fromkeys(("mean", "q05", "q25", "q50", "q75", "q95"), _NUMBER),
}


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
) -> Predicted:
    """Predict for the whole population as of a date, with the version of an alias or number, into a file.

    Raises:
        UsageError: an impossible output, option or version.
        NotReady: no version carries the alias, or it was trained as of later than `as_of`.
    """
    require_name(name)
    require_writable(output)
    options = _options(name, mode, k)
    registry = Registry(workspace)
    version = registry.version(name, alias)
    _refuse_hindsight(version, as_of)
    of_kind = kind(name)
    model = of_kind.load(registry.fetch(version) / MODEL)
    current().step(f"predicting {name} as of {as_of} with version {version.version}")
    frame = of_kind.predict_file(workspace, model, as_of, version.version, **options)
    table = shape(workspace, name, frame)
    write(table, output)
    return Predicted(name, version.version, as_of, table.num_rows, output)


def shape(workspace: Workspace, name: str, frame: DataFrame) -> pa.Table:
    """The frame with the file's columns, in order and typed.

    Raises:
        DataError: a column is missing, or a value.
    """
    keys = dict.fromkeys(workspace.settings.demand.series, _TEXT) if name == "demand" else {}
    columns = keys | _COLUMNS[name] | {"model_version": _TEXT}
    missing = [column for column in columns if column not in frame or frame[column].isna().any()]
    if missing:
        raise DataError(f"the predictions of {name} lack values in: {', '.join(missing)}", where=f"models/{name}")
    frame = frame[list(columns)].copy()
    for column in (column for column, kind_of in columns.items() if kind_of == _DAY):
        frame[column] = frame[column].astype("datetime64[ns]").dt.date
    return pa.Table.from_pandas(frame, schema=pa.schema(list(columns.items())), preserve_index=False)


def _options(name: str, mode: str | None, k: int | None) -> dict[str, Any]:
    if name != "recommendation":
        given = [option for option, value in (("--mode", mode), ("--k", k)) if value is not None]
        if given:
            raise UsageError(
                f"{' and '.join(given)} {'is' if len(given) == 1 else 'are'} for recommendation, not for {name}",
                todo="leave it out",
            )
        return {}
    mode, k = mode or "all", 10 if k is None else k
    if mode not in MODES:
        raise UsageError(f"--mode {mode!r} is not known", todo=did_you_mean(mode, MODES))
    if not 1 <= k <= LARGEST_K:
        raise UsageError(f"--k {k} is not possible", todo=f"give 1 to {LARGEST_K}")
    return {"mode": mode, "k": k}


def _refuse_hindsight(version: Version, as_of: date) -> None:
    """A model that knows facts at or after `as_of` would predict what it has seen."""
    if version.as_of > as_of:
        raise NotReady(
            f"{version} was trained as of {version.as_of}, later than {as_of}",
            why="it has seen what it would predict",
            todo=f"run: regulars train {version.kind} --as-of {as_of}, then predict with --alias challenger",
        )
