"""An audience is told by the pair features that lists are made of, cut down to the product that is asked for."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from models.recommendation import baselines
from models.recommendation.audience.asked_product import AskedProduct, asked_product
from models.recommendation.audience.buyer_scores import KnownCustomers, buyer_scores
from models.recommendation.audience.product_focus import focused
from models.recommendation.audience.shop_products import ShopProducts
from models.recommendation.candidates import CandidateSource, crossed
from models.recommendation.dataset import Dataset
from models.recommendation.inputs import NAMES, pair_features
from models.recommendation.model import Recommender
from models.recommendation.profiles import UserProfiles


def scored(recommender: Recommender, dataset: Dataset, code: int, between: Any = lambda: None) -> Any:
    index = recommender.bind(dataset.catalogue).index
    return buyer_scores(recommender.ranker, index, KnownCustomers.of(dataset.histories, index), one(code), between)


def one(code: int) -> AskedProduct:
    return AskedProduct("", np.array([code], dtype=np.int64), np.ones(1))


def test_pair_features_of_a_few_products_are_those_of_the_whole_catalogue(model, dataset) -> None:
    index, rows = model.bind(dataset.catalogue).index, np.arange(40)
    histories = dataset.histories.block(0, 40)
    for products in (np.array([3]), np.array([0, 7, len(dataset.catalogue) - 1])):
        source = np.full(len(products), CandidateSource.HISTORY)
        whole, cut = (
            pair_features(profiles, crossed(profiles, rows, products, source))
            for profiles in (
                UserProfiles(histories, index),
                UserProfiles(histories, focused(index, products), KnownCustomers.of(histories, index).highest),
            )
        )
        for place, name in enumerate(NAMES):
            np.testing.assert_allclose(cut[:, place], whole[:, place], rtol=1e-4, atol=1e-5, err_msg=name)


def test_scores_are_chances_by_which_customers_can_be_compared(model, dataset, relevant) -> None:
    best = dataset.catalogue.popular[:12]
    scores = np.stack([scored(model, dataset, code) for code in best], axis=1)
    assert scores.min() >= 0
    assert scores.max() <= 1
    bought = np.asarray(relevant.all[:, best].todense()) > 0
    assert scores[bought].mean() > 1.5 * scores[~bought].mean()


def test_blocks_change_nothing(model, dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = scored(model, dataset, 5)
    monkeypatch.setattr("models.recommendation.audience.buyer_scores.AT_ONCE", 7)
    pauses: list[int] = []
    cut = scored(model, dataset, 5, lambda: pauses.append(1))
    np.testing.assert_allclose(cut, whole, atol=1e-6)
    assert len(pauses) == -(-len(dataset.histories) // 7)


@pytest.mark.parametrize("name", ["popularity", "personal_frequency", "item_item"])
def test_a_baseline_tells_customers_apart_as_well(known, dataset, name: str) -> None:
    scores = scored(baselines.of(known)[name], dataset, 5)
    owners = dataset.histories.rows[dataset.histories.product == 5]
    assert scores[owners].min() > 0
    assert scores.max() < 1
    assert len(np.unique(scores)) > 10


DESCRIBED = pd.DataFrame(
    {
        "name": ["product 7", None, "service", "odd thing"],
        "category": ["category 1", None, None, "no such category"],
        "department": ["department 1", None, "SERVICES", None],
        "brand": ["national", None, None, None],
        "list_price": [8.0, None, None, -1.0],
        "unit_cost": None,
        "counts": [True, True, False, True],
    },
    index=pd.Index(["new", "bare", "excluded", "odd"], name="product_id"),
)


def test_a_product_that_is_not_sold_yet_is_told_by_those_like_it(dataset) -> None:
    catalogue = dataset.catalogue
    asked = asked_product("new", catalogue, ShopProducts(DESCRIBED))
    assert asked.told_by == "alike"
    assert asked.alike[0] == "007"
    assert asked.level == "category"
    assert asked.weights.sum() == pytest.approx(1)
    assert {catalogue.texts["category"][code] for code in asked.codes} == {"category 1"}


@pytest.mark.parametrize("product", ["bare", "odd"])
def test_a_product_of_no_known_category_is_told_by_what_sells_best(dataset, product: str) -> None:
    asked = asked_product(product, dataset.catalogue, ShopProducts(DESCRIBED))
    assert asked.level == "shop"
    assert set(asked.codes) == set(dataset.catalogue.popular[: len(asked.codes)])


def test_what_nobody_describes_or_what_does_not_count_is_told_by_nothing(dataset) -> None:
    for product in ("excluded", "unheard of"):
        assert asked_product(product, dataset.catalogue, ShopProducts(DESCRIBED)) is None


def test_the_nearest_is_found_by_name_and_by_id() -> None:
    products = ShopProducts(DESCRIBED)
    assert products.nearest("Odd Thing") == "odd"
    assert products.nearest("neww") == "new"
    assert products.nearest("odd thingy") == "odd"
    assert products.nearest("zzzz") is None
    assert products.nearest("0071", ["007", "100"]) == "007"
