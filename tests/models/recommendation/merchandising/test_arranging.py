"""One list under pins and quotas: the laws that hold for whatever is asked."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from models.recommendation.merchandising.arranging import Pin, PlaceQuota, arrange

PRODUCTS = 20
members = st.sets(st.integers(0, PRODUCTS - 1), min_size=1)
laws = settings(max_examples=150, deadline=None)


def quota(products: set[int], at_least: int, at_most: int, places: int, rule: int = 9) -> PlaceQuota:
    mask = np.zeros(PRODUCTS, dtype=bool)
    mask[list(products)] = True
    return PlaceQuota(mask, at_least, max(at_most, at_least), max(places, at_least), rule)


quotas = st.builds(quota, members, st.integers(0, 5), st.integers(0, 6), st.integers(1, 12))
pins = st.lists(
    st.tuples(st.integers(1, 12), st.integers(0, PRODUCTS - 1)),
    max_size=3,
    unique_by=(lambda pin: pin[0], lambda pin: pin[1]),
).map(lambda found: [Pin(place, product, 7) for place, product in found])
orders = st.permutations(range(PRODUCTS)).flatmap(
    lambda order: st.integers(0, PRODUCTS).map(lambda size: np.array(order[:size], dtype=np.int64))
)


@laws
@given(orders, st.integers(1, 25))
def test_without_rules_the_best_come_first(order: np.ndarray, k: int) -> None:
    found = arrange(order, k, [], [])
    assert found.chosen.tolist() == list(range(min(k, len(order))))
    assert set(found.rule.tolist()) <= {-1}


@laws
@given(orders, st.integers(1, 25), pins, st.lists(quotas, max_size=3))
def test_no_product_stands_twice_and_no_quota_is_passed(order, k, pinned, bounds) -> None:
    found = arrange(order, k, pinned, bounds)
    chosen = order[found.chosen]
    assert len(set(chosen.tolist())) == len(chosen) <= k
    for bound in bounds:
        within = bound.within(k)
        held = [pin for pin in pinned if within.members[pin.product]]
        assert within.members[chosen[: within.places]].sum() <= max(within.at_most, len(held))


@laws
@given(orders, st.integers(1, 25), pins)
def test_what_is_pinned_stands_at_its_place_and_the_list_is_filled(order, k, pinned) -> None:
    found = arrange(order, k, pinned, [])
    chosen = order[found.chosen].tolist()
    assert len(chosen) == min(k, len(order))
    there = [pin for pin in pinned if pin.product in order and pin.place <= k]
    for pin in there:
        assert pin.product in chosen
        if pin.place <= len(order) - len(there):
            assert chosen[pin.place - 1] == pin.product


@laws
@given(orders, st.integers(1, 25), pins, quotas)
def test_one_quota_is_met_wherever_it_can_be(order, k, pinned, bound) -> None:
    found = arrange(order, k, pinned, [bound])
    within = bound.within(k)
    chosen = order[found.chosen]
    others = sum(
        pin.place <= within.places and pin.product in order and not within.members[pin.product] for pin in pinned
    )
    late = sum(pin.place > within.places and bool(within.members[pin.product]) for pin in pinned if pin.place <= k)
    can = min(int(within.members[order].sum()) - late, within.places - others)
    assert within.members[chosen[: within.places]].sum() >= min(within.at_least, max(can, 0))


def test_what_is_needed_comes_as_late_as_it_may_and_says_why() -> None:
    found = arrange(np.arange(20), 10, [], [quota({15, 16, 17}, 2, 3, 5, rule=4)])
    assert found.chosen.tolist() == [0, 1, 2, 15, 16, 3, 4, 5, 6, 7]
    assert found.rule.tolist() == [-1, -1, -1, 4, 4, -1, -1, -1, -1, -1]
    assert found.complete


def test_two_campaigns_share_the_places_that_are_left() -> None:
    bounds = [quota({15, 16, 17}, 3, 3, 6), quota({18, 19}, 2, 2, 6)]
    assert arrange(np.arange(20), 6, [], bounds).chosen.tolist() == [0, 15, 16, 17, 18, 19]


def test_a_bound_on_a_department_keeps_room_for_the_campaign_in_it() -> None:
    bounds = [quota({8, 9}, 2, 10, 10), quota(set(range(10)), 0, 3, 10)]
    assert arrange(np.arange(20), 10, [], bounds).chosen.tolist()[0] == 0
    chosen = arrange(np.arange(20), 10, [], bounds).chosen.tolist()
    assert {8, 9} <= set(chosen)
    assert len(set(chosen) & set(range(10))) == 3


def test_a_quota_that_can_not_be_met_does_not_empty_the_list() -> None:
    found = arrange(np.arange(10), 10, [], [quota({15}, 1, 1, 10)])
    assert len(found.chosen) == 10
    assert not found.complete


def test_a_pin_whose_list_ends_early_does_not_come_forward_into_a_full_quota() -> None:
    found = arrange(np.array([0, 1]), 3, [Pin(3, 0, 7)], [quota({0, 1}, 0, 1, 2)])
    assert found.chosen.tolist() == [1]
