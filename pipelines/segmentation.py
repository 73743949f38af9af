"""Groups and stages of customers as files: as of a day, over the months, and how customers moved."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final

import pandas as pd
import pyarrow as pa

from core.clock import present
from core.errors import DataError, UsageError
from core.workspace import Workspace, of_one_generation
from feature_repo.standing_features import RFM
from models.segments import membership
from models.segments.group_history import group_history, month_days, months_moved
from models.segments.group_month import By, GroupMonth
from models.segments.health import PARTS
from models.segments.membership import memberships
from models.segments.movements import ORDER
from models.segments.told_scores import SCORES
from pipelines.output import require_writable, write

_WHO: Final = [("customer_id", pa.string()), ("as_of", pa.date32()), ("group", pa.string()), ("stage", pa.string())]
_FIGURES: Final = [*((name, pa.int32() if name.endswith(("_score", "_days")) else pa.float64()) for name in RFM)]
MEMBERS: Final = pa.schema([*_WHO, *_FIGURES])
"""The file of a history."""
STANDING: Final = pa.schema(
    [
        *MEMBERS,
        *((name, pa.int32()) for name in SCORES),
        ("health", pa.float64()),
        *((f"health_{part}", pa.float64()) for part in PARTS),
    ]
)
"""The file of one day; what is not told of a customer is empty."""
MOVEMENTS: Final = pa.schema(
    [
        ("from_day", pa.date32()),
        ("to_day", pa.date32()),
        ("origin", pa.string()),
        ("target", pa.string()),
        ("customers", pa.int64()),
        ("share", pa.float64()),
        ("revenue", pa.float64()),
    ]
)


@dataclass(frozen=True)
class Segmented:
    """Everybody as of a day, and a row per group (or stage): its customers and share, spend of the year, health."""

    as_of: date
    customers: int
    rows: tuple[dict[str, Any], ...]


@of_one_generation
def segment(workspace: Workspace, day: date, output: Path | None, by: By = "group") -> Segmented:
    """Put every customer into a group and a stage as of a day, and write them into a file.

    Raises:
        UsageError: the file can't be written.
        NotReady: nothing has been ingested.
    """
    _ready(output)
    frame = membership.standing(workspace, day)
    if output:
        _write(frame, STANDING, output)
    rows = [_of_group(frame, name, by) for name in ORDER[by]]
    return Segmented(day, len(frame), tuple(rows))


@of_one_generation
def history(
    workspace: Workspace, day: date, months: int, output: Path | None, by: By = "group"
) -> tuple[list[GroupMonth], int]:
    """Every group over the months up to a day, and how many rows (a customer on a day) were written.

    Raises:
        UsageError, NotReady: as `segment`.
    """
    _ready(output)
    months_known, members = group_history(workspace, month_days(day, workspace.tables.first_day(), months))
    rows = pd.concat(members.values(), ignore_index=True)
    if output:
        _write(rows, MEMBERS, output)
    return [month for month in months_known if month.by == by], len(rows)


@of_one_generation
def moved(workspace: Workspace, start: date, stop: date, output: Path | None, by: By = "group") -> pd.DataFrame:
    """Who moved from which group to which between two days.

    Raises:
        UsageError: the first day is not before the second, or the file can't be written.
        DataError: a day before any data, or later than the present.
        NotReady: nothing has been ingested.
    """
    _ready(output)
    _refuse_days(workspace, start, stop)
    table = months_moved(workspace, memberships(workspace, [start, stop]), start, stop, by)
    if output:
        _write(table.assign(from_day=start, to_day=stop), MOVEMENTS, output)
    return table


def _ready(output: Path | None) -> None:
    if output:
        require_writable(output)


def _refuse_days(workspace: Workspace, start: date, stop: date) -> None:
    if start >= stop:
        raise UsageError(f"--from {start} is not before --to {stop}", todo="name the earlier day first")
    earliest, latest = workspace.tables.first_day() + timedelta(days=1), present(workspace)
    if start < earliest:
        raise DataError(f"no data before {start}", todo=f"the earliest possible --from is {earliest}")
    if stop > latest:
        raise DataError(f"{stop} lies ahead of the shop's present", todo=f"the latest possible --to is {latest}")


def _of_group(frame: pd.DataFrame, name: str, by: By) -> dict[str, Any]:
    own = frame[frame[by] == name]
    share = len(own) / len(frame) if len(frame) else 0.0
    health = round(float(own["health"].mean()), 1) if len(own) else None
    return {
        by: name,
        "customers": len(own),
        "share": share,
        "revenue": round(float(own["monetary"].sum()), 2),
        "health": health,
    }


def _write(frame: pd.DataFrame, schema: pa.Schema, output: Path) -> None:
    columns = [pa.array(frame[field.name], field.type, from_pandas=True, safe=False) for field in schema]
    write(pa.Table.from_arrays(columns, schema=schema), output)
