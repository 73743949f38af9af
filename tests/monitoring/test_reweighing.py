"""Reweighing: under the weights every group has the same rate, nobody counts for nothing, and nothing else moves."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.fairness_result import UNKNOWN
from monitoring.fairness import reweighing


def rates(groups, outcome, weights):
    return {
        name: np.average(outcome[groups == name], weights=weights[groups == name])
        for name in sorted(set(groups) - {UNKNOWN})
    }


def test_every_group_has_the_rate_of_all_under_the_weights():
    rng = np.random.default_rng(1)
    age = rng.choice(["young", "middle", "old", UNKNOWN], 4000)
    outcome = (rng.random(4000) < np.where(age == "old", 0.5, 0.2)).astype(int)
    weights = reweighing.weights(pd.DataFrame({"age": age}), outcome)
    known = age != UNKNOWN
    overall = np.average(outcome[known], weights=weights[known])
    assert rates(age, outcome, weights) == pytest.approx(dict.fromkeys(["middle", "old", "young"], overall), abs=1e-5)
    assert weights.mean() == pytest.approx(1)


def test_two_attributes_are_made_even_together():
    rng = np.random.default_rng(2)
    groups = pd.DataFrame({"age": rng.choice(["a", "b", "c"], 4000), "sex": rng.choice(["f", "m"], 4000)})
    chance = 0.2 + 0.2 * (groups["age"] == "a") + 0.15 * (groups["sex"] == "m")
    outcome = (rng.random(4000) < chance).to_numpy().astype(int)
    weights = reweighing.weights(groups, outcome)
    for name in groups:
        found = rates(groups[name].to_numpy(), outcome, weights)
        assert max(found.values()) - min(found.values()) < 1e-4


@given(st.lists(st.tuples(st.sampled_from(["a", "b", UNKNOWN]), st.integers(0, 1)), max_size=60))
def test_every_row_keeps_a_weight_within_bounds(rows):
    groups = pd.DataFrame({"g": [group for group, _ in rows]}, dtype=object)
    weights = reweighing.weights(groups, np.array([outcome for _, outcome in rows], dtype=int))
    assert len(weights) == len(rows)
    assert ((weights >= reweighing.LEAST) & (weights <= reweighing.MOST)).all()


def test_rows_without_the_attribute_keep_their_weight_among_each_other():
    groups = pd.DataFrame({"g": ["a", "a", "b", "b", UNKNOWN, UNKNOWN]})
    weights = reweighing.weights(groups, np.array([1, 0, 1, 1, 0, 1]))
    assert weights[4] == weights[5]
