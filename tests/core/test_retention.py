"""What is older than the settings say goes, and nothing else; each month of PostgreSQL's as a whole."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import sqlalchemy as sa

from core import prediction_months, retention, utc
from core.prediction_log import Prediction, PredictionLog, Result
from core.sortable_ids import first_id
from core.state.schema import FEEDBACK, PREDICTIONS
from core.workspace import Workspace

NOW = datetime(2031, 5, 20, tzinfo=UTC)
EVER = (datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC))


def made(at: datetime, subject: str) -> Prediction:
    prediction_id = f"{first_id(at)}{'0' * 20}"
    return Prediction(prediction_id, "churn", "churn", "1", "champion", [Result(subject, 0.5)], made_at=at)


def subjects(log: PredictionLog) -> list[str]:
    return [row["subject"] for row in log.predictions("churn", *EVER)]


def test_old_predictions_and_outcomes_go_and_the_others_stay(workspace: Workspace) -> None:
    log = PredictionLog(workspace)
    for days in (0, 91, 93, 500):
        log.append(made(NOW - timedelta(days=days), f"{days} days ago"))
    log.close()
    for days in (91, 93):
        log.feedback(f"told {days} days ago", {"bought": True})
        received = utc.naive(NOW - timedelta(days=days))
        with workspace.database.begin() as connection:
            same = FEEDBACK.c.prediction_id == f"told {days} days ago"
            connection.execute(FEEDBACK.update().where(same).values(received_at=received))
    swept = retention.sweep(workspace.database, 92, NOW)
    assert sorted(subjects(log)) == ["0 days ago", "91 days ago"]
    assert [row["prediction_id"] for row in log.outcomes()] == ["told 91 days ago"]
    assert swept.feedback == 1
    with workspace.database.connect() as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(PREDICTIONS)).scalar() == 2


def test_months_are_made_ahead_and_dropped_whole(workspace: Workspace) -> None:
    if workspace.database.dialect.name != "postgresql":
        return
    log = PredictionLog(workspace)
    early = made(NOW, "before its month was made")
    log.append(early)
    log.close()
    retention.sweep(workspace.database, 92, NOW)
    with workspace.database.connect() as connection:
        months = prediction_months.ends(connection, "predictions")
        assert {"predictions_2031_05", "predictions_2031_06", "predictions_2031_07"} <= set(months)
        for table in prediction_months.PARTITIONED:
            assert f"{table}_2031_07" in prediction_months.ends(connection, table)
        where = sa.text("select tableoid::regclass::text from predictions")
        assert connection.execute(where).scalars().all() == ["predictions_2031_05"]
    assert subjects(log) == ["before its month was made"]
    swept = retention.sweep(workspace.database, 92, NOW + timedelta(days=365))
    assert swept.partitions >= 6
    assert subjects(log) == []


def test_a_sweep_gives_the_room_back_to_the_disk(workspace: Workspace) -> None:
    if workspace.database.dialect.name != "sqlite":
        return
    log = PredictionLog(workspace)
    for number in range(300):
        log.append(made(NOW - timedelta(days=200, seconds=number), "x" * 300))
    log.close()

    def pages() -> int:
        with workspace.database.connect() as connection:
            return int(connection.exec_driver_sql("pragma page_count").scalar() or 0)

    before = pages()
    assert retention.sweep(workspace.database, 92, NOW).predictions == 300
    assert pages() < before
