import numpy as np
import pytest

from models.churn import bgnbd
from models.churn.bgnbd import Parameters

TRUTH = Parameters(r=0.9, alpha=12.0, a=0.8, b=4.0)
DAYS = 28.0


@pytest.fixture(scope="module")
def buyers() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """x, t_x, T of 6,000 simulated customers, and whether each bought nothing in the DAYS after T."""
    rng = np.random.default_rng(5)
    rows = [_buyer(rng, age) for age in rng.uniform(60, 250, 6000)]
    x, t_x, age, nothing = (np.array(column, dtype=float) for column in zip(*rows, strict=True))
    return x, t_x, age, nothing


def _buyer(rng: np.random.Generator, age: float) -> tuple[float, float, float, float]:
    """As the paper tells it: exponential times at a gamma rate; after each purchase a chance to be gone."""
    rate, leave = rng.gamma(TRUTH.r) / TRUTH.alpha, rng.beta(TRUTH.a, TRUTH.b)
    at, times = 0.0, []
    while True:
        at += rng.exponential(1 / rate)
        if at > age + DAYS:
            break
        times.append(at)
        if rng.random() < leave:
            break
    before = [time for time in times if time <= age]
    return len(before), before[-1] if before else 0.0, age, float(len(before) == len(times))


def test_the_parameters_of_simulated_customers_are_found_again(buyers) -> None:
    found = bgnbd.fit(*buyers[:3])
    assert found.r == pytest.approx(TRUTH.r, rel=0.15)
    assert found.alpha == pytest.approx(TRUTH.alpha, rel=0.15)
    assert found.a / (found.a + found.b) == pytest.approx(TRUTH.a / (TRUTH.a + TRUTH.b), rel=0.15)


def test_as_many_buy_nothing_as_the_model_expects_in_every_tenth_of_risk(buyers) -> None:
    x, t_x, age, nothing = buyers
    expected = bgnbd.probability_of_no_purchase(TRUTH, x, t_x, age, DAYS)
    tenth = np.argsort(np.argsort(expected)) * 10 // len(expected)
    for part in range(10):
        inside = tenth == part
        assert nothing[inside].mean() == pytest.approx(expected[inside].mean(), abs=0.06)


def test_a_longer_silence_makes_leaving_likelier_and_a_longer_window_a_purchase() -> None:
    x, age = np.full(3, 10.0), np.full(3, 100.0)
    silent = np.array([100.0, 80.0, 40.0])
    risk = bgnbd.probability_of_no_purchase(TRUTH, x, silent, age, DAYS)
    assert (np.diff(risk) > 0).all()
    assert (bgnbd.probability_of_no_purchase(TRUTH, x, silent, age, 2 * DAYS) < risk).all()


def test_one_who_never_came_back_counts_as_alive() -> None:
    zero = np.zeros(1)
    assert bgnbd.probability_alive(TRUTH, zero, zero, np.array([50.0]))[0] == 1


def test_the_gradient_is_that_of_the_likelihood() -> None:
    rng = np.random.default_rng(0)
    age = rng.integers(30, 300, 200).astype(float)
    x = rng.poisson(2, 200).astype(float)
    t_x = np.where(x > 0, (age * rng.random(200)).round(), 0)
    logs = np.log([0.8, 12.0, 0.6, 2.5])

    def whole(values: np.ndarray) -> float:
        return float(bgnbd.log_likelihood(bgnbd.Parameters(*np.exp(values)), x, t_x, age).sum())

    exact = bgnbd._slopes(bgnbd.Parameters(*np.exp(logs)), x, t_x, age).sum(axis=1)
    steps = np.eye(4) * 1e-6
    assert exact == pytest.approx([(whole(logs + step) - whole(logs - step)) / 2e-6 for step in steps], rel=1e-4)


def test_counting_equal_customers_once_changes_nothing() -> None:
    x, t_x, age = np.array([0.0, 2, 2, 5]), np.array([0.0, 40, 40, 90]), np.array([80.0, 60, 60, 100])
    again = bgnbd.fit(np.tile(x, 50), np.tile(t_x, 50), np.tile(age, 50))
    assert again == pytest.approx(bgnbd.fit(x, t_x, age), rel=1e-3)
