"""Whom lists serve well, and whether new products get a fair start."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pandas as pd
import pytest

from core.workspace import Workspace
from feature_repo import facts
from models.recommendation import baselines, evaluation, item_statistics
from models.recommendation.dataset import Dataset
from models.recommendation.labels import Relevance
from models.recommendation.model import Recommender
from models.recommendation.product_newness import FEW, NEW, OLDER, newness, of_products
from tests.support.shop import FIRST_DAY
from training.recommendation.by_experience import TOO_FEW, of_known, of_strangers, table
from training.recommendation.examples import origin
from training.recommendation.new_products import fair_start, tables

D = FIRST_DAY + timedelta(days=180)


@pytest.fixture(scope="module")
def dataset(small_shop_readonly: Workspace) -> Dataset:
    return Dataset.load(small_shop_readonly, D)


@pytest.fixture(scope="module")
def models(small_shop_readonly: Workspace, dataset: Dataset) -> dict[str, Recommender]:
    return dict(baselines.of(item_statistics.fit(small_shop_readonly, dataset)))


def test_every_customer_judged_is_in_one_group_by_purchases(
    small_shop_readonly: Workspace, dataset: Dataset, models: dict[str, Recommender]
) -> None:
    relevant = Relevance.load(small_shop_readonly, dataset)
    ours, popular = (
        evaluation.evaluate(small_shop_readonly, models[name], dataset, relevant)
        for name in ("personal_frequency", "popularity")
    )
    found = [each for each in of_known(small_shop_readonly, dataset, ours, popular) if each.metric == "ndcg@10"]
    assert sum(each.customers for each in found) == len(ours)
    weighted = sum(each.ours * each.customers for each in found if each.customers)
    assert weighted / len(ours) == pytest.approx(ours["ndcg@10"].mean())
    for each in found:
        assert (each.less is None) == (each.customers < 30)
        assert each.less is not None or each.row()[-1] == TOO_FEW
    assert len(table(found).rows) == len(found)


def test_strangers_are_those_whose_first_purchase_lies_in_the_window(
    small_shop_readonly: Workspace, models: dict[str, Recommender]
) -> None:
    day = FIRST_DAY + timedelta(days=30)
    at = origin(small_shop_readonly, day)
    bought = facts.purchases(small_shop_readonly, day, day + timedelta(days=28))
    strangers = set(bought["customer_id"]) - set(at.dataset.histories.customers)
    assert strangers
    found = of_strangers(at, bought, models["popularity"], models["popularity"])
    assert 1 <= found.customers <= len(strangers)
    assert 0 <= min(found.ours, found.popularity) <= max(found.ours, found.popularity) <= 1
    assert set(facts.first_regions(small_shop_readonly, day, day + timedelta(days=28)).index) <= strangers


def test_who_comes_first_is_known_by_the_region_of_that_day(small_shop_readonly: Workspace) -> None:
    found = facts.first_regions(small_shop_readonly, FIRST_DAY, FIRST_DAY + timedelta(days=28))
    bought = facts.purchases(small_shop_readonly, FIRST_DAY, FIRST_DAY + timedelta(days=28))
    assert set(found.index) <= set(bought["customer_id"])
    assert set(found) <= {"north", "south"}


def test_newness_follows_the_sales_before_the_date(small_shop_readonly: Workspace) -> None:
    start = FIRST_DAY + timedelta(days=20)
    early = newness(small_shop_readonly, start, facts.products_sold(small_shop_readonly, start))
    assert OLDER not in set(early)
    late = newness(small_shop_readonly, D, facts.products_sold(small_shop_readonly, D))
    assert (late == OLDER).any()
    assert of_products(late, pd.Index(["never sold"])).tolist() == [FEW]
    assert set(late) <= {*NEW, OLDER}


def test_exposure_of_new_products_adds_up(
    small_shop_readonly: Workspace, dataset: Dataset, models: dict[str, Recommender]
) -> None:
    relevant = Relevance.load(small_shop_readonly, dataset)
    lists = evaluation.account(small_shop_readonly, models["popularity"], dataset, relevant).lists
    bought = facts.purchases(small_shop_readonly, D, D + timedelta(days=28))
    found = fair_start(origin(small_shop_readonly, D), bought, lists, lists)
    for mode in ("all", "new"):
        of_mode = [each for each in found.exposure if each.mode == mode]
        assert sum(each.places[0] for each in of_mode) == pytest.approx(1)
        assert sum(each.bought for each in of_mode) == pytest.approx(1)
        assert sum(each.known for each in of_mode) == len(dataset.catalogue)
    assert all(each.less is None or each.less.value == 0 for each in found.ndcg)
    assert all(len(each.rows) for each in tables(found))
    assert np.isfinite([each.places[0] for each in found.exposure]).all()
