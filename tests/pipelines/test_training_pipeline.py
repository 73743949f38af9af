"""A training as a whole: the version it makes is the challenger, its fairness measured and kept with it."""

from datetime import date

import pytest

from core.alerts import Alerts
from core.errors import UsageError
from models import release
from models.kinds import Budget
from models.registry import Registry
from pipelines import training_pipeline
from tests.models.conftest import fairness
from tests.support import toy
from tests.support.mlflow import give_empty_registry

AS_OF = date(2024, 7, 1)


@pytest.fixture
def budgets(monkeypatch):
    """The budgets that the toy was trained with."""
    given = []

    def train(workspace, as_of, directory, budget):
        given.append(budget)
        return toy.train(workspace, as_of, directory, budget)

    monkeypatch.setattr(toy, "TRAINER", train)
    return given


@pytest.fixture
def workspace(small_shop, monkeypatch):
    toy.install(monkeypatch)
    give_empty_registry(small_shop)
    return small_shop


def test_the_new_version_is_challenger_with_its_fairness_measured(workspace):
    trained = training_pipeline.train(workspace, "churn", AS_OF)
    version = Registry(workspace).version("churn", "challenger")
    assert trained.version == version
    measured = Registry(workspace).fairness(version)
    assert (measured.as_of, measured.until) == (date(2024, 6, 3), AS_OF)
    assert "Not measured" not in Registry(workspace).read_text(version, "card.md")


def test_the_gates_are_judged_before_anybody_promotes(workspace):
    training_pipeline.train(workspace, "churn", AS_OF)
    gates = Registry(workspace).version("churn", "1").gates
    assert [gate.name for gate in gates if gate.passed] == [
        "quality",
        "fairness",
        "signature",
        "golden inputs",
        "review",
        "seal",
    ]


def test_the_budget_is_the_kinds_own_unless_given(workspace, budgets):
    training_pipeline.train(workspace, "churn", AS_OF)
    training_pipeline.train(workspace, "churn", AS_OF, trials=7, timeout=5)
    assert budgets == [Budget(2, 900), Budget(7, 5)]


def test_a_disparity_asks_for_a_review(workspace, monkeypatch):
    monkeypatch.setattr(training_pipeline, "measure", lambda *arguments: fairness("flagged"))
    training_pipeline.train(workspace, "churn", AS_OF)
    assert Registry(workspace).version("churn", "1").tags["fairness"] == "blocked"
    (alert,) = Alerts(workspace).open()
    assert (alert.source, alert.subject) == ("fairness", "churn/1")
    assert "regulars approve|refuse churn 1" in alert.text


@pytest.mark.parametrize("decide", [release.approve, release.refuse])
def test_a_decision_is_what_the_alert_asked_for(workspace, monkeypatch, decide):
    monkeypatch.setattr(training_pipeline, "measure", lambda *arguments: fairness("flagged"))
    training_pipeline.train(workspace, "churn", AS_OF)
    decide(workspace, "churn", "1", "eve", "I looked at it")
    assert Alerts(workspace).open() == []


@pytest.mark.parametrize("budget", [{"trials": 0}, {"timeout": 0}])
def test_a_budget_of_nothing_is_refused(workspace, budget):
    with pytest.raises(UsageError, match="at least 1"):
        training_pipeline.train(workspace, "churn", AS_OF, **budget)
    assert Registry(workspace).versions("churn") == []


def test_a_kind_that_is_none_is_named_with_the_nearest(workspace):
    with pytest.raises(UsageError, match="did you mean 'demand'"):
        training_pipeline.train(workspace, "demnad", AS_OF)
