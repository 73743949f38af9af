"""Versions judged by what came of their answers: what is worse goes by itself, what is better is proposed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from core.alerts import Alerts
from core.audit import AuditLog
from core.errors import UsageError
from core.prediction_log import Prediction, PredictionLog, Result
from core.sortable_ids import new_id
from core.workspace import Workspace
from models import experiment_release, release
from models.registry import Registry
from models.version import Version
from monitoring import experiment_watch
from monitoring.served import live_comparison
from tests.models.conftest import fairness, trainer
from tests.support import toy
from tests.support.mlflow import give_empty_registry

Train = Callable[..., Version]


@pytest.fixture
def tested(small_shop: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """Version 1 is champion, version 2 its canary for a fifth of the customers."""
    toy.install(monkeypatch)
    give_empty_registry(small_shop)
    train = trainer(small_shop, tmp_path)
    release.promote(small_shop, "churn", train(1.0).version, "ada")
    train(1.001)
    experiment_release.begin(small_shop, "churn", "2", "ada", percent=20)
    return small_shop


def answer(
    workspace: Workspace, good: float, canary: float, customers: int = 3000, fallback: str | None = None
) -> None:
    """Answers to customers whose probability is `good` (or `canary`) off what came of them, which feedback tells."""
    log, rng = PredictionLog(workspace), np.random.default_rng(7)
    running = Registry(workspace).experiment("churn")
    assert running is not None
    for number in range(customers):
        arm = running.of(f"x{number}")
        name, version, off = (arm.name, arm.version, canary) if arm else ("champion", "1", good)
        bought = bool(rng.random() < 0.5)
        value = off if bought else 1 - off
        missing = fallback if arm else None
        line = Result(f"x{number}", float(np.clip(value + rng.normal(0, 0.1), 0, 1)), fallback=missing)
        made = Prediction(new_id(), "churn", "churn", version, name, [line], {}, datetime.now(UTC))
        log.append(made)
        TOLD.append((made.prediction_id, bought))
    log.close()
    for prediction, bought in TOLD:
        log.feedback(prediction, {"bought": bought})
    TOLD.clear()


TOLD: list[tuple[str, bool]] = []


def arms(workspace: Workspace) -> list[str]:
    running = Registry(workspace).experiment("churn")
    return [arm.name for arm in running.arms] if running else []


def test_before_any_outcome_it_says_how_many_are_needed(tested: Workspace) -> None:
    found = live_comparison.compare(tested, "churn", "canary", "champion")
    assert (found.worse, found.harmed) == (None, None)
    assert "too few: 0 outcomes of version 2 and 0 of 1; at least about 200 more" in found.verdict


def test_versions_that_do_alike_go_on(tested: Workspace) -> None:
    answer(tested, 0.3, 0.3, 800)
    found = live_comparison.compare(tested, "churn", "2", "1")
    assert "no certain difference" in found.verdict
    assert found.outcome.more_needed > 0
    experiment_watch.look(tested)
    assert arms(tested) == ["canary"]
    assert Alerts(tested).open() == []


def test_a_clearly_worse_canary_is_ended_with_an_alert_and_a_line_in_the_audit_log(tested: Workspace) -> None:
    answer(tested, 0.2, 0.6, 1000)
    assert live_comparison.compare(tested, "churn", "2", "1").worse == "2"
    experiment_watch.look(tested)
    assert arms(tested) == []
    assert Registry(tested).lineup("churn").arms == ()
    (alert,) = Alerts(tested).open()
    assert (alert.subject, alert.level) == ("churn/2 as canary", "moderate")
    entry = AuditLog(tested).entries("churn/2")[-1]
    assert (entry.action, entry.who) == ("canary ended", "monitoring")


def test_a_better_one_is_proposed_and_not_made_champion(tested: Workspace) -> None:
    answer(tested, 0.5, 0.1, 1000)
    experiment_watch.look(tested)
    assert Registry(tested).aliases("churn")["champion"] == "1"
    (alert,) = Alerts(tested).open()
    assert "regulars promote churn 2" in alert.text
    release.promote(tested, "churn", "2", "ada")
    experiment_watch.look(tested)
    assert Alerts(tested).open() == []


def test_one_that_answers_with_something_missing_is_ended(tested: Workspace) -> None:
    answer(tested, 0.3, 0.3, 1500, fallback="population")
    found = live_comparison.compare(tested, "churn", "1", "2")
    assert found.harmed == "2"
    experiment_watch.look(tested)
    assert arms(tested) == []


def test_one_that_a_later_measurement_blocks_is_ended(tested: Workspace) -> None:
    registry = Registry(tested)
    registry.store_fairness(registry.version("churn", "2"), fairness("flagged"))
    assert registry.lineup("churn").arms == ()
    experiment_watch.look(tested)
    assert arms(tested) == []


def test_what_can_not_be_compared_is_said(tested: Workspace) -> None:
    with pytest.raises(UsageError, match="same version"):
        live_comparison.compare(tested, "churn", "1", "champion")
    with pytest.raises(UsageError, match="can't be compared live"):
        live_comparison.compare(tested, "value", "1", "2")


def test_orders_tell_what_feedback_does_not_once_the_horizon_has_passed(tested: Workspace) -> None:
    log, present = PredictionLog(tested), tested.tables.last_day() + timedelta(days=1)
    for day, name in ((present - timedelta(days=28), "c001"), (present - timedelta(days=27), "c002")):
        line, asked = Result(name, 0.5), {"as_of": date.isoformat(day)}
        log.append(Prediction(new_id(), "churn", "churn", "1", "champion", [line], asked,
                              datetime.now(UTC)))  # fmt: skip
    log.close()
    assert live_comparison.compare(tested, "churn", "1", "2").outcome.n_a == 1
