from dataclasses import replace

import numpy as np
import pytest

from core.settings import Rules
from models.demand.advice import advise, measure_dispersion
from models.demand.forecast import tidy


def forecast(histories, mean=10.0, half=3.29 / 2):
    point = np.full((6, 28), mean)
    spread = np.stack([point - half, point, point, point, point + half], axis=2)
    return tidy(histories, point, spread)


def test_large_or_risky_series_need_a_review(histories):
    risky = histories.high_risk.copy()
    risky[3] = True
    many = forecast(histories, mean=1000 / 28 + 0.01)
    assert advise(many, histories, Rules()).needs_review.all()
    few = advise(forecast(histories), replace(histories, high_risk=risky), Rules())
    assert few.needs_review.tolist() == [False, False, False, True, False, False]


def test_dispersion_tells_dependent_days_from_independent_ones(histories):
    rng = np.random.default_rng(5)
    wide = replace(histories, ids=tuple(map(str, range(400))))
    point = np.full((400, 28), 50.0)
    half = 3.29 / 2
    said = tidy(wide, point, np.stack([point - half, point, point, point, point + half], axis=2))
    assert measure_dispersion(said, point + rng.normal(0, 1, (400, 28))) == pytest.approx(1.0, abs=0.2)
    assert measure_dispersion(said, point + rng.normal(0, 1, (400, 1))) == pytest.approx(28**0.5, rel=0.2)
