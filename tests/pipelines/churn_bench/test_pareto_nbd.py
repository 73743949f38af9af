"""Pareto/NBD against numerical integration, the published form and simulated customers."""

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.special import gammaln, hyp2f1

from models.arrays import Float64Array
from pipelines.bench.churn.peers.pareto_nbd import ParetoNbd, chance_of_nothing, fit_pareto_nbd, log_likelihood

CDS = ParetoNbd(0.55, 10.6, 0.61, 11.7)
PARAMETERS = (CDS, ParetoNbd(1.5, 30.0, 0.3, 15.0), ParetoNbd(2.0, 8.0, 1.5, 40.0))
CUSTOMERS = ((0.0, 0.0, 40.0), (3.0, 30.0, 60.0), (40.0, 100.0, 110.0), (1.0, 3.0, 200.0))
TRUE = ParetoNbd(1.2, 20.0, 0.8, 80.0)


def one(value: float) -> Float64Array:
    return np.array([value])


@pytest.mark.parametrize("p", PARAMETERS)
@pytest.mark.parametrize(("x", "t_x", "age"), CUSTOMERS)
def test_the_likelihood_is_the_integral_over_the_time_of_leaving(
    p: ParetoNbd, x: float, t_x: float, age: float
) -> None:
    def left_at(tau: float) -> float:
        return float(((p.alpha + tau) / p.alpha) ** -(p.r + x) * (p.beta + tau) ** -(p.s + 1))

    left = p.s * quad(left_at, t_x, age, epsabs=0)[0]
    alive = ((p.alpha + age) / p.alpha) ** -(p.r + x) * (p.beta + age) ** -p.s
    common = gammaln(p.r + x) - gammaln(p.r) - x * np.log(p.alpha) + p.s * np.log(p.beta)
    expected = common + np.log(alive + left)
    assert log_likelihood(p, one(x), one(t_x), one(age))[0] == pytest.approx(expected, rel=1e-6)


def test_it_is_the_published_form_with_hypergeometric_functions() -> None:
    """Fader & Hardie (2005), where alpha is the smaller."""
    p, (x, t_x, age) = CDS, (3.0, 30.0, 60.0)
    k, distance = p.r + p.s + x, p.beta - p.alpha

    def term(at: float) -> float:
        return float(hyp2f1(k, p.r + x, k + 1, distance / (p.beta + at)) / (p.beta + at) ** k)

    alive = 1 / ((p.alpha + age) ** (p.r + x) * (p.beta + age) ** p.s)
    common = gammaln(p.r + x) - gammaln(p.r) + p.r * np.log(p.alpha) + p.s * np.log(p.beta)
    published = common + np.log(alive + p.s / k * (term(t_x) - term(age)))
    assert log_likelihood(p, one(x), one(t_x), one(age))[0] == pytest.approx(published, rel=1e-8)


def test_the_chance_of_nothing_is_that_of_simulated_customers_and_the_fit_finds_them() -> None:
    rng = np.random.default_rng(5)
    x, t_x, age, nothing = simulated(rng, 20_000, days=28)
    said = chance_of_nothing(TRUE, x, t_x, age, 28)
    for group in (x == 0, (x > 0) & (t_x > age - 30), (x > 0) & (t_x <= age - 30)):
        assert said[group].mean() == pytest.approx(nothing[group].mean(), abs=0.01)
    fitted = fit_pareto_nbd(x[:1500], t_x[:1500].round(), age[:1500])
    assert np.abs(chance_of_nothing(fitted, x, t_x, age, 28) - said).mean() < 0.03


def test_who_bought_every_day_and_who_did_long_ago_have_chances_too() -> None:
    x, t_x = np.array([300.0, 10_000.0]), np.array([300.0, 10.0])
    chances = chance_of_nothing(CDS, x, t_x, np.array([301.0, 301.0]), 28)
    assert chances[0] < 0.05
    assert chances[1] > 0.99


def simulated(rng: np.random.Generator, customers: int, days: int) -> tuple[Float64Array, ...]:
    """x, t_x and age of customers who bought as `TRUE` says, and whether they bought nothing in the next days."""
    age = rng.integers(60, 200, customers).astype(float)
    rate = rng.gamma(TRUE.r, 1 / TRUE.alpha, customers)
    life = rng.exponential(1 / rng.gamma(TRUE.s, 1 / TRUE.beta, customers))
    seen, later = np.minimum(life, age), np.clip(life - age, 0, days)
    x = rng.poisson(rate * seen).astype(float)
    # The last of x uniform times.
    t_x = np.where(x > 0, seen * rng.uniform(size=customers) ** (1 / np.maximum(x, 1)), 0.0)
    return x, t_x, age, (rng.poisson(rate * later) == 0).astype(float)
