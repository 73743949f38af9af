"""What a scenario makes of a forecast, and when it is refused."""

from __future__ import annotations

import numpy as np
import pytest

from models.demand.pricing.responses import NO_RESPONSES, PriceResponses
from models.demand.pricing.scenario import Effect, Scenario, Unanswerable, effect
from tests.support.price_panel import make_responses

PLANNED = np.zeros((3, 4))
MEAN, QUANTILES = np.full(4, 10.0), np.tile([0.0, 6.0, 9.0, 13.0, 20.0], (4, 1))


def asked(scenario: Scenario, responses: PriceResponses | None = None, planned: np.ndarray = PLANNED) -> Effect:
    found = effect(responses or make_responses(), "a", scenario, planned)
    assert isinstance(found, Effect)
    return found


def refusal(scenario: Scenario, responses: PriceResponses | None = None) -> Unanswerable:
    found = effect(responses or make_responses(), "a", scenario, PLANNED)
    assert isinstance(found, Unanswerable)
    return found


def test_a_lower_price_sells_more_by_the_elasticity():
    found = asked(Scenario(price=1.8))
    mean, _ = found.forecast(MEAN, QUANTILES)
    assert mean == pytest.approx(10 * 0.9**-2, rel=0.01)
    assert found.elasticity is not None
    assert found.elasticity.value == pytest.approx(-2, abs=0.02)
    assert (found.elasticity.low, found.elasticity.high) == pytest.approx((-2.33, -1.67), abs=0.03)
    assert (found.planned_price, found.price) == (2.0, 1.8)


def test_a_relative_change_is_one_of_the_usual_price():
    assert asked(Scenario(price_change=-0.1)).price == pytest.approx(1.8)


def test_the_change_has_an_interval_in_units_and_as_a_share():
    units, share = asked(Scenario(price=1.8)).change(MEAN)
    assert units.low < units.value < units.high
    assert units.value == pytest.approx(40 * (0.9**-2 - 1), rel=0.02)
    assert share.value == pytest.approx(units.value / 40)


def test_the_planned_price_changes_nothing():
    for scenario in (Scenario(price=2.0), Scenario(price_change=0.0)):
        for change in asked(scenario).change(MEAN * 1234.567):
            assert [str(each) for each in (change.value, change.low, change.high)] == ["0.0"] * 3


def test_next_to_no_sales_leave_the_bounds_in_order():
    for planned in (MEAN * 1e-30, MEAN * 1e-9, MEAN * 0):
        for change in asked(Scenario(price=1.8)).change(planned):
            assert change.low <= change.value <= change.high


def test_a_promotion_reaches_what_it_usually_does_beyond_what_is_planned():
    planned = np.array([[0.0, 0.6, 0.3, 0.0], [0.1] * 4, [0.0] * 4])
    mean, _ = asked(Scenario(promotion=True), planned=planned).forecast(MEAN, QUANTILES)
    assert mean == pytest.approx(10 * np.exp([0.3, 0.0, 0.15, 0.3]), rel=0.01)
    without, _ = asked(Scenario(promotion=False), planned=planned).forecast(MEAN, QUANTILES)
    assert without == pytest.approx(10 * np.exp([0.0, -0.3, -0.15, 0.0]), rel=0.01)
    assert asked(Scenario(promotion="display")).elasticity is None


def test_an_unsure_response_widens_the_quantiles_and_keeps_their_order():
    _, sure = asked(Scenario(price=1.6), make_responses(deviation=0.01)).forecast(MEAN, QUANTILES)
    _, unsure = asked(Scenario(price=1.6), make_responses(deviation=1.0)).forecast(MEAN, QUANTILES)
    assert (np.diff(unsure) >= 0).all()
    assert (unsure[:, 4] - unsure[:, 1] > sure[:, 4] - sure[:, 1]).all()
    assert (unsure[:, 0] == 0).all()


def test_where_the_weeks_leave_it_open_a_dearer_product_sells_less():
    elasticity = asked(Scenario(price=1.8), make_responses(elasticity=0.1, deviation=0.4)).elasticity
    assert elasticity is not None
    assert elasticity.low < elasticity.value < elasticity.high <= 0


@pytest.mark.parametrize("code", ["price_never_moved", "price_moved_too_little", "too_short", "response_unclear"])
def test_what_was_never_seen_is_refused_with_why(code):
    found = refusal(Scenario(price=1.8), make_responses(refused=code))
    assert found.code == code
    assert str(found.message)


def test_a_promotion_can_be_asked_where_a_price_can_not():
    assert asked(Scenario(promotion=True), make_responses(refused="price_never_moved")).price is None


def test_a_price_far_from_any_that_was_is_refused_with_the_range():
    found = refusal(Scenario(price=0.5))
    assert found.code == "price_out_of_range"
    assert "from 1.25 to 2.88" in str(found.message)


def test_a_way_of_promotion_that_was_never_used_is_refused():
    assert refusal(Scenario(promotion="mailer")).code == "promotion_never_varied"


def test_a_model_that_learnt_no_prices_says_so():
    assert refusal(Scenario(price=1.8), NO_RESPONSES).code == "not_learnt"


def test_responses_are_saved_as_data(tmp_path):
    responses = make_responses()
    responses.save(tmp_path)
    loaded = PriceResponses.load(tmp_path)
    assert (loaded.ids, loaded.refused) == (responses.ids, responses.refused)
    for name in ("price", "lowest", "highest", "mean", "covariance", "own", "promoted", "varied"):
        assert getattr(loaded, name).tolist() == getattr(responses, name).tolist()
    assert PriceResponses.load(tmp_path / "none") is NO_RESPONSES
