"""Reasons: what says much the same is told once, causes add up, and yardsticks stand beside values."""

from __future__ import annotations

import numpy as np
import pytest

from feature_repo import catalog
from feature_repo.feature_definition import Feature
from models.churn.explanation import Explanation, explanations
from models.churn.inputs import Inputs

NAMES = (
    "days_since_last_visit", "days_since_visit_2_back", "visit_days_28d", "overdue_ratio", "discount_share_84d",
    "days_since_first_visit",
)  # fmt: skip
COLUMNS = {
    "days_since_last_visit": [34.0], "days_since_visit_2_back": [40.0], "visit_days_28d": [0.0],
    "overdue_ratio": [3.8], "discount_share_84d": [None], "days_since_first_visit": [300.0], "gap_median": [9.0],
}  # fmt: skip
FOREST = Feature("forest", "whether they live by a forest", "name", "text")


def features(*names: str) -> tuple[Feature, ...]:
    known = {feature.name: feature for feature in catalog.view("customer_features").features}
    return tuple(known[name] for name in names)


def told(*effects: float, top: int = 5) -> Explanation:
    inputs = Inputs(features(*NAMES), {})
    return explanations(inputs, COLUMNS, -1.5, np.array([effects]), top)[0]


def test_features_of_a_family_are_one_reason_told_by_the_one_that_has_most_of_it() -> None:
    first = told(0.4, 0.2, 0.1, 0.0, 0.0, 0.0).reasons[0]
    assert first.feature == "days_since_last_visit"
    assert first.effect == pytest.approx(0.6)
    assert first.related == ("days_since_visit_2_back",)
    assert first.cause == "engagement"
    assert first.text == "last purchase 34 days ago, usually every 9 days; raises the odds of leaving 1.82 times"


def test_a_reason_is_told_by_a_feature_that_points_its_way() -> None:
    first = told(-0.5, 0.9, 0.0, 0.0, 0.0, 0.0).reasons[0]
    assert (first.feature, round(first.effect, 6)) == ("days_since_visit_2_back", 0.4)


def test_causes_add_up_and_show_both_directions() -> None:
    found = told(0.4, -0.1, -0.2, 0.5, -0.3, 0.05)
    assert found.base == -1.5
    assert {each.cause: round(each.effect, 6) for each in found.causes} == {
        "engagement": 0.6, "price": -0.3, "life_stage": 0.05,
    }  # fmt: skip
    engagement = found.causes[0]
    assert (round(engagement.raises, 6), round(engagement.lowers, 6)) == (0.8, -0.2)


def test_one_cause_leaves_room_for_the_others() -> None:
    reasons = told(0.9, 0.0, 0.8, 0.7, -0.01, 0.02, top=4).reasons
    assert [reason.cause for reason in reasons] == ["engagement", "engagement", "life_stage", "price"]
    alone = told(0.9, 0.0, 0.8, 0.7, 0.0, 0.0, top=4).reasons
    assert [reason.cause for reason in alone] == ["engagement"] * 3


def test_what_is_not_known_is_told_so() -> None:
    (reason,) = told(0.0, 0.0, 0.0, 0.0, 0.3, 0.0).reasons
    assert reason.value is None
    assert reason.text.startswith("discounts over the price before discount, last 84 days: not known; raises")


def test_a_text_is_told_as_it_was_written() -> None:
    inputs = Inputs((FOREST,), {"forest": {"deep": 0, "none": 1}})
    (found,) = explanations(inputs, {"forest": ["none"]}, 0.0, np.array([[0.2]]), 1)
    assert found.reasons[0].text.startswith("whether they live by a forest: none; raises")


def test_features_stored_without_a_cause_have_the_one_they_have_today() -> None:
    old = Inputs.from_dict(
        {"features": [{"name": "discount_share_84d", "description": "x", "unit": "share"}], "codes": {}}
    )
    (found,) = explanations(old, {"discount_share_84d": [0.2]}, 0.0, np.array([[0.1]]), 1)
    assert found.causes[0].cause == "price"
