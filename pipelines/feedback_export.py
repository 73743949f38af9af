"""The feedback, joined with the predictions it is about, as a file for a data scientist."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pyarrow as pa

from core.prediction_log import PredictionLog
from core.workspace import Workspace
from monitoring.served.feedback_table import read_feedback
from pipelines.output import require_writable, write

_MOMENT: Final = pa.timestamp("us", tz="UTC")
_TYPES: Final = {
    "received_at": _MOMENT,
    "made_at": _MOMENT,
    "value": pa.float64(),
    "bought": pa.bool_(),
    "units": pa.float64(),
}


@dataclass(frozen=True)
class Exported:
    """What was written: `outcomes` as they came, in `rows`; `unmatched` of them are about no prediction of the log.

    `left_out` rows are about customers who do not allow what they were predicted for.
    """

    rows: int
    outcomes: int
    unmatched: int
    left_out: int
    output: Path


def export(workspace: Workspace, output: Path) -> Exported:
    """Write every outcome, one row per line of the answer that it tells of, the oldest first.

    Raises:
        UsageError: an impossible output.
        StoreError: the database does not answer.
    """
    require_writable(output)
    found = read_feedback(workspace, PredictionLog(workspace))
    schema = pa.schema([(name, _TYPES.get(name, pa.string())) for name in found.rows.columns])
    write(pa.Table.from_pandas(found.rows, schema=schema, preserve_index=False), output)
    by_outcome = found.rows.drop_duplicates("feedback_id")
    unmatched = int(by_outcome["kind"].isna().sum())
    return Exported(len(found.rows), len(by_outcome), unmatched, found.left_out, output)
