"""Bundles are what goes together beyond chance: no coincidence, no habit of one household, nothing that rides along."""

from __future__ import annotations

import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.recommendation.bundles import bundle_search
from models.recommendation.bundles.bundle_search import LEAST_BASKETS, LEAST_CUSTOMERS, find
from tests.models.recommendation.bundles.conftest import baskets_of, drawn


def sets(found: bundle_search.FoundBundles) -> list[set[int]]:
    return [{int(code) for code in row if code >= 0} for row in found.products]


def test_pairs_and_triples_that_were_planted_are_found_and_nothing_else() -> None:
    rng = np.random.default_rng(2)
    lists = drawn(rng, 3000, 60)
    for number in range(0, 240):
        lists[number] = sorted({*lists[number], 0, 1})
    for number in range(400, 560):
        lists[number] = sorted({*lists[number], 10, 11, 12})
    found = sets(find(baskets_of(lists, 60), 20))
    assert {10, 11, 12} in found
    assert sorted(map(sorted, found)) == [[0, 1], [10, 11], [10, 11, 12], [10, 12], [11, 12]]


@pytest.mark.parametrize("seed", range(4))
def test_unrelated_products_make_no_bundles_however_large_some_baskets_are(seed: int) -> None:
    rng = np.random.default_rng(seed)
    lists = drawn(rng, 1500, 80, 2) + drawn(rng, 500, 80, 25)
    assert len(find(baskets_of(lists, 80), 20)) == 0


def test_a_product_that_rides_along_with_a_pair_makes_no_triple() -> None:
    rng = np.random.default_rng(3)
    lists = [[0, 1] if number % 10 == 0 else [2 + int(rng.integers(20))] for number in range(4000)]
    lists = [sorted({*each, 30}) if rng.random() < 0.3 else each for each in lists]
    assert sets(find(baskets_of(lists, 31), 20)) == [{0, 1}]


def test_what_one_household_buys_every_week_is_no_bundle() -> None:
    rng = np.random.default_rng(4)
    lists = [[0, 1]] * 60 + drawn(rng, 2000, 40)
    assert {0, 1} in sets(find(baskets_of(lists, 40), 20))
    few = [number % (LEAST_CUSTOMERS - 1) for number in range(60)] + list(range(10, 2010))
    assert {0, 1} not in sets(find(baskets_of(lists, 40, few), 20))


@given(st.integers(0, 2**32 - 1), st.integers(2, 30), st.integers(0, 300), st.integers(1, 40))
@settings(max_examples=40)
def test_no_bundle_has_fewer_than_the_least_and_each_is_ordered_by_its_lower_bound(
    seed: int, products: int, count: int, customers: int
) -> None:
    rng = np.random.default_rng(seed)
    lists = drawn(rng, count, products, 1.0)
    lists += [[0, 1]] * int(rng.integers(0, 30))
    found = find(baskets_of(lists, products, rng.integers(0, customers, len(lists)).tolist()), 5)
    assert (found.lifts.baskets >= LEAST_BASKETS).all()
    assert (found.lifts.customers >= LEAST_CUSTOMERS).all()
    assert (found.low > found.lifts.by_chance).all()
    assert (found.low <= found.lifts.lift).all()
    assert (np.diff(found.low) <= 0).all()
    assert len({frozenset(each) for each in sets(found)}) == len(found)


def test_each_product_keeps_so_many() -> None:
    rng = np.random.default_rng(5)
    # Everything goes with product 0, each with little else.
    lists = [[0, 1 + number % 30] for number in range(1500)] + [[31 + int(rng.integers(9))] for _ in range(6000)]
    assert len(find(baskets_of(lists, 40), 3)) == 30  # those of the others, whose first it is
    lists = [sorted({int(rng.integers(4)), *rng.choice(4, 2).tolist()}) for _ in range(300)] + [[4]] * 3000
    assert 0 < len(find(baskets_of(lists, 5), 1)) < 6


@pytest.mark.parametrize("lists", [[], [[0]], [[0]] * 30, [[]] * 5])
def test_a_catalogue_of_one_product_has_no_bundles(lists: list[list[int]]) -> None:
    assert len(find(baskets_of(lists, 1), 20)) == 0


def test_no_products_at_all_are_no_error() -> None:
    assert len(find(baskets_of([[], []], 0), 20)) == 0


def test_a_basket_of_everything_says_nothing_and_costs_nothing() -> None:
    rng = np.random.default_rng(6)
    lists = drawn(rng, 1500, 500)
    for number in range(100):
        lists[number] = sorted({*lists[number], 0, 1})
    alone = find(baskets_of(lists, 500), 20)
    started = time.monotonic()
    beside = find(baskets_of([*lists, *[list(range(500))] * 40], 500), 20)
    assert sets(beside) == sets(alone) == [{0, 1}]
    assert time.monotonic() - started < 5
