"""The prediction log costs a request nothing; feedback is on disk before it is acknowledged."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from core import answer_lines, prediction_rows, prediction_writer
from core.database import REQUESTS
from core.logged_rows import LoggedRows, first_of_day
from core.prediction_log import Prediction, PredictionLog, Result
from core.sortable_ids import new_id
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


def test_lines_of_a_mixed_answer_are_found_by_their_own_version(workspace: Workspace) -> None:
    log = PredictionLog(workspace)
    lines = [Result("7", 0.2, version="3", variant="champion"), Result("8", 0.4, version="4", variant="canary")]
    mixed = Prediction(new_id(), "churn", "churn", "3", "mixed", lines, seconds=0.012)
    for prediction in (mixed, churn("9")):
        log.append(prediction)
    log.close()
    rows = list(log.predictions("churn", LONG_AGO, FAR_AHEAD))
    told = {row["subject"]: (row["version"], row["variant"], row["seconds"]) for row in rows}
    assert told == {"7": ("3", "champion", 0.012), "8": ("4", "canary", 0.012), "9": ("3", "champion", None)}


SPOOLED = """{"prediction":{"prediction_id":"01","made_at":"2029-05-20T08:00:00","kind":"churn","model":"churn",
"version":"3","variant":"champion","request":"{}","feature_list":"abc"},"results":[{"prediction_id":"01","position":0,
"subject":"a","item":null,"value":0.25,"fallback":null,"propensity":null,"features":"AAEC"},{"prediction_id":"01",
"position":1,"subject":"b","item":"x","value":null,"fallback":"new_customer","propensity":0.5}],"names":["visits"]}"""


def test_a_spool_of_a_release_before_is_still_read() -> None:
    """Its lines were rows of their own, with the features of each, and their names beside them."""
    found = prediction_rows.from_text(SPOOLED.encode())
    first, second = answer_lines.decode(found.prediction[-1])
    assert (first.subject, first.value, first.version) == ("a", 0.25, None)
    assert (second.subject, second.item, second.fallback, second.propensity) == ("b", "x", "new_customer", 0.5)
    assert (found.listed, found.prediction[-2]) == ('["visits"]', None)
    (row,) = found.features
    assert (row.features, row.row_id) == (b"\x00\x01\x02", first.row)
    assert row.row_id.startswith(first_of_day(datetime(2029, 5, 20, tzinfo=UTC)))


def test_what_waits_in_the_spool_comes_back_as_it_was() -> None:
    made = prediction_rows.rows(churn("a", "b"), LoggedRows())
    assert prediction_rows.from_text(prediction_rows.to_text(made)) == made


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


def held(log: PredictionLog) -> sa.Connection:
    """A connection that holds what every writer of predictions needs."""
    connection = log.engine.connect()
    on_sqlite = log.engine.dialect.name == "sqlite"
    connection.execute(sa.text("begin immediate" if on_sqlite else "lock table predictions"))
    return connection


def hurried(workspace: Workspace) -> PredictionLog:
    log = PredictionLog(workspace)
    log.writer._engine = workspace.connected(replace(REQUESTS, lock=0.05, answer=0.1))
    return log


@pytest.mark.fault("database", "the database takes no predictions", "they wait on disk and are logged once each")
def test_what_a_busy_database_does_not_take_waits_on_disk_and_comes_once(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prediction_writer, "REST_SECONDS", 0.3)
    log = hurried(workspace)
    holder = held(log)
    made = [churn(str(number)) for number in range(20)]
    for prediction in made:
        log.append(prediction)
    wait_until(lambda: log.writer.waiting == 0)
    assert log.writer.spooled_bytes > 0
    assert log.known(made[0].prediction_id)
    holder.rollback()
    holder.close()
    wait_until(lambda: log.writer.spooled_bytes == 0)
    log.close()
    assert [row["subject"] for row in log.predictions("churn", LONG_AGO, FAR_AHEAD)] == list(map(str, range(20)))
    assert log.dropped == 0


def test_what_waits_on_disk_when_the_process_ends_is_logged_by_the_next(workspace: Workspace) -> None:
    log = hurried(workspace)
    holder = held(log)
    log.append(churn("a"))
    log.close()
    holder.rollback()
    holder.close()
    assert log.writer.spooled_bytes > 0
    later = PredictionLog(workspace)
    later.append(churn("b"))
    wait_until(lambda: later.writer.spooled_bytes == 0)
    later.close()
    assert {row["subject"] for row in later.predictions("churn", LONG_AGO, FAR_AHEAD)} == {"a", "b"}


@pytest.mark.fault(
    "disk", "no room for predictions in the database nor on disk", "they wait in memory; what is lost is counted"
)
def test_with_no_room_anywhere_predictions_wait_in_memory_and_are_counted_when_they_are_lost(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prediction_writer, "QUEUED", 3)
    log = hurried(workspace)
    monkeypatch.setattr(log.writer._spool, "_most_bytes", 0)
    holder = held(log)
    for _ in range(3):
        log.append(churn("a"))
    time.sleep(1)
    assert (log.writer.waiting, log.dropped) == (3, 0)
    log.append(churn("too many"))
    assert log.dropped == 1
    log.close()
    assert log.dropped == 4
    holder.rollback()
    holder.close()


def test_the_values_a_prediction_was_made_of_are_kept_exactly(workspace: Workspace) -> None:
    log = PredictionLog(workspace)
    columns = {"recency": [3.25, 0.1, float("nan")], "region": ["north", None, "x"], "n": [1, 2, 3]}
    results = [Result("a", 0.5, row=1), Result("b", 0.5), Result("c", 0.5, row=0), Result("d", 0.5, row=2)]
    log.append(Prediction(new_id(), "churn", "churn", "3", "champion", results, features=columns))
    log.close()
    frame = log.features("churn", LONG_AGO, FAR_AHEAD)
    assert [(row["subject"], row["features"]) for row in frame] == [
        ("a", {"recency": 0.1, "region": None, "n": 2}),
        ("c", {"recency": 3.25, "region": "north", "n": 1}),
        ("d", {"recency": None, "region": "x", "n": 3}),
    ]


def wait_until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not true() and time.monotonic() < deadline:
        time.sleep(0.02)
    assert true()


def test_an_answer_without_lines_and_one_of_a_thousand_are_read_back(workspace: Workspace) -> None:
    log = PredictionLog(workspace)
    none, many = churn(), churn(*map(str, range(1000)))
    for prediction in (none, many):
        log.append(prediction)
    log.close()
    assert [row["subject"] for row in log.predictions("churn", LONG_AGO, FAR_AHEAD)] == list(map(str, range(1000)))
    (nothing,) = log.lines([none.prediction_id])
    assert (nothing["position"], nothing["subject"], nothing["version"]) == (None, None, "3")
    assert len(list(log.lines([many.prediction_id]))) == 1000


def test_a_full_queue_drops_and_counts_instead_of_waiting(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prediction_writer, "QUEUED", 2)
    log = PredictionLog(workspace)
    monkeypatch.setattr(log.writer, "_start", lambda: None)
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
from core.logged_rows import LoggedRows, first_of_day
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
