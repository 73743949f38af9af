"""A worker of a study: what it is told, and what it tells."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import optuna
import pytest
from typer.testing import CliRunner

from core import clock
from core.errors import UsageError
from core.workspace import Workspace
from models.kinds import Budget
from pipelines import tuning_worker
from pipelines.cli import main
from tests.support.shop import empty_workspace
from training import study

DAY = date(2024, 7, 1)


def tunes(workspace: Workspace, as_of: date, directory: Path, budget: Budget) -> None:
    """A trainer that only tunes."""
    study.run(workspace, f"churn-{as_of}", lambda t: t.suggest_float("x", 0, 1), budget, depends_on={})


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    monkeypatch.setattr(tuning_worker, "trainer", lambda _kind: tunes)
    stores = {"optuna": f"sqlite:///{tmp_path}/optuna.db"}
    return empty_workspace(tmp_path / "workspace", stores=stores, tuning={"at_once": 3})


def test_a_worker_runs_what_a_training_without_time_left(shop: Workspace) -> None:
    tunes(shop, DAY, shop.root, Budget(1, 60))
    opened = study.study_storage.opened(shop)
    [name] = optuna.get_all_study_names(opened)
    optuna.load_study(study_name=name, storage=opened).set_user_attr("target", 5)
    report = tuning_worker.work(shop, "churn", DAY)
    assert (report.own, report.done, report.target, report.is_complete) == (4, 5, 5, True)
    assert report.study == name
    again = tuning_worker.work(shop, "churn", DAY)
    assert (again.own, again.done, again.best_value) == (0, 5, report.best_value)


def test_a_worker_s_own_time_ends_its_part_alone(shop: Workspace) -> None:
    tunes(shop, DAY, shop.root, Budget(1, 60))
    opened = study.study_storage.opened(shop)
    [name] = optuna.get_all_study_names(opened)
    optuna.load_study(study_name=name, storage=opened).set_user_attr("target", 500)
    report = tuning_worker.work(shop, "churn", DAY, timeout=1)
    assert report.target == 500
    assert not report.is_complete


def test_nobody_can_share_a_journal(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"set stores\.optuna"):
        tuning_worker.work(empty_workspace(tmp_path / "workspace"), "churn", DAY)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (("uplift",), "uplift has no trials"),
        (("chrun",), "did you mean 'churn'"),
        (("churn", None, 0), "--timeout"),
        (("churn", None, None, -1), "--wait"),
    ],
)
def test_what_can_t_be_meant_is_refused(shop: Workspace, asked: tuple[Any, ...], said: str) -> None:
    name, _, *more = (*asked, None) if len(asked) == 1 else asked
    with pytest.raises(UsageError, match=said):
        tuning_worker.work(shop, name, DAY, *more)


def test_a_machine_reads_one_document(shop: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "resolve_as_of", lambda _space, day, **_how: date.fromisoformat(day))
    tunes(shop, DAY, shop.root, Budget(3, 60))
    arguments = ["tune-worker", "churn", "--as-of", str(DAY), "--json", "-w", str(shop.root), "--wait", "0"]
    done = CliRunner().invoke(main.build(), arguments)  # type: ignore[arg-type]
    document = json.loads(done.stdout)
    assert document["complete"] is True
    assert (document["own_trials"], document["done_trials"], document["asked_trials"]) == (0, 3, 3)
    missing = CliRunner().invoke(main.build(), [*arguments[:3], "2024-06-01", *arguments[4:]])  # type: ignore[arg-type]
    assert missing.exit_code == 1
    assert json.loads(missing.stdout)["error"] == "NotReady"
