import json
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from core.errors import DataError, StoreError
from models.demand import KIND, golden
from models.demand.adjustments import Adjustments, Shares
from models.demand.explanation import ForecastParts
from models.demand.inputs import derive
from models.demand.model import DemandModel, Mature, load
from models.demand.plans import Calendar, Day, Plans
from models.demand.recipe import Recipe
from tests.models.demand.conftest import ORIGIN, make_histories
from training.demand.examples import Examples, build
from training.demand.fitting import fit_mean, fit_quantiles
from training.demand.origin_inputs import OriginInputs

RECIPE = Recipe(rounds=40, quantile_rounds=25, min_child_weight=2, bags=1)


def fit(known):
    at = {}
    for back in range(7, 100, 6):
        at[ORIGIN - timedelta(days=back)] = replace(
            known, origin=ORIGIN - timedelta(days=back), units=known.units[:, :-back]
        )
    examples = build(OriginInputs(at, Calendar(), 28), list(at), known)
    names = KIND_NAMES()
    model = DemandModel(
        (fit_mean(examples, RECIPE, 1, 1),), fit_quantiles(examples, RECIPE, 1, 1), RECIPE, ORIGIN,
        ("category",), "D", 28, names,
    )  # fmt: skip
    return replace(model, golden=golden.record(model, examples.matrix))


def KIND_NAMES():  # noqa: N802
    from models.demand.inputs import columns

    return tuple(each.name for each in columns())


@pytest.fixture(scope="module")
def known():
    return make_histories(series=12)


@pytest.fixture(scope="module")
def model(known):
    return fit(known)


def test_it_learns_the_level_and_the_rhythm(model, known):
    forecast = model.forecast(known, Plans())
    usual = known.units[:, -196:].reshape(12, 28, 7).mean(1)
    expected = np.tile(usual, 4)
    error = np.abs(forecast.mean - expected).sum() / expected.sum()
    flat = np.abs(known.units[:, -28:].mean(1, keepdims=True) - expected).sum() / expected.sum()
    assert error < 0.75 * flat


def test_forecasts_are_never_negative_and_in_order(model, known):
    forecast = model.forecast(known, Plans())
    assert (forecast.mean >= 0).all()
    assert (forecast.quantiles >= 0).all()
    assert (np.diff(forecast.quantiles, axis=2) >= 0).all()


def test_a_closed_day_sells_nothing(model, known):
    plans = Calendar((Day(ORIGIN + timedelta(days=2), True),)).known(ORIGIN, 28)
    forecast = model.forecast(known, plans)
    assert forecast.mean[:, 2].max() == 0
    assert forecast.quantiles[:, 2].max() == 0
    assert forecast.mean[:, 3].min() > 0


def test_the_same_data_and_seed_give_the_same_model(model, known):
    again = fit(known).forecast(known, Plans())
    np.testing.assert_array_equal(again.mean, model.forecast(known, Plans()).mean)


def test_saved_and_loaded_it_says_the_same(model, known, tmp_path):
    adjusted = Adjustments(Shares((0.1,) * 4, (0.2,) * 4), 0.5, 1.1, (0.0, 0.0, 0.0, 0.0, 0.1))
    model = replace(model, adjustments=adjusted)
    model = replace(model, golden=golden.record(model, model.golden[list(model.names)].to_numpy(np.float32)))
    model.save(tmp_path / "model")
    loaded = KIND.load(tmp_path / "model")
    assert loaded.adjustments == adjusted
    np.testing.assert_array_equal(loaded.forecast(known, Plans()).quantiles, model.forecast(known, Plans()).quantiles)
    assert KIND.golden(loaded) == []
    assert {path.suffix for path in (tmp_path / "model").iterdir()} == {".ubj", ".json", ".parquet"}


def test_a_changed_answer_to_a_golden_input_is_told(model):
    changed = replace(model, adjustments=Adjustments(shifts=(0.1, 0.0, 0.0, 0.0, 0.0)))
    assert any(line.startswith("q05") for line in KIND.golden(changed))


def test_a_model_of_an_earlier_release_shifts_its_quantiles_and_adjusts_nothing_else(model, known, tmp_path):
    shifted = replace(model, adjustments=Adjustments(shifts=(-0.1, 0.0, 0.0, 0.0, 0.1)))
    content = {key: value for key, value in shifted.nominal.items() if key != "adjustments"}
    shifted.save(tmp_path / "model")
    earlier = load(tmp_path / "model", content | {"shifts": [-0.1, 0.0, 0.0, 0.0, 0.1]})
    np.testing.assert_array_equal(
        earlier.forecast(known, Plans()).quantiles, shifted.forecast(known, Plans()).quantiles
    )


def test_a_damaged_model_is_refused(model, tmp_path):
    model.save(tmp_path / "model")
    path = tmp_path / "model" / "model.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"dispersion": 9.0}))
    with pytest.raises(StoreError, match="damaged"):
        KIND.load(tmp_path / "model")


def test_more_days_than_trained_for_are_refused(model, known):
    with pytest.raises(DataError, match="28 periods ahead"):
        model.forecast(known, Plans(), 29)


def test_inputs_that_are_not_derived_any_more_are_refused(model, known):
    with pytest.raises(DataError, match="other inputs, such as moon"):
        replace(model, names=(*model.names, "moon")).forecast(known, Plans())


def test_a_model_of_a_release_that_knew_fewer_inputs_still_forecasts(known):
    names = tuple(name for name in KIND_NAMES() if name != "holiday_lift")
    inputs = derive(known, Plans(), 28).only(names)
    ratio = (known.units[:, -28:] / inputs.level[:, None]).reshape(-1)
    rows = len(ratio)
    examples = Examples(inputs.matrix, ratio, *(np.ones(rows) for _ in range(4)))
    older = DemandModel(
        (fit_mean(examples, RECIPE, 1, 1),), fit_quantiles(examples, RECIPE, 1, 1), RECIPE, ORIGIN, ("category",), "D",
        28, names,
    )  # fmt: skip
    forecast = older.forecast(known, Plans())
    parts = ForecastParts(older, known, Plans(), 28).parts(3)
    np.testing.assert_allclose(parts.sum(1), forecast.mean[3], atol=1e-5)


def test_a_model_started_from_another_mixes_their_words_and_keeps_both(model, known, tmp_path):
    other = replace(model, means=(*model.means, *model.means), recipe=replace(model.recipe, quantile_share=1.0))
    mixed = replace(model, mature=Mature(other, 0.25), golden=None)
    matrix = derive(known, Plans(), 28).matrix
    (own, own_quantiles), (theirs, _) = model.ratios(matrix), other.ratios(matrix)
    mean, quantiles = mixed.ratios(matrix)
    np.testing.assert_allclose(mean, 0.75 * own + 0.25 * theirs)
    np.testing.assert_allclose(quantiles, own_quantiles)
    mixed.save(tmp_path / "mixed")
    loaded = KIND.load(tmp_path / "mixed")
    np.testing.assert_allclose(loaded.ratios(matrix)[0], mean)
    parts = ForecastParts(loaded, known, Plans(), 28).parts(0)
    np.testing.assert_allclose(parts.sum(1), loaded.forecast(known, Plans()).mean[0], rtol=1e-6)
