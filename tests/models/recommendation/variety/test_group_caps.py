"""Caps per category and brand."""

from __future__ import annotations

from collections import Counter

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from models.recommendation.variety.group_caps import kept

codes = st.lists(st.integers(0, 3), min_size=12, max_size=12)


@given(codes, codes, st.integers(1, 4), st.integers(1, 4), st.sets(st.integers(0, 11), max_size=2))
def test_what_is_kept_holds_every_cap_and_nothing_more_would(category, brand, most, of_brand, fixed) -> None:
    groups = np.array(category), np.array(brand)
    caps = [(groups[0], most), (groups[1], of_brand)]
    product = np.tile(np.random.default_rng(len(fixed)).permutation(12), 2)
    row = np.repeat([0, 1], 12)
    found = kept(caps, row, product, np.array(sorted(fixed), dtype=np.int64))
    assert found[:12].tolist() == found[12:].tolist()
    chosen = product[:12][found[:12]]
    assert fixed <= set(chosen.tolist())
    counts = [Counter(group[list({*chosen.tolist()})].tolist()) for group in groups]
    pinned = [Counter(group[sorted(fixed)].tolist()) for group in groups]
    for count, pins, (_, limit) in zip(counts, pinned, caps, strict=True):
        assert all(number <= max(limit, pins[code]) for code, number in count.items())
    for left in product[:12][~found[:12]]:
        assert any(
            count[int(group[left])] >= limit for count, group, (_, limit) in zip(counts, groups, caps, strict=True)
        )


def test_the_best_of_a_group_are_kept() -> None:
    group = np.array([0, 0, 0, 1, 1])
    row, product = np.zeros(5, dtype=np.int64), np.array([2, 0, 3, 1, 4])
    assert kept([(group, 2)], row, product, np.zeros(0, dtype=np.int64)).tolist() == [True, True, True, False, True]
