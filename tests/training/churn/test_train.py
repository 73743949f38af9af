"""The churn training on a small shop: what it hands over, what it refuses, and that it can't see the future."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from core.errors import DataError, NotReady
from core.workspace import Workspace
from models import artifact
from models.churn import labels
from models.churn.metrics import TIERS
from models.kinds import Budget, FittedModel, Kind, kind
from tests.support.shop import commit, empty_workspace, frames
from training.churn.examples import Examples, collect, known_by
from training.outcome import TrainingRecord
from training.run import fit

AS_OF = date(2024, 7, 20)
HORIZON = timedelta(days=28)
CHURN: Kind = kind("churn")


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A shop of its own: with days after AS_OF."""
    workspace = empty_workspace(tmp_path_factory.mktemp("whole") / "workspace")
    commit(workspace, frames())
    return workspace


@pytest.fixture(scope="module")
def record(shop: Workspace, tmp_path_factory: pytest.TempPathFactory) -> TrainingRecord:
    return fit(shop, CHURN, AS_OF, tmp_path_factory.mktemp("models"), Budget(1, 900))


def served(record: TrainingRecord) -> FittedModel:
    return CHURN.load(record.directory / "model")


def test_a_record_says_everything_a_run_must_log(record: TrainingRecord) -> None:
    judged = record.outcome.evaluation
    assert record.outcome.evaluated_from == AS_OF - HORIZON
    of_tiers = {f"{what}@{tiers}" for what in ("precision", "recall") for tiers in TIERS}
    assert set(judged.metrics) == {"roc_auc", "pr_auc", "log_loss", "brier", "ece", "lift@10%"} | of_tiers
    assert set(judged.baselines) == {"recency", "rfm_logistic", "bgnbd"} == set(judged.paired)
    assert all(set(metrics) == set(judged.metrics) for metrics in judged.baselines.values())
    assert all(metric.low <= metric.value <= metric.high for metric in judged.metrics.values())
    assert judged.best_baseline in judged.baselines
    drawn = {"reliability.png", "roc_pr.png", "features.png", "local_effects.png", "slices.png"}
    assert drawn == set(record.outcome.plots)
    assert record.outcome.csv["local_effects.csv"].startswith("feature,value,effect")
    assert all(note.description and note.unit for note in record.outcome.features)
    assert record.outcome.study.trials == 1
    assert record.outcome.study.history[0]["value"] == record.outcome.study.best_value
    assert record.data_digest == record.data_digest.strip() != ""


def test_the_model_has_learnt_something(record: TrainingRecord) -> None:
    assert record.outcome.evaluation.metrics["roc_auc"].low > 0.55
    assert record.outcome.evaluation.metrics["log_loss"].value < 0.69


def test_three_models_are_saved_and_answer_as_when_they_were_saved(record: TrainingRecord) -> None:
    for name, as_of in {"model": AS_OF, "evaluation": AS_OF - HORIZON, "baseline": AS_OF}.items():
        artifact.verify(record.directory / name)
        loaded = CHURN.load(record.directory / name)
        assert loaded.trained_as_of == as_of
        assert CHURN.golden(loaded) == []


def test_what_was_evaluated_can_be_evaluated_again(shop: Workspace, record: TrainingRecord) -> None:
    evaluated = CHURN.load(record.directory / "evaluation")
    frame = CHURN.evaluate(shop, evaluated, record.outcome.evaluated_from)
    assert len(frame) == record.outcome.units
    for name, statistic in CHURN.statistics.items():
        assert statistic(frame) == pytest.approx(record.outcome.evaluation.metrics[name].value)


def test_a_later_window_can_be_evaluated_and_one_that_is_not_over_can_not(
    shop: Workspace, record: TrainingRecord
) -> None:
    assert not CHURN.evaluate(shop, served(record), AS_OF).empty
    with pytest.raises(DataError, match="not known"):
        CHURN.evaluate(shop, served(record), date(2024, 8, 20))


def test_no_label_window_of_the_evaluation_model_reaches_its_evaluation(shop: Workspace) -> None:
    now = collect(shop, AS_OF)
    then = known_by(now, AS_OF - HORIZON)
    assert max(now.labelled.as_of) == AS_OF - HORIZON
    assert max(then.labelled.as_of) == AS_OF - 2 * HORIZON
    assert set(then.population.as_of) == {AS_OF - HORIZON}


