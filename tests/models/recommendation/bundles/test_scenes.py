"""A scene is named by the kinds of its products, and by its time only where that is clear."""

from __future__ import annotations

import numpy as np

from models.recommendation.bundles.bundle_table import BundleTable
from models.recommendation.bundles.scenes import told
from models.recommendation.order_baskets import OrderBaskets
from tests.models.recommendation.bundles.conftest import baskets_of, catalogue_of, drawn

KINDS = ["SOUP", "SALAD", *(["BREAD"] * 28)]


def test_kinds_are_named_once_and_what_has_none_by_its_id() -> None:
    assert told([0, 1], catalogue_of(KINDS)) == "SALAD and SOUP"
    assert told([2, 3, 4], catalogue_of(KINDS)) == "BREAD"
    assert told([0, 1, 2], catalogue_of(KINDS)) == "BREAD, SALAD and SOUP"
    assert told([0, 2], catalogue_of([None, "SALAD", "SALAD"])) == "0 and SALAD"
    assert told([0, 1], catalogue_of([None, None])) == "0 and 1"


def with_hours(clear: bool) -> OrderBaskets:
    """Soup and salad go together, at midday or whenever."""
    rng = np.random.default_rng(7)
    lists = [[0, 1]] * 120 + drawn(rng, 2000, 30)
    baskets = baskets_of(lists, 30)
    at = baskets.bought_at.astype("datetime64[D]") + rng.integers(7, 22, len(lists)).astype("timedelta64[h]")
    if clear:
        at[:120] = baskets.bought_at[:120].astype("datetime64[D]") + np.timedelta64(12, "h")
    return OrderBaskets(baskets.products, baskets.customer, at.astype("datetime64[s]"))


def scene_of(baskets: OrderBaskets) -> str:
    rows = BundleTable.fit(baskets, catalogue_of(KINDS)).rows
    return str(rows["scene"].iloc[0])


def test_the_time_of_day_is_named_where_it_is_clear() -> None:
    assert scene_of(with_hours(clear=True)).startswith("SALAD and SOUP, at midday")
    assert scene_of(with_hours(clear=False)) == "SALAD and SOUP"


def test_days_without_hours_name_no_time_of_day() -> None:
    baskets = with_hours(clear=True)
    days = OrderBaskets(baskets.products, baskets.customer, baskets.bought_at.astype("datetime64[D]"))
    assert "midday" not in scene_of(days)


def test_a_season_needs_a_year() -> None:
    rng = np.random.default_rng(8)
    lists = [[0, 1]] * 120 + drawn(rng, 3000, 30)

    def bought_over(days: int) -> OrderBaskets:
        baskets = baskets_of(lists, 30)
        at = np.datetime64("2024-06-01") + rng.integers(0, days, len(lists)).astype("timedelta64[D]")
        at[:120] = np.datetime64("2024-06-01") + rng.integers(0, 85, 120).astype("timedelta64[D]")
        return OrderBaskets(baskets.products, baskets.customer, at)

    assert scene_of(bought_over(700)) == "SALAD and SOUP, June to August"
    assert scene_of(bought_over(120)) == "SALAD and SOUP"
