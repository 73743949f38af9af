"""Variety in lists: what holds in files and requests, beside a merchandiser's rules."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.settings import Recommendation
from models.recommendation.dataset import Dataset
from models.recommendation.merchandising.bound_rules import RuleSet
from models.recommendation.merchandising.rule import Audience
from models.recommendation.merchandising.rules_file import parse
from models.recommendation.model import Recommender
from models.recommendation.pipeline import RankedLists, RankingQuery
from models.recommendation.profiles import UserProfiles
from models.recommendation.rankers import Mode
from models.recommendation.variety.list_variety import ListVariety

CUSTOMERS = 12
laws = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
asked = st.builds(
    ListVariety,
    diversity=st.sampled_from([0.0, 0.2, 0.7, 1.0]),
    most_per_category=st.sampled_from([0, 1, 3]),
    most_per_brand=st.sampled_from([0, 2]),
)


class Shop:
    """Asks a version for lists of the first customers, every fourth of whom allows nothing personal."""

    def __init__(self, model: Recommender, dataset: Dataset) -> None:
        self.model, self.dataset = model, dataset
        self.catalogue = dataset.catalogue
        self.histories = dataset.histories.block(0, CUSTOMERS)
        self.bound = model.bind(dataset.catalogue)

    def query(self, k: int, mode: Mode, variety: ListVariety) -> RankingQuery:
        nothing = np.zeros(0, dtype=np.int64)
        return RankingQuery(k, mode, np.zeros(len(self.catalogue), dtype=bool), nothing, variety=variety)

    def lists(self, query: RankingQuery, of: int | None = None) -> RankedLists:
        rows = range(CUSTOMERS) if of is None else [of]
        histories = self.histories.block(rows[0], rows[-1] + 1)
        personal = np.array([row % 4 > 0 for row in rows])
        return self.model.rank(self.bound, UserProfiles(histories, self.bound.index), personal, query)


@pytest.fixture(scope="module")
def shop(model: Recommender, dataset: Dataset) -> Shop:
    return Shop(model, dataset)


@laws
@given(asked, st.sampled_from([1, 5, 10, 60]), st.sampled_from(["all", "new"]))
def test_lists_are_full_whole_and_the_same_alone(shop: Shop, variety: ListVariety, k: int, mode: Mode) -> None:
    query = shop.query(k, mode, variety)
    plain = shop.lists(replace(query, variety=ListVariety(0.0)))
    lists = shop.lists(query)
    assert np.bincount(lists.row).tolist() == np.bincount(plain.row).tolist()
    for row in range(CUSTOMERS):
        own = lists.row == row
        assert len(set(lists.product[own].tolist())) == own.sum()
        assert (np.diff(lists.score[own]) <= 0).all()
        assert shop.lists(query, of=row).product.tolist() == lists.product[own].tolist()


@laws
@given(asked, st.sampled_from([5, 10]))
def test_caps_hold_as_long_as_the_shop_has_other_products(shop: Shop, variety: ListVariety, k: int) -> None:
    lists = shop.lists(shop.query(k, "all", variety))
    for name, most in variety.caps.items():
        codes = shop.catalogue.groups[name]
        room = int(np.minimum(np.bincount(codes), most).sum())
        if room < k or len(variety.caps) > 1:
            continue
        for row in range(CUSTOMERS):
            assert max(Counter(codes[lists.product[lists.row == row]].tolist()).values()) <= most


@laws
@given(asked)
def test_pins_and_quotas_hold_beside_it(shop: Shop, variety: ListVariety) -> None:
    pin, category = str(shop.catalogue.ids[7]), shop.catalogue.texts["category"][7]
    text = f"rules:\n  star: {{kind: pinned, products: ['{pin}'], place: 3}}\n"
    text += f"  part: {{kind: quota, categories: ['{category}'], at_least: 2, at_most: 2}}\n"
    rules = RuleSet(1, shop.dataset.as_of, parse(text, "rules.yaml").rules, {}, {})
    query = replace(shop.query(10, "all", variety), rules=rules.bind(shop.catalogue).in_force(Audience()))
    lists = shop.lists(query)
    member = shop.catalogue.groups["category"] == shop.catalogue.groups["category"][7]
    for row in range(CUSTOMERS):
        own = lists.product[lists.row == row]
        assert own[2] == 7
        assert member[own].sum() == 2


def test_without_diversity_lists_are_those_of_the_scores_bit_for_bit(shop: Shop) -> None:
    nothing = shop.lists(shop.query(10, "all", ListVariety(0.0)))
    own = shop.lists(shop.query(10, "all", ListVariety()))
    for name in ("row", "rank", "product", "score", "source", "rule"):
        assert getattr(nothing, name).tobytes() == getattr(own, name).tobytes()


def test_a_version_keeps_its_own_diversity_and_the_shop_s_goes_before_it(shop: Shop, tmp_path: Path) -> None:
    own = Recommender(shop.model.item_statistics, shop.model.ranker, shop.model.limits, {"all": 1.0, "new": 0.0})
    own.save(tmp_path / "model")
    loaded = Recommender.load(tmp_path / "model")
    assert loaded.diversity == {"all": 1.0, "new": 0.0}
    mixed = shop.lists(shop.query(10, "all", ListVariety(1.0)))
    for asks, expected in ((Recommendation(), True), (Recommendation(diversity=0.0), False)):
        query = shop.query(10, "all", ListVariety.asked(asks))
        found = Shop(loaded, shop.dataset).lists(query)
        assert (found.product.tolist() == mixed.product.tolist()) is expected
    assert ListVariety.asked(Recommendation(diversity=0.0), 0.4).diversity == 0.4
