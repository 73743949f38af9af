"""One pipeline for files and requests: what holds of every list, whoever asks for whatever."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models.recommendation.bound_statistics import BoundStatistics
from models.recommendation.candidates import CandidateSource
from models.recommendation.dataset import Dataset
from models.recommendation.history import PurchaseHistories
from models.recommendation.model import Recommender
from models.recommendation.pipeline import Pipeline, RankedLists, RankingQuery
from models.recommendation.profiles import UserProfiles

CUSTOMERS = 24
PRODUCTS = 47
Run = Callable[[PurchaseHistories, np.ndarray, RankingQuery], RankedLists]

queries = st.fixed_dictionaries(
    {
        "k": st.sampled_from([1, 5, 10, 30, 100]),
        "mode": st.sampled_from(["all", "new"]),
        "basket": st.sets(st.integers(0, PRODUCTS - 1), max_size=3),
        "barred": st.sets(st.integers(0, PRODUCTS - 1), max_size=PRODUCTS),
        "personal": st.lists(st.booleans(), min_size=CUSTOMERS, max_size=CUSTOMERS),
        "region": st.sampled_from([None, "north", "nowhere"]),
    }
)
laws = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(scope="module")
def histories(dataset: Dataset) -> PurchaseHistories:
    assert len(dataset.catalogue) == PRODUCTS
    return dataset.histories.block(0, CUSTOMERS)


@pytest.fixture(scope="module")
def bound(model: Recommender, dataset: Dataset) -> BoundStatistics:
    return model.bind(dataset.catalogue)


@pytest.fixture(scope="module", params=["model", "frequency"])
def run(request: pytest.FixtureRequest, bound: BoundStatistics) -> Run:
    model: Recommender = request.getfixturevalue(request.param)
    return lambda histories, personal, query: model.rank(bound, UserProfiles(histories, bound.index), personal, query)


def query_of(asked: dict) -> RankingQuery:
    barred = np.zeros(PRODUCTS, dtype=bool)
    barred[[*asked["barred"], *asked["basket"]]] = True
    basket = np.array(sorted(asked["basket"]), dtype=np.int64)
    return RankingQuery(asked["k"], asked["mode"], barred, basket, asked["region"])


@laws
@given(queries)
def test_every_list_keeps_the_rules(run: Run, histories: PurchaseHistories, asked: dict) -> None:
    query = query_of(asked)
    lists = run(histories, np.array(asked["personal"]), query)
    for row in range(CUSTOMERS):
        own = lists.row == row
        bought = set(histories.product[histories.rows == row].tolist())
        products = lists.product[own].tolist()
        shown = set(np.flatnonzero(~query.barred).tolist()) - (bought if query.mode == "new" else set())
        assert len(set(products)) == len(products)
        assert set(products) <= shown
        assert len(products) == min(query.k, len(shown))
        assert lists.rank[own].tolist() == list(range(1, len(products) + 1))
        assert (np.diff(lists.score[own]) <= 0).all()


@laws
@given(queries)
def test_a_block_of_one_is_the_row_of_a_block(run: Run, histories: PurchaseHistories, asked: dict) -> None:
    query, personal = query_of(asked), np.array(asked["personal"])
    together = run(histories, personal, query)
    for row in (0, 9, CUSTOMERS - 1):
        own = together.row == row
        alone = run(histories.block(row, row + 1), personal[row : row + 1], query)
        assert alone.product.tolist() == together.product[own].tolist()
        assert alone.source.tolist() == together.source[own].tolist()
        np.testing.assert_allclose(alone.score, together.score[own], atol=1e-5)


@laws
@given(queries)
def test_who_allows_nothing_personal_gets_what_a_stranger_gets(
    run: Run, histories: PurchaseHistories, asked: dict
) -> None:
    query = query_of(asked | {"mode": "all"})
    refused = run(histories, np.zeros(CUSTOMERS, dtype=bool), query)
    stranger = run(PurchaseHistories.empty(), np.zeros(1, dtype=bool), query)
    for row in range(CUSTOMERS):
        own = refused.row == row
        assert refused.product[own].tolist() == stranger.product.tolist()
        assert refused.score[own].tolist() == stranger.score.tolist()
    assert set(stranger.source.tolist()) <= {CandidateSource.POPULAR, CandidateSource.BASKET}


def test_products_that_are_barred_make_room_for_the_next(run: Run, histories: PurchaseHistories) -> None:
    nothing, everybody = np.zeros(0, dtype=np.int64), np.ones(CUSTOMERS, dtype=bool)
    free = run(histories, everybody, RankingQuery(10, "all", np.zeros(PRODUCTS, dtype=bool), nothing))
    barred = np.zeros(PRODUCTS, dtype=bool)
    barred[free.product[free.rank == 1]] = True
    less = run(histories, everybody, RankingQuery(10, "all", barred, nothing))
    for row in range(CUSTOMERS):
        kept = [product for product in free.product[free.row == row] if not barred[product]]
        assert less.product[less.row == row].tolist()[: len(kept)] == kept


def test_all_barred_is_an_empty_list(model: Recommender, bound: BoundStatistics, histories: PurchaseHistories) -> None:
    query = RankingQuery(10, "all", np.ones(PRODUCTS, dtype=bool), np.zeros(0, dtype=np.int64))
    profiles = UserProfiles(histories, bound.index)
    lists = Pipeline(bound, model.ranker, model.limits, profiles, np.ones(CUSTOMERS, dtype=bool), query).run()
    assert not len(lists.row)
