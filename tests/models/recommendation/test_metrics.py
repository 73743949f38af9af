"""The metrics agree with a reader's own count."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import ndcg_score

from models.intervals import bootstrap
from models.recommendation.evaluation import accuracy, evaluate
from models.recommendation.metrics import CATALOGUE, ITEMS, STATISTICS, Coverage, ndcg, ranking

PRODUCTS = 15
_LISTS = st.permutations(range(PRODUCTS)).flatmap(
    lambda order: st.integers(0, 10).map(lambda n: [*order[:n], *[-1] * (10 - n)])
)


@settings(max_examples=60, deadline=None)
@given(_LISTS, st.sets(st.integers(0, PRODUCTS - 1)))
def test_ranking_metrics_follow_their_definitions(top: list[int], bought: set[int]) -> None:
    relevant = np.zeros((1, PRODUCTS))
    relevant[0, list(bought)] = 1
    found = {name: values[0] for name, values in ranking(np.array([top]), sp.csr_matrix(relevant)).items()}
    if not bought:
        assert all(math.isnan(value) for value in found.values())
        return
    hits = [1 if product in bought else 0 for product in top]
    n = min(len(bought), 10)
    ideal = sum(1 / math.log2(i + 2) for i in range(n))
    precision = [sum(hits[: i + 1]) / (i + 1) for i in range(10)]
    assert found["ndcg@10"] == pytest.approx(sum(h / math.log2(i + 2) for i, h in enumerate(hits)) / ideal)
    assert found["recall@10"] == pytest.approx(sum(hits) / n)
    assert found["map@10"] == pytest.approx(sum(h * p for h, p in zip(hits, precision, strict=True)) / n)
    assert found["hit_rate@10"] == float(any(hits))


@settings(max_examples=30, deadline=None)
@given(st.permutations(range(PRODUCTS)), st.sets(st.integers(0, PRODUCTS - 1), min_size=1))
def test_ndcg_is_that_of_scikit_learn(order: list[int], bought: set[int]) -> None:
    truth, scores = np.zeros((1, PRODUCTS)), np.zeros((1, PRODUCTS))
    truth[0, list(bought)] = 1
    scores[0, order] = np.arange(PRODUCTS, 0, -1)
    found = ndcg(truth[:, order[:10]], np.array([len(bought)]))
    assert found[0] == pytest.approx(ndcg_score(truth, scores, k=10))


def test_a_customer_without_a_list_scores_zero_and_one_without_a_purchase_does_not_count(dataset, relevant) -> None:
    lists = pd.DataFrame({"customer_id": ["nobody"], "rank": [1], "product_id": [dataset.catalogue.ids[0]]})
    found = accuracy(lists, dataset, relevant.all)["ndcg@10"]
    bought = np.diff(relevant.all.indptr) > 0
    assert found.isna().tolist() == (~bought).tolist()
    assert set(found.dropna()) == {0.0}


def test_coverage_counts_each_shown_product_once() -> None:
    frame = pd.DataFrame({ITEMS: [(0, 1), (1, 2), (2,)], CATALOGUE: 12.0})
    assert Coverage()(frame) == pytest.approx(3 / 12)


def test_the_interval_of_coverage_holds_its_value() -> None:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({ITEMS: [tuple(rng.integers(0, 400, 10)) for _ in range(80)], CATALOGUE: 500.0})
    interval = bootstrap(frame, Coverage(), n=300)
    assert interval.low < interval.value < interval.high


def test_every_statistic_is_a_number_for_a_model(evaluation: pd.DataFrame) -> None:
    for name, statistic in STATISTICS.items():
        assert math.isfinite(statistic(evaluation)), name


@pytest.fixture
def evaluation(small_shop_readonly, model, dataset, relevant) -> pd.DataFrame:
    return evaluate(small_shop_readonly, model, dataset, relevant)
