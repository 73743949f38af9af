"""Responses to price and promotion are told apart from season, and pooled."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.support.price_panel import planted
from training.demand.pricing.cross_fitting import cross_fit
from training.demand.pricing.pooling import pool


@pytest.fixture(scope="module")
def shop():
    return planted()


@pytest.fixture(scope="module")
def left(shop):
    return cross_fit(shop.panel, seed=1, boosted=False)


@pytest.fixture(scope="module")
def pooled(shop, left):
    return pool(shop.panel, left)


def naive(panel):
    """What a line through each unit's weeks says."""
    log = np.log(panel.units + 0.5)
    return np.array([np.polyfit(price, sold, 1)[0] for price, sold in zip(panel.price, log, strict=True)])


def test_dear_weeks_that_sell_anyway_do_not_hide_what_the_price_does(shop, pooled):
    error, simple = pooled.mean[:, 0] - shop.elasticity, naive(shop.panel) - shop.elasticity
    assert abs(error.mean()) < 0.35
    assert simple.mean() > 1.2
    assert (pooled.mean[:, 0] < 0).all()


def test_a_promotion_is_told_apart_from_its_price_cut(shop, pooled):
    assert pooled.mean[:, 1].mean() == pytest.approx(shop.promotion.mean(), abs=0.1)


def test_most_true_elasticities_lie_within_two_deviations(shop, pooled):
    away = np.abs(pooled.mean[:, 0] - shop.elasticity) / np.sqrt(pooled.covariance[:, 0, 0])
    assert (away < 2).mean() > 0.8


def test_little_is_left_of_what_season_explains(shop, left):
    moved, remaining = shop.panel.price.std(), left.treatments[0].std()
    assert remaining < 0.75 * moved


def test_a_unit_whose_price_stood_still_gets_its_group_s_response(shop):
    price, first = shop.panel.price.copy(), shop.panel.group == 0
    price[0] = 0.0
    still = replace(shop.panel, price=price)
    pooled = pool(still, cross_fit(still, seed=1, boosted=False))
    others = pooled.mean[first, 0][1:]
    assert pooled.own[0] < pooled.own[1:].min()
    assert pooled.mean[0, 0] == pytest.approx(others.mean(), abs=0.35)
    assert pooled.covariance[0, 0, 0] > pooled.covariance[1:, 0, 0].max()


def test_blocks_are_predicted_from_the_others_alone(shop):
    changed = replace(shop.panel, units=shop.panel.units.copy())
    changed.units[0, -5:] *= 3
    before = cross_fit(shop.panel, seed=1, boosted=False).expected
    after = cross_fit(changed, seed=1, boosted=False).expected
    assert after[0, -5] == pytest.approx(before[0, -5])
    assert after[0, 10] != pytest.approx(before[0, 10])


def test_trees_leave_no_more_than_the_ridge_alone():
    small = planted(seed=3, units=20, weeks=52)
    left = cross_fit(small.panel, seed=1)
    assert left.treatments[0].std() < 1.1 * cross_fit(small.panel, seed=1, boosted=False).treatments[0].std()
