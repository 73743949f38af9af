"""Buy-till-you-die: expected purchases, what one is worth, and odd customers."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import hyp2f1

from models.churn.bgnbd import Parameters
from models.value import formulas, gamma_gamma, repeat_buying
from models.value.formulas import READ, BuyTillYouDie, LastWindow
from models.value.gamma_gamma import Money
from models.value.repeat_buying import Summary

BUYING = Parameters(r=0.9, alpha=12.0, a=1.8, b=4.0)
MONEY = Money(p=6.0, q=4.0, gamma=15.0)


def summary(x: list[float], t_x: list[float], age: list[float], spend: float = 10.0) -> Summary:
    columns = [np.array(values, dtype=float) for values in (x, t_x, age)]
    return Summary(*columns, np.full(len(x), spend))


def of_paper(p: Parameters, x: float, t_x: float, age: float, days: float) -> float:
    """Equation (10) of Fader, Hardie, Lee (2005)."""
    z = days / (p.alpha + age + days)
    shrinks = ((p.alpha + age) / (p.alpha + age + days)) ** (p.r + x) * hyp2f1(p.r + x, p.b + x, p.a + p.b + x - 1, z)
    gone = (x > 0) * p.a / (p.b + x - 1) * ((p.alpha + age) / (p.alpha + t_x)) ** (p.r + x)
    return float((p.a + p.b + x - 1) / (p.a - 1) * (1 - shrinks) / (1 + gone))


@pytest.mark.parametrize("days", [28, 365])
@pytest.mark.parametrize(("x", "t_x", "age"), [(0, 0, 50), (1, 20, 60), (7, 95, 100), (40, 180, 200)])
def test_expected_purchases_are_those_of_the_paper(x: float, t_x: float, age: float, days: float) -> None:
    found = repeat_buying.expected_purchases(BUYING, summary([x], [t_x], [age]), days)
    assert found[0] == pytest.approx(of_paper(BUYING, x, t_x, age, days), rel=0.01)


def test_ten_thousand_purchases_are_a_number_too() -> None:
    found = repeat_buying.expected_purchases(BUYING, summary([9999], [9999], [10_000]), 28)
    assert np.isfinite(found).all()
    assert 20 < found[0] < 28.1


def test_who_is_silent_for_longer_than_the_rhythm_allows_is_late() -> None:
    often, seldom = repeat_buying.late_after(BUYING, summary([40, 2], [200, 200], [201, 201]))
    assert often < 20 < seldom


def test_the_worth_of_a_purchase_is_shrunk_towards_the_shops() -> None:
    means = gamma_gamma.expected_spend(MONEY, np.array([1.0, 10.0, 1000.0]), np.full(3, 100.0))
    assert MONEY.mean < means[0] < means[1] < means[2]
    assert means[2] == pytest.approx(100.0, rel=0.01)


def test_gamma_gamma_finds_its_parameters_again() -> None:
    rng = np.random.default_rng(3)
    purchases = rng.integers(1, 12, 8000).astype(float)
    nu = rng.gamma(MONEY.q, 1 / MONEY.gamma, 8000)
    found = gamma_gamma.fit(purchases, rng.gamma(MONEY.p * purchases) / nu / purchases, seed=1)
    assert found.mean == pytest.approx(MONEY.mean, rel=0.05)
    assert found.p == pytest.approx(MONEY.p, rel=0.2)
    assert found.q == pytest.approx(MONEY.q, rel=0.2)


def test_who_only_gave_back_is_expected_to_pay_less_the_oftener_he_did() -> None:
    once, often = gamma_gamma.expected_spend(MONEY, np.array([1.0, 20.0]), np.array([-30.0, -30.0]))
    assert 0 < often < once < MONEY.mean


def test_a_shop_of_refunds_has_no_worth_and_no_error() -> None:
    assert 0 < gamma_gamma.fit(np.ones(50), np.full(50, -3.0), seed=1).mean < 1e-5


def values(rows: int = 3) -> dict[str, np.ndarray]:
    usual = dict.fromkeys((feature.name for feature in READ), np.zeros(rows))
    return usual | {
        "repeat_visits": np.array([0.0, 5.0, 20.0])[:rows],
        "visit_span": np.array([0.0, 150.0, 190.0])[:rows],
        "days_since_first_visit": np.full(rows, 200.0),
        "lifetime_revenue": np.array([10.0, 60.0, -5.0])[:rows],
        "visit_days_28d": np.array([0.0, 1.0, 4.0])[:rows],
        "visit_days_84d": np.array([0.0, 3.0, 12.0])[:rows],
        "visit_days_364d": np.array([1.0, 6.0, 21.0])[:rows],
        "revenue_28d": np.array([0.0, 12.0, -5.0])[:rows],
        "revenue_84d": np.array([0.0, 24.0, -5.0])[:rows],
        "revenue_364d": np.array([10.0, 60.0, -5.0])[:rows],
    }


@pytest.mark.parametrize("formula", [BuyTillYouDie(BUYING, MONEY), LastWindow(200)])
def test_a_formula_is_data_and_its_chances_fall(formula: formulas.Formula) -> None:
    again = formulas.from_dict(formula.as_dict())
    assert again == formula
    spend, visits = again.expected(values(), 28)
    assert (spend >= 0).all()
    assert (visits >= 0).all()
    left = again.survival(values(), [1.0, 28.0, 365.0])
    assert ((left >= 0) & (left <= 1)).all()
    assert (np.diff(left, axis=1) <= 0).all()


def test_the_last_window_is_repeated_by_its_days() -> None:
    spend, visits = LastWindow(200).expected(values(), 90)
    assert (spend[1], visits[1]) == (pytest.approx(24.0 * 90 / 84), pytest.approx(3 * 90 / 84))
    year, _ = LastWindow(200).expected(values(), 365)
    assert year[1] == pytest.approx(60.0 * 365 / 200)