def test_the_prediction_file_holds_the_whole_population_once(shop: Workspace, record: TrainingRecord) -> None:
    file = CHURN.predict_file(shop, served(record), AS_OF, "7")
    assert list(file.columns) == [
        "customer_id", "as_of", "churn_probability", "risk_score", "risk_tier", "action",
        "model_version",
    ]  # fmt: skip
    population = labels.active(shop, AS_OF)
    assert list(file.customer_id) == population
    assert file.notna().all().all()
    assert file.churn_probability.between(0, 1).all()
    assert set(file.model_version) == {"7"}
    actions = shop.settings.churn.actions
    assert list(file.action) == [actions[tier] for tier in file.risk_tier]
    assert served(record).population_rate == pytest.approx(file.churn_probability.mean())


def test_who_had_not_allowed_marketing_by_the_date_of_the_file_gets_no_action(
    shop: Workspace, record: TrainingRecord, copy_workspace: Callable[[Workspace, str], Workspace]
) -> None:
    before = CHURN.predict_file(shop, served(record), AS_OF, "7")
    refused, later, *others = before.loc[before.action != "none", "customer_id"]
    at = pd.Timestamp("2024-05-01")
    everyone = pd.DataFrame({"customer_id": before.customer_id, "granted": True, "at": at})
    marketing = everyone.assign(purpose="marketing", granted=everyone.customer_id != refused)
    too_late = marketing[marketing.customer_id == later].assign(granted=False, at=pd.Timestamp(AS_OF))
    tracked = copy_workspace(shop, "tracked")
    commit(tracked, {"consents": pd.concat([everyone.assign(purpose="profiling"), marketing, too_late])})
    file = CHURN.predict_file(tracked, served(record), AS_OF, "7")
    changed = file[file.action != before.action]
    assert (list(changed.customer_id), list(changed.action)) == ([refused], ["none"])
    assert others


def test_a_model_does_not_predict_a_past_that_it_knows(shop: Workspace, record: TrainingRecord) -> None:
    with pytest.raises(NotReady, match="trained as of 2024-07-20"):
        CHURN.predict_file(shop, served(record), AS_OF - timedelta(days=1), "7")


@pytest.mark.long
def test_the_same_file_comes_out_where_the_future_was_never_recorded(
    shop: Workspace, record: TrainingRecord, tmp_path: Path
) -> None:
    past = empty_workspace(tmp_path / "past")
    commit(past, {name: _until(frame) for name, frame in frames().items()})
    again = fit(past, CHURN, AS_OF, tmp_path / "models", Budget(1, 900))
    files = [
        CHURN.predict_file(shop, served(record), AS_OF, "1"),
        CHURN.predict_file(past, served(again), AS_OF, "1"),
    ]
    assert list(files[0].customer_id) == list(files[1].customer_id)
    assert np.abs(files[0].churn_probability - files[1].churn_probability).max() < 1e-6
    assert (files[0].risk_score == files[1].risk_score).all()
    told, expected = (each.outcome.evaluation.metrics for each in (again, record))
    assert {name: each.value for name, each in told.items()} == pytest.approx(
        {name: each.value for name, each in expected.items()}, abs=1e-6
    )


def _until(frame: pd.DataFrame) -> pd.DataFrame:
    """Facts before AS_OF; the small shop's zone is an hour off UTC in summer."""
    border = pd.Timestamp(AS_OF) - pd.Timedelta(hours=1)
    for column in ("ordered_at", "redeemed_on"):
        if column in frame:
            return frame[pd.to_datetime(frame[column]) < border]
    return frame


def test_too_short_a_history_names_the_first_date_that_is_possible(shop: Workspace, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="earliest possible --as-of is 2024-05-24"):
        fit(shop, CHURN, date(2024, 4, 1), tmp_path, Budget(1, 900))


@pytest.mark.parametrize(("churned", "who"), [(0, "nobody"), (1, "everybody")])
def test_where_all_did_the_same_there_is_nothing_to_learn(churned: int, who: str) -> None:
    examples = pd.DataFrame({"as_of": [AS_OF - n * HORIZON for n in (1, 2, 3)], "churned": churned})
    with pytest.raises(DataError, match=f"{who} left before 2024-06-22"):
        known_by(Examples(AS_OF, examples, examples, HORIZON.days), AS_OF - HORIZON)
