"""Candidates and pair features: what they say, and that one customer's do not depend on the others'."""

from __future__ import annotations

import numpy as np
import pytest

from models.recommendation.assortment import Assortment
from models.recommendation.candidates import Limits, Source, candidates
from models.recommendation.facts import Facts
from models.recommendation.history import ENTRIES, IDS, SCALARS, Histories
from models.recommendation.knowledge import Knowledge
from models.recommendation.pairs import NAMES, pair_features
from models.recommendation.taste import Taste


@pytest.fixture(scope="module")
def assortment(facts: Facts, known: Knowledge) -> Assortment:
    return facts.assortment(known.neighbours)


@pytest.fixture(scope="module")
def everybody(facts: Facts, assortment: Assortment) -> Taste:
    return Taste(facts.histories, assortment)


def test_each_candidate_stands_once_and_rows_rise(everybody: Taste) -> None:
    pairs = candidates(everybody, Limits())
    key = pairs.row * len(everybody.assortment.catalogue) + pairs.product
    assert len(set(key.tolist())) == len(pairs)
    assert (np.diff(pairs.row) >= 0).all()


def test_new_candidates_were_never_bought_and_old_ones_were(everybody: Taste) -> None:
    pairs = candidates(everybody, Limits())
    bought = set(zip(everybody.row.tolist(), everybody.product.tolist(), strict=True))
    for row, product, new in zip(pairs.row.tolist(), pairs.product.tolist(), pairs.new, strict=True):
        assert ((row, product) in bought) != new
    assert (pairs.source[~pairs.new] == Source.HISTORY).all()
    only_new = candidates(everybody, Limits(), history=False)
    assert only_new.new.all()
    assert len(only_new) == pairs.new.sum()


def test_the_history_is_cut_at_what_is_bought_most_and_latest(everybody: Taste) -> None:
    pairs = candidates(everybody, Limits(history=3))
    for row in range(5):
        weights = everybody.of_entries("weight_60d")[everybody.row == row]
        chosen = pairs.entry[(pairs.row == row) & ~pairs.new]
        kept = everybody.histories.entries["weight_60d"][chosen]
        assert sorted(kept) == sorted(np.sort(weights)[::-1][:3])


def test_a_customer_alone_has_the_features_they_have_among_others(facts: Facts, assortment: Assortment) -> None:
    together = Taste(facts.histories.block(0, 40), assortment)
    pairs = candidates(together, Limits())
    features = pair_features(together, pairs)
    for row in (0, 17, 39):
        alone = Taste(facts.histories.block(row, row + 1), assortment)
        own = candidates(alone, Limits())
        assert own.product.tolist() == pairs.product[pairs.row == row].tolist()
        np.testing.assert_allclose(pair_features(alone, own), features[pairs.row == row], rtol=1e-4, atol=1e-5)


def test_the_features_of_a_history_can_be_counted_by_hand(facts: Facts, assortment: Assortment) -> None:
    first, second = (str(each) for each in facts.catalogue.ids[[3, 9]])
    numbers = {"visits": 10.0, "visits_28d": 2.0, "visits_84d": 5.0, "visit_weight_60d": 4.0, "lines_28d": 4.0}
    row = dict.fromkeys(SCALARS, 1.0) | numbers | {IDS: [first, second]}
    row |= {name: [0.0, 0.0] for name in ENTRIES}
    row |= {"purchases": [5.0, 1.0], "last_days": [10.0, 20.0], "first_days": [50.0, 20.0], "units": [15.0, 1.0]}
    row |= {"weight_60d": [2.0, 0.5]}
    taste = Taste(Histories.one(row, facts.catalogue), assortment)
    pairs = candidates(taste, Limits())
    place = int(np.flatnonzero(pairs.product == 3)[0])
    found = dict(zip(NAMES, pair_features(taste, pairs)[place].tolist(), strict=True))
    assert found["own_gap"] == 10.0
    assert found["due_own"] == 1.0
    assert found["units_per_purchase"] == 3.0
    assert found["rate"] == 0.5
    assert found["rate_60d"] == 0.5
    assert found["expected"] == 1.0
    assert found["products"] == 2.0
    assert found["new_share_28d"] == 0.25
    assert found["discovery"] == pytest.approx(float(assortment.weights[9, assortment.column[3]]), abs=1e-6)


def test_a_product_outside_the_catalogue_is_no_candidate_but_counts_as_bought(
    facts: Facts, assortment: Assortment
) -> None:
    row = dict.fromkeys(SCALARS, 1.0) | {name: [1.0] for name in ENTRIES} | {IDS: ["withdrawn"]}
    taste = Taste(Histories.one(row, facts.catalogue), assortment)
    pairs = candidates(taste, Limits())
    assert pairs.new.all()
    assert pair_features(taste, pairs)[0, NAMES.index("products")] == 1
