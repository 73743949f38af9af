"""The metrics agree with a reader's own count."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from models.intervals import bootstrap
from models.recommendation.metrics import CATALOGUE, ITEMS, STATISTICS, Coverage, ranking

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
    from models.recommendation.evaluation import evaluate

    return evaluate(small_shop_readonly, model, dataset, relevant)
