"""What an evaluation counts: repeat and explore apart, the candidates, and what each source brought."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from core.workspace import Workspace
from models.recommendation import batch, evaluation, metrics
from models.recommendation.dataset import Dataset
from models.recommendation.evaluation import Account
from models.recommendation.guest_lists import guest_lists
from models.recommendation.labels import Relevance
from models.recommendation.model import Recommender
from models.recommendation.rankers import MODES


@pytest.fixture(scope="module")
def account(small_shop_readonly: Workspace, model: Recommender, dataset: Dataset, relevant: Relevance) -> Account:
    return evaluation.account(small_shop_readonly, model, dataset, relevant)


@pytest.mark.parametrize("mode", MODES)
def test_the_lists_judged_are_those_of_the_prediction_file(
    small_shop_readonly: Workspace, model: Recommender, dataset: Dataset, account: Account, mode: str
) -> None:
    file = batch.predict_file(small_shop_readonly, model, dataset.as_of, "1", mode=mode)  # type: ignore[arg-type]
    np.testing.assert_array_equal(account.lists[mode], metrics.as_matrix(file, dataset))  # type: ignore[index]


def test_what_was_bought_is_either_bought_again_or_new(relevant: Relevance) -> None:
    assert relevant.again.nnz + relevant.new.nnz == relevant.all.nnz
    assert relevant.again.multiply(relevant.new).nnz == 0


def test_what_is_bought_again_is_judged_among_owned_products(
    small_shop_readonly: Workspace, frequency: Recommender, dataset: Dataset, relevant: Relevance, account: Account
) -> None:
    assert account.frame[metrics.AGAIN].notna().sum() == (np.diff(relevant.again.indptr) > 0).sum()
    perfect = Relevance(dataset.owned, relevant.new * 0)
    few = np.diff(dataset.owned.indptr) >= metrics.K
    found = evaluation.evaluate(small_shop_readonly, frequency, dataset, perfect)
    customers = pd.Index(dataset.histories.customers[few])
    assert found.loc[customers.intersection(found.index), metrics.AGAIN].to_numpy() == pytest.approx(1)


def test_hits_come_from_candidates_and_every_place_has_a_source(account: Account, relevant: Relevance) -> None:
    for mode in MODES:
        counts = account.sources[mode]
        assert counts.places.sum() == (account.lists[mode] >= 0).sum()
        assert (counts.hits <= counts.bought).all()
        assert counts.bought.sum() <= getattr(relevant, mode).nnz
        for part, whole in vars(counts).items():
            assert sum(each[part] for each in counts.shares().values()) == pytest.approx(float(whole.sum() > 0))
        assert account.frame[metrics.CANDIDATES[mode]].dropna().between(0, 1).all()


def test_guests_of_a_region_see_what_sells_there(model: Recommender, dataset: Dataset) -> None:
    lists = guest_lists(model, model.bind(dataset.catalogue), [None, "north", None, "nowhere"])
    assert lists.shape == (4, metrics.K)
    np.testing.assert_array_equal(lists[0], lists[2])
    np.testing.assert_array_equal(lists[0], lists[3])
    assert (lists[0] == dataset.catalogue.popular[: metrics.K]).all()
    assert guest_lists(model, model.bind(dataset.catalogue), []).shape == (0, metrics.K)
