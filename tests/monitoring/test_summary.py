"""The summaries of runs: the last run of a day speaks for it, in the order of the days."""

from __future__ import annotations

import os
import signal
from dataclasses import replace
from datetime import date
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from core.audit import AuditLog
from core.workspace import Workspace
from monitoring.results import BusinessFigure, MonitorReport
from monitoring.run_trends import RunTrend, trends
from monitoring.summary import Summaries
from pipelines.audit_walk import walk


def run(day: int, hour: int) -> MonitorReport:
    return MonitorReport(date(2024, 7, day), f"2024-07-{day:02d}T{hour:02d}:00:00+00:00", 28, (), (), (), ())


def test_the_last_run_of_each_day_is_the_history_the_oldest_first(workspace: Workspace) -> None:
    summaries = Summaries(workspace)
    assert summaries.latest() is None
    for day, hour in ((2, 1), (1, 2), (2, 3)):
        summaries.append(run(day, hour))
    assert [report.at[8:13] for report in summaries.history()] == ["01T02", "02T03"]
    latest = summaries.latest()
    assert latest is not None
    assert latest.at.startswith("2024-07-02T03")


def test_history_ends_before_a_day_and_holds_so_many(workspace: Workspace) -> None:
    summaries = Summaries(workspace)
    for day in range(1, 6):
        summaries.append(run(day, 0))
    before = [str(report.as_of) for report in summaries.history(last=2, before=date(2024, 7, 4))]
    assert before == ["2024-07-02", "2024-07-03"]


def test_trends_are_those_of_the_history_and_a_run_is_read_once(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    summaries = Summaries(workspace)
    for day, hour in ((2, 1), (1, 2), (2, 3)):
        revenue = BusinessFigure("revenue", "money", 100.0 * day + hour, None, None, 0)
        summaries.append(replace(run(day, hour), business=(revenue,)))
    assert trends(workspace) == [RunTrend.of(each) for each in summaries.history()]
    assert [trend.business[0].value for trend in trends(workspace)] == [102.0, 203.0]
    monkeypatch.setattr(MonitorReport, "from_json", None)  # nothing is read again
    assert [trend.business[0].value for trend in trends(workspace, last=1)] == [203.0]


def test_a_run_that_can_not_be_sealed_is_not_kept(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    summaries = Summaries(workspace)
    summaries.append(run(1, 0))
    with monkeypatch.context() as patched:
        patched.setattr(AuditLog, "_mac", lambda *_: 1 / 0)  # after the row, before its seal
        with pytest.raises(ZeroDivisionError):
            summaries.append(run(2, 0))
    assert summaries.looks() == [date(2024, 7, 1)]
    summaries.append(run(3, 0))
    found = walk(workspace, files=False)
    assert found.intact
    assert found.unsealed == ()


def test_a_process_killed_between_a_run_and_its_seal_leaves_nothing_that_looks_like_tampering(
    workspace: Workspace,
) -> None:
    Summaries(workspace).append(run(1, 0))
    killed = get_context("spawn").Process(target=_keep_and_be_killed, args=(workspace.root,))
    killed.start()
    killed.join(60)
    assert killed.exitcode == -signal.SIGKILL
    assert Summaries(workspace).looks() == [date(2024, 7, 1)]
    Summaries(workspace).append(run(3, 0))
    assert walk(workspace, files=False).problems == ()


def _keep_and_be_killed(root: Path) -> None:
    """Keep a run, and die once its row is written."""
    workspace = Workspace.open(root)
    event.listen(workspace.database, "after_cursor_execute", _kill_after_the_row)
    Summaries(workspace).append(run(2, 0))


def _kill_after_the_row(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
    if statement.startswith("INSERT INTO monitoring_runs"):
        os.kill(os.getpid(), signal.SIGKILL)
