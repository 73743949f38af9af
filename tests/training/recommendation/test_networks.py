"""Fitting a mode's networks."""

from __future__ import annotations

import numpy as np
import pytest

from training.recommendation import networks
from training.recommendation.examples import Examples

PAIRS = 3000


@pytest.fixture
def source() -> Examples:
    """Pairs whose first feature tells whether they are bought; a third of them are new, a tenth of those kept."""
    rng = np.random.default_rng(5)
    features = rng.exponential(size=(PAIRS, 4)).astype(np.float32)
    features[::4, 2] = np.nan
    bought = features[:, 0] + 0.2 * rng.normal(size=PAIRS) > 1.5
    row = np.repeat(np.arange(PAIRS // 10), 10)
    new = np.arange(PAIRS) % 3 == 0
    offset = np.where(new, -np.log(0.1), 0).astype(np.float32)
    wanted = np.bincount(row, weights=bought).astype(np.int64)
    none = np.zeros(PAIRS, np.int64)
    return Examples(features, bought, new, row, none, none, offset, {"all": wanted, "new": wanted})


def test_they_learn_what_is_bought(source: Examples) -> None:
    margins = networks.fit(source, "all", threads=1, seed=3, often=60).margins(source.features)
    assert margins[source.bought].mean() > margins[~source.bought].mean() + 2


def test_the_seed_decides_and_not_the_threads(source: Examples) -> None:
    one, two, other = (
        networks.fit(source, "new", threads, seed, often=1).margins(source.features)
        for threads, seed in ((1, 3), (2, 3), (1, 9))
    )
    np.testing.assert_array_equal(one, two)
    assert not np.array_equal(one, other)


def test_what_was_left_out_makes_nothing_likelier(source: Examples) -> None:
    """Nine of ten new products that were not bought are missing: the bag still says how likely a new product is."""
    margins = networks.fit(source, "all", threads=1, seed=3, often=60).margins(source.features)
    alike = np.abs(source.features[:, 0] - 1.5) < 0.3
    assert margins[alike & source.new].mean() < margins[alike & ~source.new].mean() + 0.3


def test_a_toy_shop_where_all_is_bought_has_networks_as_well(source: Examples) -> None:
    whole = source.where(source.bought)
    assert np.isfinite(networks.fit(whole, "new", threads=1, seed=3, often=1).margins(whole.features)).all()


@pytest.mark.parametrize(("pairs", "often"), [(550_000, 4), (70_000, 30), (100, 30), (10_000_000, 1)])
def test_fewer_pairs_are_gone_through_more_often(pairs: int, often: int) -> None:
    assert networks.epochs(pairs) == often
