"""Of more customers than are looked at, some are drawn by chance, and what is said of them is as of everybody's."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest

from core.workspace import Workspace
from models.recommendation import batch, customer_bounds, evaluation
from models.recommendation import dataset as datasets
from models.recommendation.dataset import Dataset
from models.recommendation.history import ENTRIES
from models.recommendation.labels import Relevance
from models.recommendation.model import Recommender

FEW = 40


@pytest.fixture(scope="module")
def some(small_shop_readonly: Workspace, as_of: date) -> Dataset:
    return Dataset.load(small_shop_readonly, as_of, FEW)


def test_everybody_is_drawn_of_no_more_than_the_bound() -> None:
    assert customer_bounds.drawn(7, 7, 0, date(2024, 1, 1)).tolist() == list(range(7))


def test_a_draw_is_the_same_again_and_another_with_another_seed() -> None:
    one, again, other = (customer_bounds.drawn(1000, 30, seed, date(2024, 1, 1)).tolist() for seed in (1, 1, 2))
    assert one == again != other
    assert len(set(one)) == 30
    assert one == sorted(one)


def test_some_customers_have_the_history_they_have_among_all(dataset: Dataset, some: Dataset) -> None:
    assert len(some.histories) == FEW
    assert some.customers == dataset.customers == len(dataset.histories)
    assert sorted([*some.histories.customers, *some.not_drawn]) == sorted(dataset.histories.customers)
    rows = pd.Index(dataset.histories.customers).get_indexer(some.histories.customers)
    same = dataset.histories.of_customers(rows)
    assert (same.product == some.histories.product).all()
    for name in ENTRIES:
        np.testing.assert_array_equal(same.entries[name], some.histories.entries[name])


def test_a_dataset_is_cut_down_as_it_is_loaded(dataset: Dataset) -> None:
    cut = dataset.drawn(FEW, 0)
    assert len(cut.histories) == FEW
    assert sorted([*cut.histories.customers, *cut.not_drawn]) == sorted(dataset.histories.customers)
    assert dataset.drawn(len(dataset.histories), 0) is dataset


def test_rows_read_in_parts_are_the_same_dataset(
    monkeypatch: pytest.MonkeyPatch, small_shop_readonly: Workspace, dataset: Dataset
) -> None:
    monkeypatch.setattr(datasets, "AT_ONCE", 33)
    parts = Dataset.load(small_shop_readonly, dataset.as_of)
    assert (parts.histories.customers == dataset.histories.customers).all()
    assert (parts.histories.start == dataset.histories.start).all()
    assert (parts.histories.product == dataset.histories.product).all()
    assert not len(parts.not_drawn)


def test_what_some_bought_later_is_what_they_bought_among_all(
    small_shop_readonly: Workspace, dataset: Dataset, relevant: Relevance, some: Dataset
) -> None:
    rows = pd.Index(dataset.histories.customers).get_indexer(some.histories.customers)
    own = Relevance.load(small_shop_readonly, some)
    assert (own.all != relevant.all[rows]).nnz == 0
    assert (own.new != relevant.new[rows]).nnz == 0


def test_some_are_judged_as_they_are_among_all(
    small_shop_readonly: Workspace, model: Recommender, dataset: Dataset, relevant: Relevance, some: Dataset
) -> None:
    everybody = evaluation.evaluate(small_shop_readonly, model, dataset, relevant)
    few = evaluation.evaluate(small_shop_readonly, model, some, Relevance.load(small_shop_readonly, some))
    assert 0 < len(few) < len(everybody)
    names = ["ndcg@10", "ndcg@10_new", "novelty", "diversity"]
    pd.testing.assert_frame_equal(few[names], everybody.loc[few.index, names])


def test_who_is_not_drawn_is_no_stranger(small_shop_readonly: Workspace, dataset: Dataset, some: Dataset) -> None:
    assert batch.strangers(small_shop_readonly, some) == batch.strangers(small_shop_readonly, dataset)
    assert some.has_history(pd.Series(dataset.histories.customers)).all()
    assert not some.has_history(pd.Series(["nobody"])).any()
