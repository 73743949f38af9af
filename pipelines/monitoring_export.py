"""What monitoring found, as a DuckDB database of plain tables: for notebooks, and for SQL of whatever kind.

Figures of features, models, groups and the shop; never a row of a customer.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pandas as pd

from core import query_engine
from core.alerts import Alerts
from core.audit import AuditLog
from core.errors import UsageError
from core.files import replacing
from core.workspace import Workspace
from monitoring.results import ModelReport, MonitorReport
from monitoring.summary import Summaries

SUFFIX: Final = ".duckdb"
DECISIONS: Final = ("train", "promote", "promote refused", "approve", "approve refused", "refuse", "rollback", "retire")
_MOST: Final = 100_000
Row = Mapping[str, Any]

COLUMNS: Final[Mapping[str, Mapping[str, str]]] = {
    "runs": {
        "as_of": "DATE", "looked_at": "TIMESTAMP", "model": "VARCHAR", "version": "VARCHAR", "trained_as_of": "DATE",
    },
    "performance": {
        "as_of": "DATE", "model": "VARCHAR", "version": "VARCHAR", "metric": "VARCHAR", "higher_is_better": "BOOLEAN",
        "value": "DOUBLE", "low": "DOUBLE", "high": "DOUBLE", "floor": "DOUBLE", "floor_name": "VARCHAR",
        "difference": "DOUBLE", "difference_low": "DOUBLE", "difference_high": "DOUBLE", "window_from": "DATE",
        "window_until": "DATE", "units": "BIGINT", "below": "BOOLEAN",
    },
    "slices": {
        "as_of": "DATE", "model": "VARCHAR", "version": "VARCHAR", "attribute": "VARCHAR", "name": "VARCHAR",
        "units": "BIGINT", "value": "DOUBLE", "difference": "DOUBLE", "pooled": "DOUBLE", "low": "DOUBLE",
        "high": "DOUBLE", "worse": "BOOLEAN",
    },
    "drift": {
        "as_of": "DATE", "model": "VARCHAR", "version": "VARCHAR", "name": "VARCHAR", "source": "VARCHAR",
        "test": "VARCHAR", "score": "DOUBLE", "threshold": "DOUBLE", "change": "DOUBLE", "drifted": "BOOLEAN",
        "importance": "DOUBLE", "touched": "BIGINT",
    },
    "fairness": {
        "as_of": "DATE", "model": "VARCHAR", "version": "VARCHAR", "attribute": "VARCHAR", "name": "VARCHAR",
        "metric": "VARCHAR", "n": "BIGINT", "value": "DOUBLE", "rest": "DOUBLE", "ratio": "DOUBLE", "low": "DOUBLE",
        "high": "DOUBLE", "verdict": "VARCHAR",
    },
    "served": {
        "as_of": "DATE", "model": "VARCHAR", "version": "VARCHAR", "name": "VARCHAR", "value": "DOUBLE",
        "low": "DOUBLE", "high": "DOUBLE", "n": "BIGINT",
    },
    "checks": {
        "as_of": "DATE", "model": "VARCHAR", "name": "VARCHAR", "value": "DOUBLE", "allowed": "DOUBLE",
        "passed": "BOOLEAN", "says": "VARCHAR",
    },
    "business": {
        "as_of": "DATE", "name": "VARCHAR", "unit": "VARCHAR", "value": "DOUBLE", "baseline": "DOUBLE",
        "change": "DOUBLE", "level": "INTEGER",
    },
    "rules": {
        "as_of": "DATE", "rule": "VARCHAR", "subject": "VARCHAR", "model": "VARCHAR", "status": "VARCHAR",
        "level": "INTEGER", "days": "INTEGER", "needed": "INTEGER", "says": "VARCHAR",
    },
    "alerts": {
        "id": "BIGINT", "level": "VARCHAR", "source": "VARCHAR", "subject": "VARCHAR", "model": "VARCHAR",
        "first_at": "TIMESTAMP", "last_at": "TIMESTAMP", "times": "BIGINT", "closed_at": "TIMESTAMP",
        "says": "VARCHAR",
    },
    "decisions": {
        "seq": "BIGINT", "decided_at": "TIMESTAMP", "action": "VARCHAR", "who": "VARCHAR", "subject": "VARCHAR",
        "reason": "VARCHAR", "details": "VARCHAR",
    },
}  # fmt: skip
"""Every table with its columns and types; all times are UTC."""
VIEWS: Final = {
    "latest": "SELECT * FROM runs QUALIFY row_number() OVER (PARTITION BY model ORDER BY as_of DESC) = 1",
    "drift_share": "SELECT as_of, model, version, avg(drifted::INT) AS share, count(*) AS n FROM drift GROUP BY ALL",
    "open_alerts": "SELECT * FROM alerts WHERE closed_at IS NULL ORDER BY last_at DESC",
    "flagged": "SELECT * FROM fairness WHERE verdict = 'flagged'",
}
"""Views over them."""


@dataclass(frozen=True)
class MonitoringExport:
    """What was written: rows by table."""

    output: Path
    rows: Mapping[str, int]


def require_writable(output: Path) -> None:
    """Refuse early what could not be written.

    Raises:
        UsageError: no `.duckdb` file, its folder is not there, or it is a folder itself.
    """
    if output.suffix != SUFFIX:
        raise UsageError(f"--output {output}: not a DuckDB file", todo=f"name a file that ends in {SUFFIX}")
    if not output.parent.is_dir():
        raise UsageError(f"--output {output}: there is no folder {output.parent}", todo=f"mkdir -p {output.parent}")
    if output.is_dir():
        raise UsageError(f"--output {output} is a folder", todo="name a file")


def export(workspace: Workspace, output: Path) -> MonitoringExport:
    """Write every run, the alerts and the decisions, whole or not at all; a file that is there is replaced.

    Raises:
        UsageError: see `require_writable`.
        StoreError: the database does not answer.
    """
    require_writable(output)
    history = Summaries(workspace).history(last=_MOST)
    told = {name: [row for run in history for row in of_run(run)] for name, of_run in _OF_RUN.items()}
    told |= {"alerts": list(_alerts(workspace)), "decisions": list(_decisions(workspace))}
    with replacing(output) as scratch:
        scratch.unlink()  # DuckDB makes its file itself
        _write(workspace, told, scratch)
    return MonitoringExport(output, {name: len(rows) for name, rows in told.items()})


def _write(workspace: Workspace, told: Mapping[str, list[Row]], target: Path) -> None:
    with query_engine.connect(workspace, target) as connection:
        for name, columns in COLUMNS.items():
            listed = ", ".join(f'"{column}" {of_type}' for column, of_type in columns.items())
            connection.execute(f"CREATE TABLE {name} ({listed})")
            if rows := told[name]:
                frame = pd.DataFrame(rows, columns=list(columns)).astype(object)
                connection.register("rows", frame.mask(frame.isna(), None))
                connection.execute(f"INSERT INTO {name} SELECT * FROM rows")
                connection.unregister("rows")
        for name, query in VIEWS.items():
            connection.execute(f"CREATE VIEW {name} AS {query}")


def _models(run: MonitorReport) -> Iterator[tuple[Row, ModelReport]]:
    for model in run.models:
        yield {"as_of": run.as_of, "model": model.kind, "version": model.version}, model


def _runs(run: MonitorReport) -> Iterator[Row]:
    for key, model in _models(run):
        yield {**key, "looked_at": _moment(run.at), "trained_as_of": model.trained_as_of}


def _performance(run: MonitorReport) -> Iterator[Row]:
    for key, model in _models(run):
        found = model.performance
        if found is None:
            continue
        rival = found.rival
        between = (
            {"difference": rival.difference, "difference_low": rival.low, "difference_high": rival.high}
            if rival
            else {}
        )
        window = {"window_from": found.as_of, "window_until": found.until, "below": found.below}
        yield {**vars(found), **window, **between, **key}


def _slices(run: MonitorReport) -> Iterator[Row]:
    for key, model in _models(run):
        for each in model.performance.slices if model.performance else ():
            yield {**vars(each), **key, "name": each.group}


def _drift(run: MonitorReport) -> Iterator[Row]:
    for key, model in _models(run):
        for each in model.drift.columns if model.drift else ():
            yield {**vars(each), **key, "name": each.column}


def _fairness(run: MonitorReport) -> Iterator[Row]:
    for key, model in _models(run):
        for each in model.fairness.figures if model.fairness else ():
            yield {**vars(each), **key, "name": each.group}


def _served(run: MonitorReport) -> Iterator[Row]:
    for key, model in _models(run):
        for each in model.served.figures if model.served else ():
            yield {**vars(each), **key, "n": model.served.n if model.served else 0}


def _checks(run: MonitorReport) -> Iterator[Row]:
    every = [(None, check) for check in run.quality]
    every += [(model.kind, check) for model in run.models for check in model.quality]  # type: ignore[misc]
    for kind, check in every:
        told = {"allowed": check.limit, "passed": check.passed, "says": str(check.says)}
        yield {"as_of": run.as_of, "model": kind, "name": check.name, "value": check.value, **told}


def _business(run: MonitorReport) -> Iterator[Row]:
    for each in run.business:
        yield {**vars(each), "as_of": run.as_of}


def _rules(run: MonitorReport) -> Iterator[Row]:
    for each in run.rules:
        yield {**vars(each), "as_of": run.as_of, "model": each.kind, "says": str(each.says)}


def _alerts(workspace: Workspace) -> Iterator[Row]:
    for each in Alerts(workspace).recent(_MOST):
        times = {name: _moment(getattr(each, name)) for name in ("first_at", "last_at", "closed_at")}
        yield {**vars(each), **times, "model": each.kind, "says": each.text}


def _decisions(workspace: Workspace) -> Iterator[Row]:
    for each in AuditLog(workspace).entries():
        if each.action in DECISIONS:
            details = json.dumps(dict(each.details), default=str)
            yield {
                **vars(each),
                "decided_at": _moment(each.at),
                "reason": each.details.get("reason"),
                "details": details,
            }


def _moment(text: str | None) -> str | None:
    """As DuckDB reads a time without a zone."""
    return text[:19].replace("T", " ") if text else None


_OF_RUN: Final[Mapping[str, Callable[[MonitorReport], Iterator[Row]]]] = {
    "runs": _runs,
    "performance": _performance,
    "slices": _slices,
    "drift": _drift,
    "fairness": _fairness,
    "served": _served,
    "checks": _checks,
    "business": _business,
    "rules": _rules,
}
