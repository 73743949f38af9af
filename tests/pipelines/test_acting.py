"""`monitor --act` trains where a rule requests it: once a day, never over a refusal, and it promotes nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from core import shared_lock
from core.audit import AuditLog
from core.errors import DataError
from core.messages import Message
from models import release
from models.registry import Registry
from monitoring.results import MonitorReport, RuleState
from pipelines import acting, training_pipeline
from tests.support import toy
from tests.support.mlflow import give_empty_registry

TODAY = date(2024, 8, 1)
REQUEST = RuleState(
    "quality",
    "churn",
    "churn",
    "alert",
    Message.plain("worse than its floor"),
    Message("rule.quality.effect", {"kind": "churn"}),
    3,
)
DRIFT = replace(REQUEST, rule="drift", effect=Message("rule.drift.effect"))


def report(*rules: RuleState, as_of: date = TODAY) -> MonitorReport:
    return MonitorReport(as_of, "2024-08-01T00:00:00+00:00", 28, (), (), (), rules)


@pytest.fixture
def workspace(small_shop, monkeypatch):
    toy.install(monkeypatch)
    give_empty_registry(small_shop)
    training_pipeline.train(small_shop, "churn", TODAY - timedelta(days=31))
    return small_shop


def actions(workspace):
    return [entry.action for entry in AuditLog(workspace).entries() if entry.action in acting.__dict__.values()]


def test_a_model_is_trained_once_a_day_and_not_promoted(workspace):
    (done,) = acting.act(workspace, report(REQUEST, DRIFT), TODAY)
    assert (done.done, done.version) == (True, "2")
    assert Registry(workspace).version("churn", "2").aliases == ("challenger",)
    (again,) = acting.act(workspace, report(REQUEST), TODAY)
    assert not again.done
    assert "at most once a day" in str(again)
    assert actions(workspace) == [acting.BEGUN, acting.LEFT]


@pytest.mark.parametrize("rules", [(), (DRIFT,), (replace(REQUEST, status="ok"),)])
def test_what_requests_no_training_gets_none(workspace, rules):
    assert acting.act(workspace, report(*rules), TODAY) == ()


def test_nothing_is_trained_over_a_refusal(workspace):
    release.refuse(workspace, "churn", "1", "grace", "wrong labels")
    (left,) = acting.act(workspace, report(REQUEST), TODAY)
    assert not left.done
    assert "grace refused version 1 (wrong labels)" in left.why
    assert actions(workspace) == [acting.LEFT]


def test_a_look_at_the_past_trains_nothing(workspace):
    (left,) = acting.act(workspace, report(REQUEST, as_of=TODAY - timedelta(days=9)), TODAY)
    assert "not at the present" in left.why


def test_the_same_days_are_not_trained_on_twice(workspace):
    (left,) = acting.act(workspace, report(REQUEST, as_of=TODAY - timedelta(days=31)), TODAY - timedelta(days=31))
    assert "on the same days" in left.why


def test_a_training_that_fails_is_told_and_fails_nothing(workspace):
    def fails(*_):
        raise DataError("too few days")

    (left,) = acting.act(workspace, report(REQUEST), TODAY, train=fails)
    assert "it failed: too few days" in left.why
    (again,) = acting.act(workspace, report(REQUEST), TODAY)
    assert "at most once a day" in again.why


def test_two_at_once_train_once(workspace):
    with shared_lock.waiting(workspace, "acting"):
        (left,) = acting.act(workspace, report(REQUEST), TODAY)
    assert "another" in left.why
