"""Data quality: whether what arrives still looks like what arrived before."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

import pandas as pd
import pyarrow.parquet as pq

from core import query_engine
from core.messages import Message
from core.workspace import Workspace
from monitoring.results import QualityCheck

JUMP = 0.10
"""How far a share may move between the windows before and this one."""
_BEFORE = 3

_SHARES = {
    "guests": "customer_id IS NULL",
    "no_product": "product_id IS NULL",
    "no_revenue": "revenue IS NULL OR revenue = 0",
    "returned": "quantity < 0",
    "discounted": "discount > 0",
}


def shop(workspace: Workspace, as_of: date) -> tuple[QualityCheck, ...]:
    """Checks of the orders in the window before `as_of`, of their freshness and of refused rows."""
    return (*_orders(workspace, as_of), _silence(workspace, as_of), *_refused(workspace))


def features(reference: Sequence[pd.DataFrame], current: pd.DataFrame, view: str = "") -> tuple[QualityCheck, ...]:
    """Checks of the features of one view, which they name: what went missing, what became constant.

    `reference` has one frame per snapshot: what was missing or constant in any of them (no campaign was running) may
    be so again.
    """
    names = [str(name) for name in current.columns]
    most = pd.concat([frame.isna().mean() for frame in reference], axis=1).max(axis=1)
    missing = current.isna().mean()
    jumped = [name for name in names if missing[name] - most[name] > JUMP]
    constant = [n for n in names if _constant(current[n]) and not any(_constant(frame[n]) for frame in reference)]
    return (
        _named("went_missing", jumped, len(names), view),
        _named("became_constant", constant, len(names), view),
    )


def _constant(values: pd.Series[Any]) -> bool:
    return values.nunique(dropna=False) <= 1


def _named(check: str, columns: list[str], total: int, view: str) -> QualityCheck:
    says = Message("check.named", {"names": columns, "columns": total, "view": view})
    return QualityCheck(check, float(len(columns)), 0.0, 0.0, not columns, says)


def _orders(workspace: Workspace, as_of: date) -> list[QualityCheck]:
    length = timedelta(days=workspace.settings.monitoring.window_days)
    shares = ", ".join(f'avg(CASE WHEN {sql} THEN 1.0 ELSE 0.0 END) AS "{name}"' for name, sql in _SHARES.items())
    query = (
        f"SELECT day >= $start AS inside, count(*) AS lines, count(DISTINCT day) AS days, {shares} "
        "FROM orders WHERE day >= $first AND day < $stop GROUP BY 1"
    )
    bounds = {"first": as_of - length * (_BEFORE + 1), "start": as_of - length, "stop": as_of}
    with query_engine.on_tables(workspace) as connection:
        found = connection.execute(query, bounds).df()
    return [_share(name, found) for name in _SHARES]


def _share(name: str, found: pd.DataFrame) -> QualityCheck:
    shares = {bool(inside): float(share) for inside, share in zip(found["inside"], found[name], strict=True)}
    now, before = shares.get(True, 0.0), shares.get(False)
    passed = before is None or abs(now - before) <= JUMP
    return QualityCheck(name, now, before, JUMP, passed, Message("check.share", {"now": now, "before": before}))


def _silence(workspace: Workspace, as_of: date) -> QualityCheck:
    """Days without any order up to `as_of`, beside the longest such gap of the 90 days before."""
    query = "SELECT DISTINCT day FROM orders WHERE day >= $first AND day < $stop ORDER BY day"
    with query_engine.on_tables(workspace) as connection:
        rows = connection.execute(query, {"first": as_of - timedelta(days=90), "stop": as_of}).fetchall()
    days = [day for (day,) in rows]
    gaps = [(after - before).days - 1 for before, after in pairwise(days)]
    silent = (as_of - days[-1]).days - 1 if days else 90
    usual = max(gaps, default=0)
    limit = max(usual + 1, 2)
    says = Message("check.silence", {"silent": silent, "as_of": as_of.isoformat(), "usual": usual})
    return QualityCheck("silence", float(silent), float(usual), float(limit), silent <= limit, says)


def _refused(workspace: Workspace) -> list[QualityCheck]:
    """The share of rows that ingest refused, of each table that has some."""
    limit, checks = workspace.settings.max_rejected_share, []
    for folder in sorted(path for path in workspace.quarantine_dir.glob("*") if path.is_dir()):
        refused = sum(pq.ParquetFile(path).metadata.num_rows for path in folder.glob("*.parquet"))
        share = refused / max(refused + workspace.tables.rows(folder.name), 1)
        says = Message("check.refused", {"table": folder.name, "rows": refused, "share": share})
        checks.append(QualityCheck("refused", share, None, limit, share <= limit, says))
    return checks
