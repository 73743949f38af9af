"""The service ends a clearly worse arm by itself: nobody has to run `regulars monitor` for it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from core import utc
from core.alerts import Alerts
from core.audit import AuditLog
from core.errors import RegularsError
from core.workspace import Workspace
from models import experiment_looks
from models.experiment import Experiment
from models.kinds import FittedModel
from models.registry import Registry
from models.version import CHAMPION
from serving import side_process
from serving.experiment_timer import MODULE, ExperimentLooks
from tests.monitoring.served.test_live_comparison import answer, arms
from tests.serving.conftest import open_shop
from tests.serving.test_process import register
from tests.support.mlflow import give_empty_registry


class Asked:
    """Stands in for the champions, and counts the processes that are begun."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.running = [replace(Experiment.begin("1"), started_at=utc.text(utc.now() - timedelta(days=1)))]
        self.begun: list[str] = []
        self.code = 0
        monkeypatch.setattr(side_process, "run", self.run)

    def experiments(self) -> list[Experiment]:
        return self.running

    def run(self, workspace: Workspace, module: str, **_: Any) -> int:
        self.begun.append(module)
        if not self.code:
            experiment_looks.remember(workspace)
        return self.code


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Asked:
    return Asked(monkeypatch)


@pytest.fixture
def looks(small_shop: Workspace, asked: Asked) -> Iterator[ExperimentLooks]:
    made = ExperimentLooks(small_shop, asked)  # type: ignore[arg-type]
    yield made
    made.close()


def test_a_clearly_worse_canary_is_ended_by_the_service_alone(
    served: Workspace, fitted: tuple[Path, dict[str, FittedModel]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    give_empty_registry(served)
    registry, model = Registry(served), fitted[1]["churn"]
    first, second = (register(served, tmp_path / name, model) for name in ("first", "second"))
    registry.set_alias("churn", CHAMPION, first)
    registry.set_alias("churn", "canary", second)
    registry.set_experiment("churn", Experiment.begin(first).with_arm("canary", second, 20))
    answer(served, 0.2, 0.6, 1000)
    monkeypatch.setenv("REGULARS_SERVING__EXPERIMENT_LOOK_SECONDS", "0.001")
    for shop in open_shop(Workspace.open(served.root)):  # whose background goes round once
        assert arms(served) == []
        shop.runtime.background.round()
        results = shop.post("/v1/churn", {"customer_ids": [f"c{n:03d}" for n in range(60)]}).json()
        assert (results["version"], results["variant"]) == (first, CHAMPION)
        assert not any(shop.runtime.tasks().values())
    (alert,) = [each for each in Alerts(served).open() if each.source == "experiments"]
    assert alert.subject == f"churn/{second} as canary"
    assert AuditLog(served).entries(f"churn/{second}")[-1].action == "canary ended"


def test_it_looks_once_in_a_while_and_only_while_an_experiment_runs(
    looks: ExperimentLooks, asked: Asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(3):
        looks.refresh()
    assert asked.begun == [MODULE]
    later = utc.now() + timedelta(hours=1, seconds=1)
    monkeypatch.setattr(utc, "now", lambda: later)
    looks.refresh()
    assert len(asked.begun) == 2
    asked.running = []
    monkeypatch.setattr(utc, "now", lambda: later + timedelta(days=1))
    looks.refresh()
    assert len(asked.begun) == 2


def test_one_that_began_just_now_is_not_looked_at(looks: ExperimentLooks, asked: Asked) -> None:
    asked.running = [Experiment.begin("1")]
    looks.refresh()
    assert asked.begun == []


def test_another_worker_that_has_looked_is_enough(looks: ExperimentLooks, asked: Asked, small_shop: Workspace) -> None:
    ExperimentLooks(small_shop, asked).refresh()  # type: ignore[arg-type]
    looks.refresh()
    assert len(asked.begun) == 1


def test_a_look_that_fails_is_told_and_not_tried_again_at_once(looks: ExperimentLooks, asked: Asked) -> None:
    asked.code = 1
    for _ in range(3):
        with pytest.raises(RegularsError, match="ended with 1"):
            looks.refresh()
    assert len(asked.begun) == 1


def test_it_may_be_left_to_monitoring(small_shop: Workspace, asked: Asked, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REGULARS_SERVING__EXPERIMENT_LOOK_SECONDS", "0")
    ExperimentLooks(Workspace.open(small_shop.root), asked).refresh()  # type: ignore[arg-type]
    assert asked.begun == []


def test_a_clock_that_jumps_does_not_have_it_look_all_the_time(
    looks: ExperimentLooks, asked: Asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = utc.now() - timedelta(days=400)
    monkeypatch.setattr(utc, "now", lambda: before)
    for _ in range(3):
        looks.refresh()
    assert len(asked.begun) == 1
