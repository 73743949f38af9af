"""What predictions were made of lies in the log once a day for each customer, and every line finds it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.exc import DataError

from core import prediction_writer, retention
from core.logged_rows import LoggedRows
from core.packed_rows import Layout, PackedRow
from core.prediction_log import Prediction, PredictionLog, Result
from core.sortable_ids import first_id
from core.state.schema import FEATURE_ROWS
from core.workspace import Workspace
from feature_repo.packed.feature_rows import FeatureRows

LAYOUT = Layout((("visits", "float"), ("region", "text")))
MORNING = datetime(2029, 5, 20, 8, tzinfo=UTC)
EVER = (datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC))


def stored(*visits: float) -> FeatureRows:
    return FeatureRows([LAYOUT], [(LAYOUT.pack(PackedRow({"visits": each, "region": "north"}, 0)),) for each in visits])


def asked(at: datetime, columns: FeatureRows, number: int = 0) -> Prediction:
    results = [Result(str(row), 0.5, row=row) for row in range(len(columns.rows))]
    prediction_id = f"{first_id(at)}{number:020x}"
    return Prediction(prediction_id, "churn", "churn", "1", "champion", results, made_at=at, features=columns)


def visits(log: PredictionLog) -> list[float]:
    return [line["features"]["visits"] for line in log.features("churn", *EVER)]


def kept(workspace: Workspace) -> int:
    with workspace.database.connect() as connection:
        return int(connection.execute(sa.select(sa.func.count()).select_from(FEATURE_ROWS)).scalar_one())


def test_however_often_a_customer_is_asked_for_on_a_day_the_features_are_kept_once(workspace: Workspace) -> None:
    for _ in range(2):  # a second process knows nothing of what the first one wrote
        log = PredictionLog(workspace)
        for hour in range(3):
            log.append(asked(MORNING + timedelta(hours=hour), stored(1.0, 2.0)))
        log.close()
    assert visits(log) == [1.0, 2.0] * 3
    assert kept(workspace) == 2


def test_features_that_changed_and_those_of_another_day_are_kept_anew(workspace: Workspace) -> None:
    log = PredictionLog(workspace)
    for number, told in enumerate([(1.0,), (3.0,), (1.0,)]):
        log.append(asked(MORNING, stored(*told), number))
    log.append(asked(MORNING + timedelta(days=1), stored(1.0)))
    log.close()
    assert visits(log) == [1.0, 3.0, 1.0, 1.0]
    assert kept(workspace) == 3


def test_features_that_did_not_reach_the_log_come_with_the_next_line(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = prediction_writer.insert

    def refuse(connection: sa.Connection, predictions: object) -> None:
        write(connection, predictions)  # type: ignore[arg-type]
        raise DataError("insert", {}, Exception("out of range"))

    log = PredictionLog(workspace)
    monkeypatch.setattr(prediction_writer, "insert", refuse)
    log.append(asked(MORNING, stored(1.0)))
    log.close()
    monkeypatch.setattr(prediction_writer, "insert", write)
    log.append(asked(MORNING, stored(1.0), 1))
    log.close()
    assert visits(log) == [1.0]


def test_features_go_with_the_last_prediction_of_their_day(workspace: Workspace) -> None:
    log = PredictionLog(workspace)
    for hours in (-24, 0, 8):
        log.append(asked(MORNING + timedelta(hours=hours), stored(float(hours % 24 == 0))))
    log.close()
    retention.sweep(workspace.database, 92, MORNING + timedelta(days=92, hours=4))
    assert visits(log) == [0.0]
    assert kept(workspace) == 2  # of the whole day, the morning's too
    retention.sweep(workspace.database, 92, MORNING + timedelta(days=93, hours=4))
    assert kept(workspace) == 0


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 2)), max_size=30))
def test_what_is_known_to_be_there_was_written(asked_for: list[tuple[int, int]]) -> None:
    known, log = LoggedRows(most=2), set()
    for value, day in asked_for:
        called, new = known.find(stored(float(value)), [0], MORNING + timedelta(days=day))
        log |= {each.row_id for each in new}
        assert called[0] in log
        known.wrote(new)
        assert len(known) <= 2
