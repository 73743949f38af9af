"""Candidates and pair features: what they say, and that one customer's do not depend on the others'."""

from __future__ import annotations

import numpy as np
import pytest

from models.recommendation.candidates import CandidateLimits, CandidateSource, candidates
from models.recommendation.dataset import Dataset
from models.recommendation.history import ENTRIES, IDS, SCALARS, PurchaseHistories
from models.recommendation.inputs import NAMES, pair_features
from models.recommendation.item_item_index import ItemItemIndex
from models.recommendation.item_statistics import ItemStatistics
from models.recommendation.profiles import UserProfiles


@pytest.fixture(scope="module")
def index(dataset: Dataset, known: ItemStatistics) -> ItemItemIndex:
    return dataset.index(known.neighbours)


@pytest.fixture(scope="module")
def everybody(dataset: Dataset, index: ItemItemIndex) -> UserProfiles:
    return UserProfiles(dataset.histories, index)


def test_each_candidate_stands_once_and_rows_rise(everybody: UserProfiles) -> None:
    pairs = candidates(everybody, CandidateLimits())
    key = pairs.row * len(everybody.index.catalogue) + pairs.product
    assert len(set(key.tolist())) == len(pairs)
    assert (np.diff(pairs.row) >= 0).all()


def test_new_candidates_were_never_bought_and_old_ones_were(everybody: UserProfiles) -> None:
    pairs = candidates(everybody, CandidateLimits())
    bought = set(zip(everybody.row.tolist(), everybody.product.tolist(), strict=True))
    for row, product, new in zip(pairs.row.tolist(), pairs.product.tolist(), pairs.new, strict=True):
        assert ((row, product) in bought) != new
    assert (pairs.source[~pairs.new] == CandidateSource.HISTORY).all()


def test_the_history_is_cut_at_what_is_bought_most_and_latest(everybody: UserProfiles) -> None:
    pairs = candidates(everybody, CandidateLimits(history=3))
    for row in range(5):
        weights = everybody.of_entries("weight_60d")[everybody.row == row]
        chosen = pairs.entry[(pairs.row == row) & ~pairs.new]
        kept = everybody.histories.entries["weight_60d"][chosen]
        assert sorted(kept) == sorted(np.sort(weights)[::-1][:3])


def test_a_customer_alone_has_the_features_they_have_among_others(dataset: Dataset, index: ItemItemIndex) -> None:
    together = UserProfiles(dataset.histories.block(0, 40), index)
    pairs = candidates(together, CandidateLimits())
    features = pair_features(together, pairs)
    for row in (0, 17, 39):
        alone = UserProfiles(dataset.histories.block(row, row + 1), index)
        own = candidates(alone, CandidateLimits())
        assert own.product.tolist() == pairs.product[pairs.row == row].tolist()
        np.testing.assert_allclose(pair_features(alone, own), features[pairs.row == row], rtol=1e-4, atol=1e-5)


def test_the_features_of_a_history_can_be_counted_by_hand(dataset: Dataset, index: ItemItemIndex) -> None:
    first, second = (str(each) for each in dataset.catalogue.ids[[3, 9]])
    numbers = {"visits": 10.0, "visits_28d": 2.0, "visits_84d": 5.0, "visit_weight_60d": 4.0, "lines_28d": 4.0}
    row = dict.fromkeys(SCALARS, 1.0) | numbers | {IDS: [first, second]}
    row |= {name: [0.0, 0.0] for name in ENTRIES}
    row |= {"purchases": [5.0, 1.0], "last_days": [10.0, 20.0], "first_days": [50.0, 20.0], "units": [15.0, 1.0]}
    row |= {"weight_60d": [2.0, 0.5]}
    profiles = UserProfiles(PurchaseHistories.one(row, dataset.catalogue), index)
    pairs = candidates(profiles, CandidateLimits())
    place = int(np.flatnonzero(pairs.product == 3)[0])
    found = dict(zip(NAMES, pair_features(profiles, pairs)[place].tolist(), strict=True))
    assert found["own_gap"] == 10.0
    assert found["due_own"] == 1.0
    assert found["units_per_purchase"] == 3.0
    assert found["rate"] == 0.5
    assert found["rate_60d"] == 0.5
    assert found["expected"] == 1.0
    assert found["products"] == 2.0
    assert found["new_share_28d"] == 0.25
    assert found["discovery"] == pytest.approx(float(index.weights[9, index.column[3]]), abs=1e-6)


def test_a_product_outside_the_catalogue_is_no_candidate_but_counts_as_bought(
    dataset: Dataset, index: ItemItemIndex
) -> None:
    row = dict.fromkeys(SCALARS, 1.0) | {name: [1.0] for name in ENTRIES} | {IDS: ["withdrawn"]}
    profiles = UserProfiles(PurchaseHistories.one(row, dataset.catalogue), index)
    pairs = candidates(profiles, CandidateLimits())
    assert pairs.new.all()
    assert pair_features(profiles, pairs)[0, NAMES.index("products")] == 1


def test_what_is_new_to_a_customer_in_a_group_is_counted(dataset: Dataset, index: ItemItemIndex) -> None:
    category = dataset.catalogue.groups["category"]
    code = int(np.bincount(category).argmax())
    ids = [str(each) for each in dataset.catalogue.ids[np.flatnonzero(category == code)[:3]]]
    row = dict.fromkeys(SCALARS, 1.0) | {name: [1.0] * 3 for name in ENTRIES} | {IDS: ids}
    row |= {"first_days": [10.0, 50.0, 100.0]}
    profiles = UserProfiles(PurchaseHistories.one(row, dataset.catalogue), index)
    pairs = candidates(profiles, CandidateLimits())
    features = dict(zip(NAMES, pair_features(profiles, pairs).T, strict=True))
    inside = category[pairs.product] == code
    for name, count in (("category_products", 3), ("category_first_28d", 1), ("category_first_84d", 2)):
        assert (features[name][inside] == count).all()
        assert (features[name][~inside] == 0).all()


def test_a_score_is_told_beside_the_customers_highest(everybody: UserProfiles) -> None:
    pairs = candidates(everybody, CandidateLimits())
    features = dict(zip(NAMES, pair_features(everybody, pairs).T, strict=True))
    for name in ("discovery_share", "recent_share", "trending_share"):
        known = np.isfinite(features[name])
        assert known.any()
        assert (features[name][known] <= 1).all()
    best = features["discovery_share"] == 1
    assert best.any()
    np.testing.assert_allclose(features["discovery"][best], everybody.discovery.max(axis=1)[pairs.row[best]], rtol=1e-5)


def test_a_groups_first_time_buyers_are_shared_out(dataset: Dataset) -> None:
    catalogue = dataset.catalogue
    for name, codes in catalogue.groups.items():
        total = np.bincount(codes, weights=catalogue.group_first_shares[name])
        bought = np.bincount(codes, weights=catalogue.numbers["first_buyers_84d"]) > 0
        np.testing.assert_allclose(total[bought], 1, rtol=1e-5)
        assert (total[~bought] == 0).all()
