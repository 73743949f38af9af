"""The prediction log costs a request nothing; feedback is on disk before it is acknowledged."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from core import prediction_log
from core.prediction_log import Prediction, PredictionLog, Result, new_id
from core.workspace import Workspace

LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
FAR_AHEAD = datetime(2100, 1, 1, tzinfo=UTC)


def churn(*customers: str) -> Prediction:
    results = [Result(customer, 0.25) for customer in customers]
    return Prediction(new_id(), "churn", "churn", "3", "champion", results, {"explain": False})


def test_what_was_appended_is_read_back_in_order(workspace: Workspace) -> None:
    log = PredictionLog(workspace)
    made = [churn("007", "8"), churn("9")]
    for prediction in made:
        log.append(prediction)
    log.close()
    rows = list(log.predictions("churn", LONG_AGO, FAR_AHEAD))
    assert [(row["prediction_id"], row["subject"]) for row in rows] == [
        (made[0].prediction_id, "007"),
        (made[0].prediction_id, "8"),
        (made[1].prediction_id, "9"),
    ]
    assert {row["version"] for row in rows} == {"3"}
    assert log.known(made[1].prediction_id)
    assert not log.known(new_id())


def test_only_the_window_asked_for_is_read(workspace: Workspace) -> None:
    log = PredictionLog(workspace)
    log.append(churn("a"))
    log.close()
    now = datetime.now(UTC)
    assert list(log.predictions("churn", now + timedelta(hours=1), FAR_AHEAD)) == []
    assert list(log.predictions("recommendation", LONG_AGO, FAR_AHEAD)) == []


def test_without_close_it_is_written_within_a_moment(workspace: Workspace) -> None:
    log = PredictionLog(workspace)
    prediction = churn("a")
    log.append(prediction)
    deadline = time.monotonic() + 5
    while not log.known(prediction.prediction_id) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert log.known(prediction.prediction_id)
    log.close()


def test_appending_does_not_wait_for_the_database(workspace: Workspace) -> None:
    log = PredictionLog(workspace)
    log.append(churn("warm up"))
    with log.engine.connect() as connection:
        on_sqlite = log.engine.dialect.name == "sqlite"
        # Nobody else can write now.
        connection.execute(sa.text("begin immediate" if on_sqlite else "lock table predictions"))
        for number in range(100):
            log.append(churn(str(number)))
        written = connection.scalar(sa.text("select count(*) from predictions"))
        connection.rollback()
    log.close()
    assert written <= 1  # all were taken, and none could be written yet
    assert len(list(log.predictions("churn", LONG_AGO, FAR_AHEAD))) == 101


def test_a_full_queue_drops_and_counts_instead_of_waiting(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prediction_log, "QUEUED", 2)
    log = PredictionLog(workspace)
    monkeypatch.setattr(log, "_start", lambda: None)
    for _ in range(5):
        log.append(churn("a"))
    assert log.dropped == 3


def test_ids_sort_by_time_and_differ() -> None:
    first = new_id()
    time.sleep(0.002)
    second = new_id()
    assert first < second
    assert len({new_id() for _ in range(1000)}) == 1000


def test_feedback_comes_back_with_its_outcome(workspace: Workspace) -> None:
    log = PredictionLog(workspace)
    log.feedback("p1", {"bought": True, "value": 12.5}, "crm")
    (row,) = log.outcomes()
    assert (row["prediction_id"], row["outcome"], row["key_name"]) == ("p1", {"bought": True, "value": 12.5}, "crm")


WRITER = """
import sys
from pathlib import Path
from core.workspace import Workspace
from core.prediction_log import PredictionLog
log = PredictionLog(Workspace.open(Path(sys.argv[1])))
number = 0
while True:
    log.feedback(f"p{number}", {"n": number})
    print(number, flush=True)
    number += 1
"""


def test_acknowledged_feedback_survives_a_kill(workspace: Workspace) -> None:
    command = [sys.executable, "-c", WRITER, str(workspace.root)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        acknowledged = [int(process.stdout.readline()) for _ in range(25)]
        os.kill(process.pid, signal.SIGKILL)
        acknowledged += [int(line) for line in process.stdout.read().split()]
    kept = {row["outcome"]["n"] for row in PredictionLog(workspace).outcomes()}
    assert set(acknowledged) <= kept
