"""A training of the demand model on the small shop, logged and registered."""

from datetime import timedelta
from io import StringIO

import pandas as pd
import pytest

from core.errors import DataError
from feature_repo import store
from models.demand import KIND
from models.kinds import Budget
from models.registry import Registry
from tests.support.shop import FIRST_DAY
from tests.support.trained import AS_OF
from training.demand.folds import rolling
from training.run import train


@pytest.fixture(scope="module")
def trained(trained_once):
    return trained_once(KIND.name)


def test_a_version_is_registered_with_its_baselines_and_intervals(trained):
    _, version = trained
    assert set(version.baselines) == {"naive", "seasonal_naive", "mean_28d"}
    assert set(version.metrics) == set(KIND.statistics)
    wrmsse = version.metrics["WRMSSE"]
    assert wrmsse.low <= wrmsse.value <= wrmsse.high
    assert wrmsse.value < version.baselines["naive"]["WRMSSE"].value


def test_what_was_saved_loads_and_answers(trained):
    workspace, version = trained
    registry = Registry(workspace)
    folder = registry.fetch(version)
    for part in ("model", "evaluation", "baseline"):
        assert KIND.golden(KIND.load(folder / part)) == []
    file = KIND.predict_file(workspace, KIND.load(folder / "model"), AS_OF, version.version)
    assert len(file) == 6 * 28
    assert not file.isna().any().any()


@pytest.mark.parametrize("part", ["model", "baseline"])
def test_the_model_alone_says_what_the_prediction_file_says(trained, part):
    workspace, version = trained
    model = KIND.load(Registry(workspace).fetch(version) / part)
    inputs = store.matrix(workspace, KIND.service, AS_OF, key="series_id").assign(as_of=AS_OF)
    file = KIND.predict_file(workspace, model, AS_OF, "1").drop(columns="model_version")
    pd.testing.assert_frame_equal(KIND.answer(model, inputs[KIND.signature(model)["inputs"]]), file)
    assert model.calendar.days


def test_the_evaluation_model_knows_nothing_of_the_window_it_is_judged_on(trained):
    workspace, version = trained
    registry = Registry(workspace)
    folder = registry.fetch(version)
    evaluated = KIND.load(folder / "evaluation")
    assert evaluated.trained_as_of == AS_OF - timedelta(days=28)
    frame = KIND.evaluate(workspace, evaluated, evaluated.trained_as_of)
    assert KIND.statistics["WRMSSE"](frame) == pytest.approx(version.metrics["WRMSSE"].value, rel=1e-6)


def test_no_fold_holds_a_label_at_or_after_its_end(trained):
    workspace, _ = trained
    known = rolling(workspace, AS_OF)
    horizon, series = 28, 6
    for end in [*known.windows(), known.evaluated_from, known.as_of]:
        rows = sum(min(horizon, (end - day).days) * series for day in known.at if day < end)
        assert len(known.fold(end).examples) <= rows
        assert known.fold(end).histories.origin == end


def test_too_little_history_names_the_earliest_date(small_shop_readonly):
    with pytest.raises(DataError, match="earliest possible"):
        train(small_shop_readonly, KIND, FIRST_DAY + timedelta(days=90), Budget(1, 900))


def test_the_run_holds_what_more_rows_bring_and_how_forecasts_go_with_inputs_prices_and_the_days_ahead(trained):
    workspace, version = trained
    registry = Registry(workspace)
    held = {entry.path for entry in registry.client.list_artifacts(version.run_id, "plots")}
    parts = ("learning_curve", "local_effects", "error_by_step", "price_effects")
    assert {f"plots/{part}.png" for part in parts} <= held
    curve = pd.read_csv(StringIO(registry.read_text(version, "learning_curve.csv")))
    assert curve["rows"].is_monotonic_increasing
    assert curve["WRMSSE"].notna().all()
    effects = pd.read_csv(StringIO(registry.read_text(version, "local_effects.csv")))
    assert effects["feature"].nunique() > 5
    steps = pd.read_csv(StringIO(registry.read_text(version, "error_by_step.csv")))
    assert steps["step"].tolist() == list(range(1, 29))
    assert steps.columns[2:].tolist() == ["model", version.best_baseline]
