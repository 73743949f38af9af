"""Two attributes at once: chance is not flagged, a planted cell is, and small cells are counted."""

import numpy as np
import pandas as pd
import pytest

from models.fairness_result import UNKNOWN
from monitoring.fairness import by_attribute, intersections, repeated_looks
from monitoring.fairness.judge import Limits
from monitoring.fairness.measurement import result
from tests.support.watched import RecencyKind

LIMITS = Limits()
AGES, SEXES = ["a", "b", "c", "d", UNKNOWN], ["m", "f", UNKNOWN]


def population(rng, n=2400):
    groups = pd.DataFrame(
        {"age": rng.choice(AGES, n, p=[0.1, 0.2, 0.25, 0.25, 0.2]), "sex": rng.choice(SEXES, n, p=[0.4, 0.4, 0.2])}
    )
    actual = rng.random(n) < 0.3
    return groups, rng.random(n) < np.where(actual, 0.5, 0.15), actual


def flagged(figures):
    return {(f.attribute, f.group) for f in figures if f.verdict == "flagged"}


def test_shuffled_groups_are_not_flagged():
    rng = np.random.default_rng(1)
    assert sum(bool(flagged(by_attribute.rates(*population(rng), LIMITS))) for _ in range(25)) <= 1


def test_a_cell_that_is_chosen_twice_as_often_is_found_by_name():
    rng, found = np.random.default_rng(2), 0
    for _ in range(10):
        groups, selected, actual = population(rng)
        cell = ((groups["age"] == "c") & (groups["sex"] == "f")).to_numpy()
        selected = selected | (cell & (rng.random(len(groups)) < 0.35))
        found += ("age x sex", "c, f") in flagged(by_attribute.rates(groups, selected, actual, LIMITS))
    assert found >= 8


def test_a_small_cell_is_drawn_to_what_its_two_groups_say():
    parts = [("a", "m"), ("a", "f"), ("b", "m"), ("b", "f")]
    means, deviations = intersections.posterior(
        np.array([0.0, 0.0, 0.0, 1.0]), np.array([0.05, 0.05, 0.05, 0.8]), parts
    )
    assert 0 < means[3] < 0.6
    assert deviations[3] < 0.8


@pytest.mark.parametrize("shift", [0.0, 0.7])
def test_with_plenty_of_data_a_cell_says_what_it_measured(shift):
    found = np.array([0.0, 0.1, -0.1, shift])
    means, _ = intersections.posterior(found, np.full(4, 1e-3), [("a", "m"), ("a", "f"), ("b", "m"), ("b", "f")])
    assert means == pytest.approx(found, abs=1e-3)


def test_cells_too_small_to_judge_are_counted_and_nobody_is_lost():
    groups = pd.DataFrame({"age": ["a"] * 60 + ["b"] * 60 + ["c"] * 5, "sex": ["m", "f"] * 62 + [UNKNOWN]})
    (pair,) = intersections.pairs(groups, 30)
    counts = pair.cells.value_counts().to_dict()
    assert counts == {"a, m": 30, "a, f": 30, "b, m": 30, "b, f": 30, "2 smaller ones": 4, UNKNOWN: 1}


def test_an_attribute_of_a_thousand_values_stays_bounded():
    rng = np.random.default_rng(3)
    groups = pd.DataFrame({"shop": rng.integers(0, 1000, 40_000).astype(str), "sex": rng.choice(["m", "f"], 40_000)})
    (pair,) = intersections.pairs(groups, 15)
    assert len(pair.parts) == intersections.MOST_CELLS
    assert len(pair.cells) == 40_000


def test_one_attribute_has_no_intersections():
    assert intersections.pairs(pd.DataFrame({"age": ["a", "b"]}), 1) == []


def test_a_look_of_many_asks_for_more_certainty_than_one():
    groups, selected, actual = population(np.random.default_rng(4))
    selected = selected | ((groups["age"] == "a").to_numpy() & (np.random.default_rng(5).random(len(groups)) < 0.25))
    found = result(
        RecencyKind(), *[pd.Timestamp("2017-01-01").date()] * 2, by_attribute.rates(groups, selected, actual, LIMITS)
    )
    assert found.state == "blocked"
    assert repeated_looks.certain_at(found, 0.05) == found
    never = repeated_looks.certain_at(found, 1e-30)
    assert never.state == "ok"
    assert {f.verdict for f in never.figures} >= {"not certain yet"}
    assert repeated_looks.certain_at(found, 1e-30, found.flags) == found
