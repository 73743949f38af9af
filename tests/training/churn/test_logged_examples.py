"""Training from the prediction log: the very values that answers were made of, and no look ahead."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from core.errors import DataError, UsageError
from core.prediction_log import Prediction, PredictionLog, Result
from core.sortable_ids import new_id
from core.workspace import Workspace
from feature_repo import facts
from models.churn import dataset
from models.kinds import Budget, Kind, kind
from tests.support.shop import FIRST_DAY, commit, frames, unbuilt_copy
from training.churn import logged_examples
from training.churn.examples import known_by
from training.churn.logged_examples import collect
from training.kinds import log_trainer
from training.outcome import TrainingRecord
from training.run import fit

pytestmark = pytest.mark.long
AS_OF = FIRST_DAY + timedelta(days=220)
HORIZON, WIDTH = 28, 14
GAP = timedelta(days=HORIZON + WIDTH)
WEEKLY = [AS_OF - timedelta(days=days) for days in range(1, 155, 7)]
CHURN: Kind = kind("churn")
NAMES = [feature.name for feature in dataset.features()]


def log_answers(
    workspace: Workspace, days: Sequence[date], *, fallback: str | None = None, marked: bool = False
) -> None:
    """Answers about everybody active, made of what was known on each day; `marked`: twice a day, the second with
    values that are no customer's.
    """
    log = PredictionLog(workspace)
    for day in days:
        frame = dataset.unlabelled(workspace, day)
        for again in (False, True) if marked else (False,):
            columns = {name: [None if pd.isna(v) else float(v) for v in frame[name]] for name in NAMES}
            if again:
                columns = {name: [-7.0] * len(frame) for name in NAMES}
            lines = [Result(name, 0.5, fallback=fallback, row=row) for row, name in enumerate(frame["customer_id"])]
            at = datetime.combine(day, time(9 + again), UTC)
            request = {"as_of": day.isoformat()}
            log.append(Prediction(new_id(), "churn", "churn", "1", "champion", lines, request, at, columns))
    log.close()


@pytest.fixture(scope="module")
def asked(_shop_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """The small shop, whose service was asked about everybody once a week."""
    workspace = unbuilt_copy(_shop_template, tmp_path_factory.mktemp("asked") / "workspace")
    log_answers(workspace, WEEKLY, marked=True)
    return workspace


@pytest.fixture(scope="module")
def record(asked: Workspace, tmp_path_factory: pytest.TempPathFactory) -> TrainingRecord:
    return fit(asked, CHURN, AS_OF, tmp_path_factory.mktemp("models"), Budget(1, 900), by=log_trainer(CHURN))


def test_the_values_trained_on_are_those_a_customer_had_when_scored(asked: Workspace) -> None:
    rows = collect(asked, AS_OF).labelled
    known = dataset.with_features(asked, rows[["customer_id"]].assign(as_of=rows["day"]))
    assert len(rows) > 500
    for name in NAMES:
        np.testing.assert_allclose(
            rows[name].to_numpy(dtype=float), known[name].to_numpy(dtype=float), equal_nan=True, err_msg=name
        )


def test_a_customer_counts_once_a_fortnight_by_the_first_answer(asked: Workspace) -> None:
    rows = collect(asked, AS_OF).labelled
    assert not rows.duplicated(["customer_id", "as_of"]).any()
    assert (rows[NAMES[0]] != -7.0).all()
    later = (pd.to_datetime(rows["day"]) - pd.to_datetime(rows["as_of"])).dt.days
    assert later.between(0, WIDTH - 1).all()


def test_who_left_is_told_by_the_orders_after_the_day_of_the_answer(asked: Workspace) -> None:
    rows = collect(asked, AS_OF).labelled
    for day, part in rows.groupby("day"):
        start = day + timedelta(days=1)  # type: ignore[operator]
        buyers = facts.buyers(asked, start, start + timedelta(days=HORIZON))
        assert list(part["churned"]) == [int(name not in buyers) for name in part["customer_id"]]
    assert rows["churned"].nunique() == 2


def test_no_label_reaches_beyond_what_is_known_nor_into_the_evaluation(asked: Workspace) -> None:
    now = collect(asked, AS_OF)
    then = known_by(now, AS_OF - GAP)
    ends = timedelta(days=HORIZON + 1)
    assert max(now.labelled["day"]) + ends <= AS_OF
    assert max(then.labelled["day"]) + ends <= min(then.population["day"])
    assert set(then.population["as_of"]) == {AS_OF - GAP}
    pairs = set(zip(then.labelled["customer_id"], then.labelled["day"], strict=True))
    assert not pairs & set(zip(then.population["customer_id"], then.population["day"], strict=True))


def test_a_training_says_where_its_rows_are_from(asked: Workspace, record: TrainingRecord) -> None:
    outcome = record.outcome
    assert outcome.evaluated_from == AS_OF - GAP
    assert outcome.rows == len(collect(asked, AS_OF).labelled)
    assert any("prediction log" in note for note in outcome.notes)
    assert CHURN.load(record.directory / "evaluation").trained_as_of == AS_OF - GAP
    assert CHURN.load(record.directory / "model").trained_as_of == AS_OF
    assert outcome.evaluation.metrics["roc_auc"].value > 0.55


def test_what_the_tables_say_of_the_past_since_changes_no_value(
    asked: Workspace, copy_workspace: Callable[[Workspace, str], Workspace]
) -> None:
    before = collect(asked, AS_OF).labelled
    corrected = copy_workspace(asked, "corrected")
    orders = frames()["orders"]
    commit(corrected, {"orders": orders.assign(quantity=orders["quantity"] * 3)})
    after = collect(corrected, AS_OF).labelled
    pd.testing.assert_frame_equal(before, after)
    tables = dataset.with_features(corrected, before[["customer_id"]].assign(as_of=before["day"]))
    assert not tables["basket_units_mean_182d"].equals(before["basket_units_mean_182d"])


def test_who_refuses_profiling_is_not_learnt_from(
    asked: Workspace, copy_workspace: Callable[[Workspace, str], Workspace]
) -> None:
    rows = collect(asked, AS_OF).labelled
    refuses, *others = sorted(set(rows["customer_id"]))
    consents = pd.DataFrame({"customer_id": [refuses, *others], "purpose": "profiling"})
    choosing = copy_workspace(asked, "choosing")
    at = pd.Timestamp(FIRST_DAY)
    commit(choosing, {"consents": consents.assign(granted=consents["customer_id"] != refuses, at=at)})
    assert set(collect(choosing, AS_OF).labelled["customer_id"]) == set(others)


def test_answers_that_are_no_scores_of_the_model_teach_nothing(small_shop: Workspace) -> None:
    log_answers(small_shop, WEEKLY[-3:], fallback="inactive")
    with pytest.raises(DataError, match="has 0 answers") as caught:
        collect(small_shop, AS_OF)
    assert "200 more are needed" in str(caught.value)


def test_too_short_a_log_says_how_many_days_are_missing(small_shop: Workspace) -> None:
    log_answers(small_shop, [day for day in WEEKLY if day > AS_OF - timedelta(days=80)])
    short = small_shop.settings.model_copy(update={"log": small_shop.settings.log.model_copy(update={"keep_days": 92})})
    with pytest.raises(DataError, match="35 more days are needed") as caught:
        collect(Workspace(small_shop.root, short), AS_OF)
    assert f"earliest possible --as-of is {AS_OF + timedelta(days=35)}" in str(caught.value.todo)
    assert "log.keep_days (92) to 113" in str(caught.value.todo)


def test_without_answers_in_the_evaluated_fortnight_there_is_nothing_to_judge_by(small_shop: Workspace) -> None:
    log_answers(small_shop, [day for day in WEEKLY if day < AS_OF - GAP])
    with pytest.raises(DataError, match=f"no answers from {AS_OF - GAP}"):
        collect(small_shop, AS_OF)


@pytest.mark.parametrize("name", ["demand", "recommendation", "value"])
def test_only_churn_is_kept_with_its_values(name: str) -> None:
    with pytest.raises(UsageError, match="can't be trained from the prediction log"):
        log_trainer(kind(name))


def test_a_fortnight_is_known_once_the_last_of_its_answers_is(small_shop_readonly: Workspace) -> None:
    assert logged_examples.gap_days(HORIZON) == GAP.days
