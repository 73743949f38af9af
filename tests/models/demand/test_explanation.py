"""A forecast's parts add up to it, in units, whatever was done to the boosters' word."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from core.settings import Settings
from models.demand.adjustments import Adjustments, Shares
from models.demand.baselines import fitted
from models.demand.explanation import ADJUSTED, PARTS, ForecastParts, named
from models.demand.inputs import columns, derive
from models.demand.outlook import look_ahead
from models.demand.plans import NO_CALENDAR, Calendar, Day, Plans
from models.demand.signals.readings import signals_of
from models.demand.signals.use import SignalUse, Term
from tests.models.demand.conftest import ORIGIN, make_histories
from tests.models.demand.test_model import fit

ADJUSTMENTS = Adjustments(Shares((0.3,) * 4, (0.3,) * 4), 0.75, 1.1)


@pytest.fixture(scope="module")
def known():
    return make_histories(series=12)


@pytest.fixture(scope="module")
def model(known):
    return replace(fit(known), adjustments=ADJUSTMENTS)


@pytest.mark.parametrize("row", [0, 5, 11])
def test_the_parts_add_up_to_the_mean_of_every_day(model, known, row) -> None:
    parts = ForecastParts(model, known, Plans(), 28).parts(row)
    assert parts.shape == (28, len(PARTS))
    np.testing.assert_allclose(parts.sum(1), model.forecast(known, Plans()).mean[row], rtol=1e-9)


def test_signals_are_a_part_and_the_parts_still_add_up(model, known) -> None:
    days = [ORIGIN + timedelta(days=away) for away in range(-200, 28)]
    heat = signals_of([(day, "heat", float(np.sin(day.toordinal())), None, None) for day in days], (), ("category",))
    heated = replace(known, units=known.units * np.exp(np.sin([day.toordinal() for day in days[:200]])))
    use = SignalUse((Term("heat"),), 1.0)
    followed, plans = (
        replace(model, adjustments=replace(ADJUSTMENTS, signals=use)),
        Calendar((), heat).known(ORIGIN, 28),
    )
    parts = ForecastParts(followed, heated, plans, 28).parts(5)
    np.testing.assert_allclose(parts.sum(1), followed.forecast(heated, plans).mean[5], rtol=1e-9)
    told = parts[:, PARTS.index("signals")]
    assert np.corrcoef(told, np.sin([day.toordinal() for day in days[200:]]))[0, 1] > 0.7


def test_a_closed_day_has_no_parts(model, known) -> None:
    plans = Calendar((Day(ORIGIN + timedelta(days=2), True),)).known(ORIGIN, 28)
    parts = ForecastParts(model, known, plans, 28).parts(3)
    assert not parts[2].any()
    assert parts[3].any()


def test_without_adjustments_their_parts_are_nothing(model, known) -> None:
    plain = replace(model, adjustments=Adjustments())
    parts = ForecastParts(plain, known, Plans(), 28).parts(3)
    np.testing.assert_allclose(parts[:, -len(ADJUSTED) :], 0.0, atol=1e-12)


def test_the_season_tells_the_days_of_the_week_apart(model, known) -> None:
    parts = ForecastParts(model, known, Plans(), 28).parts(11)
    seasonal = parts[:, PARTS.index("season")]
    usual = known.units[11, -196:].reshape(28, 7).mean(0)
    assert np.corrcoef(seasonal.reshape(4, 7).mean(0), usual)[0, 1] > 0.8


def test_the_level_is_most_of_a_forecast(model, known) -> None:
    parts = named(ForecastParts(model, known, Plans(), 28).parts(11).sum(0))
    assert max(parts, key=lambda name: abs(parts[name])) == "level"


def test_an_outlook_tells_the_parts_of_the_periods_asked_for_by_name(model, known) -> None:
    ahead = look_ahead(model, known, NO_CALENDAR, Settings())
    days = ahead.parts("s3", 5)
    assert [tuple(day) for day in days] == [PARTS] * 5
    assert [sum(day.values()) for day in days] == pytest.approx(ahead.forecast.mean[3, :5].tolist())


def test_a_baseline_only_counts(known) -> None:
    ahead = look_ahead(fitted(ORIGIN, ("category",), "D", 28)["mean_28d"], known, NO_CALENDAR, Settings())
    assert ahead.parts("s3", 2) == [{"counting": mean} for mean in ahead.forecast.mean[3, :2].tolist()]


def test_every_input_counts_to_a_part(known) -> None:
    assert [each.name for each in columns()] == list(derive(known, Plans(), 28).names)
    assert {each.part for each in columns()} < set(PARTS)
