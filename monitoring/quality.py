"""Data quality: whether what arrives still looks like what arrived before."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import pandas as pd
import pyarrow.parquet as pq

from core import query_engine
from core.messages import Message
from core.workspace import Workspace
from monitoring.arrivals import feed_rhythm, moved_units, order_lines, silent_places, week_volume
from monitoring.results import MonitorReport, QualityCheck
from monitoring.shop_series import series_check

LOOKS = (feed_rhythm.checks, week_volume.checks, order_lines.checks, silent_places.checks, moved_units.checks)
JUMP = 0.10
"""How far the share of missing values of a feature may rise."""
_USUAL = 0.50
"""A value that a larger share had before may be everybody's for a while: no campaign is planned."""


def shop(workspace: Workspace, as_of: date, history: Sequence[MonitorReport] = ()) -> tuple[QualityCheck, ...]:
    """Checks of the last week's order lines, places and units, of every feed's rhythm, and of refused rows; `history`
    are the runs before.
    """
    with query_engine.on_tables(workspace) as connection:
        found = [check for look in LOOKS for check in look(connection, workspace, as_of)]
        found.append(series_check.check(connection, workspace, as_of, history, found))
    return (*found, *_refused(workspace))


def features(reference: Sequence[pd.DataFrame], current: pd.DataFrame, view: str = "") -> tuple[QualityCheck, ...]:
    """Checks of the features of one view, which they name: what went missing, what became constant.

    `reference` has one frame per snapshot: what was missing or constant in any of them (no campaign was running) may
    be so again.
    """
    names = [str(name) for name in current.columns]
    most = pd.concat([frame.isna().mean() for frame in reference], axis=1).max(axis=1)
    missing = current.isna().mean()
    jumped = [name for name in names if missing[name] - most[name] > JUMP]
    constant = [
        n for n in names if _constant(current[n]) and not any(_usual(current[n], frame[n]) for frame in reference)
    ]
    return (
        _named("went_missing", jumped, len(names), view),
        _named("became_constant", constant, len(names), view),
    )


def _constant(values: pd.Series[Any]) -> bool:
    return values.nunique(dropna=False) <= 1


def _usual(values: pd.Series[Any], before: pd.Series[Any]) -> bool:
    """Whether the one value of a column was that of many before, or the column was constant already."""
    if _constant(before):
        return True
    value = values.iloc[0]
    return bool((before.isna() if pd.isna(value) else before == value).mean() > _USUAL)


def _named(check: str, columns: list[str], total: int, view: str) -> QualityCheck:
    says = Message("check.named", {"names": columns, "columns": total, "view": view})
    return QualityCheck(check, float(len(columns)), 0.0, 0.0, not columns, says)


def _refused(workspace: Workspace) -> list[QualityCheck]:
    """The share of rows that ingest refused, of each table that has some."""
    limit, checks = workspace.settings.max_rejected_share, []
    for folder in sorted(path for path in workspace.quarantine_dir.glob("*") if path.is_dir()):
        refused = sum(pq.ParquetFile(path).metadata.num_rows for path in folder.glob("*.parquet"))
        share = refused / max(refused + workspace.tables.rows(folder.name), 1)
        says = Message("check.refused", {"table": folder.name, "rows": refused, "share": share})
        checks.append(QualityCheck("refused", share, None, limit, share <= limit, says))
    return checks
