"""Data quality: whether what arrives still looks like what arrived before."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

import duckdb
import pandas as pd
import pyarrow.parquet as pq

from core.workspace import Workspace
from monitoring.drift import Comparison
from monitoring.outcome import Check

JUMP = 0.10
"""How far a share may move between the windows before and this one."""
_BEFORE = 3

_SHARES = {
    "lines of guests": "customer_id IS NULL",
    "lines without a product": "product_id IS NULL",
    "lines without revenue": "revenue IS NULL OR revenue = 0",
    "lines returned": "quantity < 0",
    "lines discounted": "discount > 0",
}


def shop(workspace: Workspace, as_of: date) -> tuple[Check, ...]:
    """Checks of the orders in the window before `as_of`, of their freshness and of refused rows."""
    return (*_orders(workspace, as_of), _silence(workspace, as_of), *_refused(workspace))


def of_features(compared: Comparison) -> tuple[Check, ...]:
    """The checks of one view's features."""
    return features(compared.pooled, compared.current)


def features(reference: pd.DataFrame, current: pd.DataFrame) -> tuple[Check, ...]:
    """Checks of one model's features: what went missing, what became constant, rows that repeat."""
    missing, before = current.isna().mean(), reference.isna().mean()
    names = [str(name) for name in current.columns]
    jumped = [name for name in names if missing[name] - before[name] > JUMP]
    constant = [n for n in names if current[n].nunique(dropna=False) <= 1 < reference[n].nunique(dropna=False)]
    return (
        _named("features that went missing", jumped, len(current.columns)),
        _named("features that became constant", constant, len(current.columns)),
        Check(
            "missing values",
            float(missing.mean()),
            float(before.mean()),
            JUMP,
            bool(missing.mean() - before.mean() <= JUMP),
            f"{missing.mean():.1%} of the values are missing, {before.mean():.1%} in the reference",
        ),
    )


def _named(name: str, columns: list[str], total: int) -> Check:
    shown = ", ".join(columns[:5]) + (", ..." if len(columns) > 5 else "")
    text = f"{len(columns)} of {total}" + (f": {shown}" if columns else "")
    return Check(name, float(len(columns)), 0.0, 0.0, not columns, text)


def _orders(workspace: Workspace, as_of: date) -> list[Check]:
    length = timedelta(days=workspace.settings.monitoring.window_days)
    shares = ", ".join(f'avg(CASE WHEN {sql} THEN 1.0 ELSE 0.0 END) AS "{name}"' for name, sql in _SHARES.items())
    query = (
        f"SELECT day >= $start AS inside, count(*) AS lines, count(DISTINCT day) AS days, {shares} "
        "FROM orders WHERE day >= $first AND day < $stop GROUP BY 1"
    )
    bounds = {"first": as_of - length * (_BEFORE + 1), "start": as_of - length, "stop": as_of}
    with duckdb.connect() as connection:
        connection.execute(f"SET threads = {workspace.settings.threads}")
        workspace.tables.register(connection)
        found = connection.execute(query, bounds).df()
    return [_share(name, found) for name in _SHARES]


def _share(name: str, found: pd.DataFrame) -> Check:
    shares = {bool(inside): float(share) for inside, share in zip(found["inside"], found[name], strict=True)}
    now, before = shares.get(True, 0.0), shares.get(False)
    passed = before is None or abs(now - before) <= JUMP
    text = f"{now:.1%}" + ("" if before is None else f", {before:.1%} in the windows before")
    return Check(name, now, before, JUMP, passed, text)


def _silence(workspace: Workspace, as_of: date) -> Check:
    """Days without any order up to `as_of`, beside the longest such gap of the 90 days before."""
    query = "SELECT DISTINCT day FROM orders WHERE day >= $first AND day < $stop ORDER BY day"
    with duckdb.connect() as connection:
        workspace.tables.register(connection)
        rows = connection.execute(query, {"first": as_of - timedelta(days=90), "stop": as_of}).fetchall()
    days = [day for (day,) in rows]
    gaps = [(after - before).days - 1 for before, after in pairwise(days)]
    silent = (as_of - days[-1]).days - 1 if days else 90
    usual = max(gaps, default=0)
    limit = max(usual + 1, 2)
    text = f"{silent} days without an order up to {as_of}; the longest gap of the 90 days before is {usual}"
    return Check("days without an order", float(silent), float(usual), float(limit), silent <= limit, text)


def _refused(workspace: Workspace) -> list[Check]:
    """The share of rows that ingest refused, of each table that has some."""
    limit, checks = workspace.settings.max_rejected_share, []
    for folder in sorted(path for path in workspace.quarantine_dir.glob("*") if path.is_dir()):
        refused = sum(pq.ParquetFile(path).metadata.num_rows for path in folder.glob("*.parquet"))
        share = refused / max(refused + workspace.tables.rows(folder.name), 1)
        text = f"{refused:,} rows in quarantine/{folder.name}, {share:.2%}"
        checks.append(Check(f"refused rows of {folder.name}", share, None, limit, share <= limit, text))
    return checks
