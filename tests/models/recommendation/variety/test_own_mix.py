"""Lists in the customer's own mix: what holds of every reordering, and that it does what it is for."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from models.recommendation.variety.own_mix import OwnMix, calibrated

GROUPS = 4


@st.composite
def blocks(draw: st.DrawFn) -> tuple[OwnMix, np.ndarray, np.ndarray, np.ndarray]:
    """A block of customers with their mixes, and pairs by row and falling score."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    counts = draw(st.lists(st.integers(0, 12), min_size=1, max_size=5))
    group = rng.integers(0, GROUPS, 20)
    shares = rng.dirichlet(np.full(GROUPS, 0.5), len(counts)).astype(np.float32)
    row = np.repeat(np.arange(len(counts)), counts)
    product = np.concatenate([rng.permutation(20)[:count] for count in counts]).astype(np.int64)
    score = rng.normal(size=len(row)).astype(np.float32).round(draw(st.integers(0, 3)))
    order = np.lexsort((-score, row))
    return OwnMix(shares, group), row[order], product[order], score[order]


@given(blocks(), st.integers(1, 8), st.floats(0, 1))
def test_every_customer_keeps_all_candidates_and_is_ordered_as_if_alone(block, k: int, diversity: float) -> None:
    mix, row, product, score = block
    order = calibrated(mix, row, product, score, k=k, pool=5 * k, diversity=diversity)
    assert (row[order] == row).all()
    assert sorted(order.tolist()) == list(range(len(row)))
    for each in range(len(mix.shares)):
        own = row == each
        alone = OwnMix(mix.shares[each : each + 1], mix.group)
        nobody = np.zeros(own.sum(), dtype=np.int64)
        found = calibrated(alone, nobody, product[own], score[own], k=k, pool=5 * k, diversity=diversity)
        assert product[order][own].tolist() == product[own][found].tolist()


@given(blocks(), st.integers(1, 8))
def test_with_no_diversity_the_order_is_that_of_the_scores(block, k: int) -> None:
    mix, row, product, score = block
    order = calibrated(mix, row, product, score, k=k, pool=5 * k, diversity=0.0)
    assert order.tolist() == list(range(len(row)))


@given(blocks(), st.floats(0.01, 0.99))
def test_who_has_no_mix_keeps_the_order_of_the_scores(block, diversity: float) -> None:
    mix, row, product, score = block
    unknown = OwnMix(np.zeros_like(mix.shares), mix.group)
    order = calibrated(unknown, row, product, score, k=5, pool=25, diversity=diversity)
    assert order.tolist() == list(range(len(row)))


def test_the_list_comes_nearer_to_the_mix_as_diversity_grows() -> None:
    group = np.array([0] * 10 + [1] * 10)
    mix = OwnMix(np.array([[0.5, 0.5]], dtype=np.float32), group)
    product, row = np.arange(20), np.zeros(20, dtype=np.int64)
    score = np.linspace(1, 0, 20, dtype=np.float32)
    held = []
    for diversity in (0.0, 0.3, 1.0):
        order = calibrated(mix, row, product, score, k=10, pool=50, diversity=diversity)
        held.append(int(group[product[order[:10]]].sum()))
    assert held[0] == 0
    assert held[0] <= held[1] <= held[2] == 5
