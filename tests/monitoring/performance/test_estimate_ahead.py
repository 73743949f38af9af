"""The AUC before its outcomes are known: exact in expectation, and held against the truth later."""

from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.churn.metrics import roc_auc
from monitoring.performance.estimate_ahead import estimate, expected_auc, scored_before
from monitoring.results import Estimate, ModelReport, MonitorReport, Performance

DAY, TRAINED = date(2024, 7, 1), date(2024, 6, 1)
HORIZON = timedelta(days=28)


def test_of_calibrated_probabilities_it_is_the_auc_that_comes():
    rng = np.random.default_rng(3)
    probability = rng.beta(1, 6, 4000)
    churned = (rng.random(4000) < probability).astype(float)
    found = estimate(probability)
    truth = roc_auc(probability, churned, np.ones((1, 4000)))[0]
    assert found.value == pytest.approx(truth, abs=0.02)
    assert found.low <= truth <= found.high


@given(st.lists(st.sampled_from([0.1, 0.3, 0.3, 0.8]), min_size=3, max_size=12))
def test_it_counts_every_pair_of_two_customers_and_ties_half(given_probabilities):
    p = np.array(given_probabilities)
    pairs = [(i, j) for i in range(len(p)) for j in range(len(p)) if i != j]
    weight = [p[i] * (1 - p[j]) for i, j in pairs]
    wins = [(p[i] > p[j]) + (p[i] == p[j]) / 2 for i, j in pairs]
    assert expected_auc(p, p) == pytest.approx(np.average(wins, weights=weight))


def test_errors_of_earlier_estimates_widen_the_interval():
    probability = np.random.default_rng(1).beta(1, 6, 1000)
    narrow, wide = estimate(probability), estimate(probability, [0.05, -0.05])
    assert wide.high - wide.low > narrow.high - narrow.low
    assert wide.value == narrow.value


def test_an_estimate_is_held_against_the_window_it_was_made_for_of_the_same_version():
    def entry(version, **more):
        return ModelReport("churn", version, trained_as_of=TRAINED, **more)

    def look(day, model):
        return MonitorReport(day, f"{day}T00:00:00+00:00", 28, (model,), (), (), ())

    made = Estimate("roc_auc", 0.86, 0.84, 0.88, DAY, DAY + HORIZON)
    came = Performance("roc_auc", True, 0.85, 0.8, 0.9, None, "recency", DAY, DAY + HORIZON, 100, TRAINED)
    latest = entry("3", performance=came)
    (scored,) = scored_before([look(DAY, entry("3", estimate=made))], latest)
    assert (scored.truth, scored.inside) == (0.85, True)
    assert scored.error == pytest.approx(0.01)
    assert scored_before([look(DAY, entry("2", estimate=made))], latest) == ()
