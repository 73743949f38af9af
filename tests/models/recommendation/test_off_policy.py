"""Off-policy estimates where the truth is known: their intervals hold it as often as they say."""

from __future__ import annotations

import numpy as np
import pytest

from models.recommendation.off_policy import LoggedPlaces, VersionLists, difference, forecast, value
from models.recommendation.variety.exploration import Exploration, draw

CUSTOMERS, PRODUCTS, K, SHARE = 500, 24, 6, 0.4


class World:
    """Customers with a known chance to buy each product, and a logging version that explores."""

    def __init__(self, seed: int) -> None:
        self.rng = np.random.default_rng(seed)
        liking = np.random.default_rng(7).beta(1, 4, (CUSTOMERS, PRODUCTS))
        self.chance = liking
        noise = np.random.default_rng(8).normal(0, 0.3, liking.shape)
        self.order = np.argsort(-(liking + noise), axis=1)

    def logged(self) -> tuple[LoggedPlaces, np.ndarray]:
        """The places, and the product at each."""
        free = np.arange(K) > 0
        columns: list[tuple[np.ndarray, ...]] = []
        for customer, order in enumerate(self.order):
            behind = order[K:]
            scores = -np.arange(len(behind), dtype=np.float32)
            drawn = draw(Exploration(SHARE, int(self.rng.integers(2**62))), free, scores)
            product = np.where(drawn.explored, behind[np.maximum(drawn.candidate, 0)], order[:K])
            bought = self.rng.random(K) < self.chance[customer, product]
            columns.append((np.full(K, customer), drawn.propensity, bought, drawn.explored, product))
        row, propensity, bought, explored, product = map(np.concatenate, zip(*columns, strict=True))
        return LoggedPlaces(row, propensity, bought, explored, np.arange(CUSTOMERS)), product

    def version(self, tops: np.ndarray, logged: LoggedPlaces, product: np.ndarray) -> VersionLists:
        """A version's lists (CUSTOMERS, K), with a forecast that knows products alone."""
        inside = np.zeros((CUSTOMERS, PRODUCTS), dtype=bool)
        inside[np.arange(CUSTOMERS)[:, None], tops] = True
        fold = np.arange(CUSTOMERS) % 2 > 0
        halves = fold[logged.row]
        expected = forecast(product, logged.bought, halves, product, halves)
        of_list = forecast(product, logged.bought, halves, tops.ravel(), np.repeat(fold, K)).reshape(tops.shape)
        return VersionLists(inside[logged.row, product], expected, of_list.sum(axis=1), np.full(CUSTOMERS, K))

    def truth(self, tops: np.ndarray) -> float:
        """Products bought per list, in the mean."""
        return float(self.chance[np.arange(CUSTOMERS)[:, None], tops].sum(axis=1).mean())


@pytest.fixture(scope="module")
def trials() -> list[tuple[World, LoggedPlaces, VersionLists, VersionLists, np.ndarray, np.ndarray]]:
    found = []
    for seed in range(80):
        world = World(seed)
        logged, product = world.logged()
        tops = np.concatenate([world.order[:, :3], world.order[:, 8:11]], axis=1)
        own = world.order[:, :K]
        versions = world.version(own, logged, product), world.version(tops, logged, product)
        found.append((world, logged, *versions, own, tops))
    return found


@pytest.mark.parametrize("way", ["ips", "self_normalised", "doubly_robust"])
def test_the_interval_holds_the_truth_of_another_version(trials, way: str) -> None:
    held, values = [], []
    for world, logged, _, other, _, tops in trials:
        found = getattr(value(logged, other), way)
        held.append(found.low <= world.truth(tops) <= found.high)
        values.append(found.value)
    truth = trials[0][0].truth(trials[0][5])
    assert 0.88 <= np.mean(held) <= 1.0
    assert abs(np.mean(values) - truth) < 0.06 * truth


def test_the_difference_of_two_versions_holds_it_too(trials) -> None:
    held = []
    for world, logged, a, b, own, tops in trials:
        found = difference(logged, a, b)
        held.append(found.low <= world.truth(own) - world.truth(tops) <= found.high)
    assert np.mean(held) >= 0.88


def test_a_list_that_had_every_chance_is_covered_and_one_that_had_none_is_too_few(trials) -> None:
    _, logged, own, other, _, _ = trials[0]
    assert value(logged, own).covered == pytest.approx(1, abs=0.05)
    assert value(logged, other).verdict == "ok"
    never = VersionLists(np.zeros(len(logged.row), dtype=bool), own.expected, own.expected_of_list, own.places)
    assert value(logged, never).verdict == "too few"


def test_without_exploration_it_is_too_few(trials) -> None:
    _, logged, own, *_ = trials[0]
    sure = np.ones(len(logged.row))
    plain = LoggedPlaces(logged.row, sure, logged.bought, np.zeros(len(sure), dtype=bool), logged.customer)
    assert value(plain, own).verdict == "too few"
