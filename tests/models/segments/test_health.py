"""The health index is the sum of its parts, from 0 to 100, whatever is known."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from core.settings import Segments, Settings
from feature_repo import catalog
from feature_repo.standing_features import HEALTH
from models.segments import health as module
from models.segments.health import PARTS, health
from models.segments.told_scores import told_scores

STEADY: dict[str, Any] = {
    "days_since_last_visit": 5.0, "days_since_first_visit": 400.0, "gap_p90": 10.0, "visit_days_84d": 12.0,
    "visit_days_364d": 52.0, "revenue_84d": 120.0, "revenue_364d": 520.0, "active_blocks_6x28d": 6.0,
    "baskets_364d": 52.0, "days_since_event": 1.0, "rating_mean": 5.0, "reviews_written_364d": 2.0,
    "complaint_rate_364d": 0.0, "payment_failed_rate_364d": 0.0,
}  # fmt: skip


def of(settings: Settings | None = None, **changes: Any) -> module.HealthIndex:
    return health({name: [value] for name, value in (STEADY | changes).items()}, settings or Settings())


def index(**changes: Any) -> float:
    return float(of(**changes).index[0])


def test_who_comes_as_ever_and_is_content_has_a_hundred() -> None:
    found = of()
    assert found.index[0] == pytest.approx(100)
    assert {part: found.points[part][0] for part in PARTS} == pytest.approx(
        {part: found.most[part][0] for part in PARTS}
    )


def test_points_add_up_to_the_index_and_never_pass_their_most() -> None:
    rng = np.random.default_rng(3)
    columns = {name: np.where(rng.random(200) < 0.3, np.nan, rng.random(200) * 200) for name in HEALTH}
    columns["days_since_last_visit"] = rng.random(200) * 100 + 1
    found = health(columns, Settings())
    points = np.stack([found.points[part] for part in PARTS])
    assert np.nansum(points, axis=0) == pytest.approx(found.index)
    assert np.nansum(np.stack([found.most[part] for part in PARTS]), axis=0) == pytest.approx(np.full(200, 100.0))
    assert ((found.index >= 0) & (found.index <= 100)).all()
    assert not (points > np.stack([found.most[part] for part in PARTS]) + 1e-9).any()


@pytest.mark.parametrize(
    "worse",
    [
        {"days_since_last_visit": 25.0}, {"visit_days_84d": 4.0}, {"revenue_84d": 10.0}, {"active_blocks_6x28d": 3.0},
        {"days_since_event": 60.0}, {"rating_mean": 2.0}, {"complaint_rate_364d": 0.1},
        {"payment_failed_rate_364d": 0.1}, {"late_delivery_share_364d": 0.3},
    ],
)  # fmt: skip
def test_what_goes_wrong_costs_points(worse: dict[str, float]) -> None:
    assert index(**worse) < 100


def test_what_is_not_known_neither_helps_nor_harms() -> None:
    unknown = dict.fromkeys((name for name in STEADY if name != "days_since_last_visit"), None)
    assert index(**unknown) == 100
    found = of(**unknown, settings=Settings())
    assert found.most["rhythm"][0] == 100
    assert str(found.says("service", 0)) == "not told"


def test_who_came_once_and_stayed_away_is_not_well() -> None:
    unknown = dict.fromkeys(STEADY, None)
    assert index(**unknown | {"days_since_last_visit": 300.0, "days_since_first_visit": 300.0}) == 0


def test_weights_are_settings() -> None:
    alone = Settings(segments=Segments(health={"rhythm": 1.0}))
    found = of(alone, days_since_last_visit=20.0, rating_mean=1.0)
    assert found.index[0] == found.points["rhythm"][0] == pytest.approx(50)


def test_every_part_says_itself_in_words() -> None:
    found = of()
    said = [str(found.says(part, 0)) for part in PARTS]
    assert said[0] == "last purchase 5 days ago; nine times in ten back within 10"
    assert len(set(said)) == len(PARTS)


def test_what_is_read_are_features_of_the_customer() -> None:
    assert set(HEALTH) <= {feature.name for feature in catalog.view("customer_features").features}


@pytest.mark.parametrize(
    ("changes", "name", "score"),
    [
        ({}, "loyalty", 5), ({"active_blocks_6x28d": 1.0}, "loyalty", 1),
        ({"days_since_first_visit": 50.0}, "loyalty", None),
        ({}, "satisfaction", 5), ({"complaint_rate_364d": 0.2}, "satisfaction", 3),
        ({"rating_mean": None}, "satisfaction", None), ({}, "referral", 4), ({"rating_mean": 3.5}, "referral", 2),
        ({"rating_mean": 1.5}, "referral", 1), ({"reviews_written_364d": 0.0}, "referral", None),
    ],
)  # fmt: skip
def test_scores_are_told_where_something_tells(changes: dict[str, Any], name: str, score: int | None) -> None:
    found = told_scores({each: [value] for each, value in (STEADY | changes).items()})[name][0]
    assert found == score if score is not None else np.isnan(found)
