"""Feedback is read beside the prediction it is about; nothing that came is lost."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pandas as pd

from core.prediction_log import PredictionLog, Result
from core.workspace import Workspace
from monitoring.served.feedback_table import COLUMNS, read_feedback
from tests.support.served import answered, told
from tests.support.shop import commit


def read(workspace: Workspace) -> pd.DataFrame:
    return read_feedback(workspace, PredictionLog(workspace)).rows


def test_an_outcome_stands_beside_the_line_it_is_about(workspace: Workspace) -> None:
    asked = {"explain": False, "as_of": "2024-08-01"}
    first = answered(workspace, "churn", [Result("007", 0.25), Result("8", 0.5, fallback="population")], asked)
    told(workspace, first, customer_id="8", bought=True, revenue=12.5)
    (row,) = read(workspace).to_dict("records")
    assert list(row) == list(COLUMNS)
    expected = {"prediction_id": first, "kind": "churn", "model": "churn", "version": "3", "variant": "champion"}
    expected |= {"subject": "8", "value": 0.5, "fallback": "population", "bought": True, "as_of": "2024-08-01"}
    assert {name: row[name] for name in expected} == expected
    assert json.loads(row["outcome"]) == {"customer_id": "8", "bought": True, "revenue": 12.5}
    assert row["made_at"] <= row["received_at"]


def test_an_outcome_of_a_list_has_a_row_for_each_product(workspace: Workspace) -> None:
    made = answered(workspace, "recommendations", [Result("007", 0.9, "a"), Result("007", 0.8, "b")])
    told(workspace, made, bought=["b", "z"])
    rows = read(workspace)
    assert rows[["item", "bought"]].to_dict("records") == [
        {"item": "a", "bought": False},
        {"item": "b", "bought": True},
        {"item": "z", "bought": True},
    ]
    assert set(rows["subject"]) == {"007"}
    assert rows["value"].isna().tolist() == [False, False, True]


def test_what_is_about_no_known_prediction_or_not_understood_is_kept_as_it_came(workspace: Workspace) -> None:
    told(workspace, "f" * 32, bought=True)
    told(workspace, answered(workspace, "churn", [Result("007", 0.25)]), mood="fine")
    told(workspace, answered(workspace, "recommendations", []), bought=False)
    rows = read(workspace)
    assert rows["kind"].isna().tolist() == [True, False, False]
    assert [json.loads(text) for text in rows["outcome"]] == [{"bought": True}, {"mood": "fine"}, {"bought": False}]


def test_what_tells_of_somebody_who_was_not_asked_about_tells_nothing_of_who_was(workspace: Workspace) -> None:
    told(workspace, answered(workspace, "churn", [Result("1", 0.25)]), customer_id="other", bought=True)
    soft, beer = ({"category": name} for name in ("SOFT DRINKS", "BEERS"))
    told(
        workspace, answered(workspace, "demand", [Result("SOFT DRINKS", 9.0)], {"series": [soft]}), series=beer, units=7
    )
    rows = read(workspace)
    assert rows["subject"].isna().all()
    assert rows["value"].isna().all()
    assert [json.loads(text) for text in rows["outcome"]] == [
        {"customer_id": "other", "bought": True},
        {"series": beer, "units": 7},
    ]


def test_only_what_was_received_in_the_window_is_read(workspace: Workspace) -> None:
    told(workspace, "f" * 32, bought=True)
    log, now = PredictionLog(workspace), datetime.now(UTC)
    assert len(read_feedback(workspace, log, now - timedelta(hours=1), now).rows) == 1
    assert read_feedback(workspace, log, now).rows.empty
    assert read_feedback(workspace, log, until=now - timedelta(hours=1)).rows.empty


def test_a_customer_who_refuses_profiling_is_left_out_and_counted(small_shop: Workspace) -> None:
    for customer in ("c001", "c002"):
        told(small_shop, answered(small_shop, "churn", [Result(customer, 0.25)]), bought=True)
    told(small_shop, answered(small_shop, "recommendations", [Result("", 0.5, "003")]), bought=False)
    row = {"customer_id": "c001", "purpose": "profiling", "granted": True, "at": pd.Timestamp("2024-05-01")}
    commit(small_shop, {"consents": pd.DataFrame([row])})
    found = read_feedback(small_shop, PredictionLog(small_shop))
    assert found.rows["subject"].tolist() == ["c001", ""]
    assert found.left_out == 1


def test_more_predictions_than_one_statement_takes(workspace: Workspace) -> None:
    ids = [answered(workspace, "churn", [Result(str(number), 0.5)]) for number in range(3)]
    told(workspace, ids[1], bought=False)
    log = PredictionLog(workspace)
    wanted = [f"{number:032x}" for number in range(450)] + ids
    assert sorted(line["subject"] for line in log.lines(wanted)) == ["0", "1", "2"]
