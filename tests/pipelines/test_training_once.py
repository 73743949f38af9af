"""A training asked for twice, beside itself, or after a crash, makes one version."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date
from typing import Any

import pytest

from core.errors import UsageError
from core.workspace import Workspace
from models import gates
from models.registry import Registry
from pipelines import training_pipeline
from tests.support import toy
from tests.support.mlflow import give_empty_registry

AS_OF = date(2024, 7, 1)


@pytest.fixture
def shop(small_shop: Workspace, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    toy.install(monkeypatch)
    give_empty_registry(small_shop)
    return small_shop


def once(workspace: Workspace, as_of: date = AS_OF) -> Any:
    return training_pipeline.train(workspace, "churn", as_of, unless_trained=True)


def test_a_second_training_finds_the_first(shop: Workspace) -> None:
    first, second = once(shop), once(shop)
    assert (first.is_new, second.is_new) == (True, False)
    assert first.version.version == second.version.version
    assert once(shop, date(2024, 6, 24)).is_new
    assert training_pipeline.train(shop, "churn", AS_OF).is_new  # by hand, as ever


def test_two_at_once_make_one(shop: Workspace) -> None:
    with ThreadPoolExecutor(2) as pool:
        done = list(pool.map(lambda _number: once(shop), range(2)))
    assert sorted(each.is_new for each in done) == [False, True]
    assert len(Registry(shop).versions("churn")) == 1


@pytest.mark.parametrize("killed_in", ["judge_fairness", "judge_and_keep"])
def test_what_a_crash_left_unjudged_is_judged_and_not_made_again(
    shop: Workspace, monkeypatch: pytest.MonkeyPatch, killed_in: str
) -> None:
    def killed(*_arguments: object) -> None:
        raise KeyboardInterrupt

    place = training_pipeline if killed_in == "judge_fairness" else gates
    with monkeypatch.context() as patched:
        patched.setattr(place, killed_in, killed)
        with pytest.raises(KeyboardInterrupt):
            once(shop)
    again = once(shop)
    assert not again.is_new
    assert again.version.version == "1"
    assert {gate.name for gate in again.version.gates if gate.passed} >= {"quality", "fairness", "seal"}
    assert len(Registry(shop).versions("churn")) == 1


def test_it_is_for_the_usual_training(shop: Workspace) -> None:
    with pytest.raises(UsageError, match="--unless-trained"):
        training_pipeline.train(shop, "churn", AS_OF, from_log=True, unless_trained=True)
