"""The peers on a shop whose tastes are known: they find what a customer buys again, and what goes with it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from core.errors import NotReady, UsageError
from models.arrays import Int64Array
from models.recommendation.rankers import MODES
from pipelines.bench.contests import naming
from pipelines.bench.recommendation import list_peers, recommendation_bench
from pipelines.bench.recommendation.list_task import ListTask
from pipelines.bench.recommendation.scored_lists import best

AS_OF = date(2024, 6, 1)
CUSTOMERS, PRODUCTS, TASTES = 60, 40, 4
LIBRARY = pytest.mark.long
HERE = ["tifu_knn", "ease"]


def task() -> ListTask:
    """Customers of four tastes, each with ten products of its own, of which they buy three a week; ten weeks."""
    rng = np.random.default_rng(5)
    rows = []
    for customer in range(CUSTOMERS):
        for week in range(10):
            for product in rng.choice(PRODUCTS // TASTES, 3, replace=False):
                rows.append((customer, customer % TASTES * 10 + product, customer * 10 + week, 70 - 7 * week))
    rows.sort(key=lambda row: -row[3])
    customer, product, order, back = np.array(rows, dtype=np.int64).T
    return ListTask(AS_OF, CUSTOMERS, PRODUCTS, customer, product, order, back, 14, 1, 1)


def everybody() -> Int64Array:
    return np.arange(CUSTOMERS, dtype=np.int64)


@pytest.mark.parametrize("name", [*HERE, *(pytest.param(n, marks=LIBRARY) for n in list_peers.PEERS if n not in HERE)])
def test_a_peer_recommends_what_is_to_the_customers_taste(name: str) -> None:
    shop = task()
    top = best(shop, list_peers.PEERS[name](shop)["all"], "all", everybody())
    own = top[:, :5] // 10 == np.arange(CUSTOMERS)[:, None] % TASTES
    assert own.mean() > 0.9


@pytest.mark.parametrize("name", HERE)
def test_in_mode_new_no_list_has_what_was_bought_before(name: str) -> None:
    shop = task()
    top = best(shop, list_peers.PEERS[name](shop)["new"], "new", everybody())
    owned = shop.owned.toarray() > 0
    assert not any(owned[row, code] for row in range(CUSTOMERS) for code in top[row] if code >= 0)
    assert (top >= 0).any()


def test_customers_that_nobody_asked_for_have_no_list() -> None:
    shop = task()
    scores = list_peers.PEERS["ease"](shop)["all"]
    asked = np.array([3, 7], dtype=np.int64)
    assert set(np.flatnonzero((best(shop, scores, "all", asked) >= 0).any(1))) == {3, 7}


def test_an_earlier_task_knows_nothing_of_what_came() -> None:
    shop = task()
    before, came = shop.earlier()
    assert (AS_OF - before.as_of).days == shop.horizon_days
    assert before.back.min() > 0
    assert len(before.back) + int((shop.back <= shop.horizon_days).sum()) == len(shop.back)
    assert came.sum() == len({*zip(shop.customer[shop.back <= 14], shop.product[shop.back <= 14], strict=True)})


def test_first_buyers_are_counted_once_and_on_their_first_day() -> None:
    shop = replace(
        task(),
        customers=1,
        products=2,
        customer=np.array([0, 0, 0]),
        product=np.array([1, 1, 0]),
        order=np.array([0, 1, 1]),
        back=np.array([30, 10, 10]),
    )
    assert shop.sales(10.0, first_buyers=True).tolist() == pytest.approx([0.5, 0.125])
    assert shop.sales(10.0).tolist() == pytest.approx([0.5, 0.625])


def test_both_modes_are_answered_by_every_peer() -> None:
    shop = task()
    for name in HERE:
        assert set(list_peers.PEERS[name](shop)) == set(MODES)


def test_a_library_that_is_not_there_is_said_before_anything_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(naming, "find_spec", lambda name: None)
    list_peers.require(["popularity", "ease"])
    with pytest.raises(NotReady, match="regulars\\[bench\\]"):
        list_peers.require(["als"])


def test_a_peer_that_is_not_there_is_named_with_the_nearest() -> None:
    with pytest.raises(UsageError, match="tifu_knn"):
        recommendation_bench.peers_named(["tifu_kn"])
