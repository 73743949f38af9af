"""What the service and the files get of a recommender."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from core.errors import UsageError
from core.workspace import Workspace
from feature_repo import partitions
from models.recommendation import KIND, batch, golden
from models.recommendation.dataset import Dataset
from models.recommendation.history import COLUMNS, ENTRIES
from models.recommendation.item_statistics import ItemStatistics
from models.recommendation.model import Recommender
from tests.models.recommendation.merchandising.test_lists import rule_set


@pytest.fixture(scope="module")
def histories(small_shop_readonly: Workspace, dataset: Dataset) -> pd.DataFrame:
    path = partitions.partition(small_shop_readonly, "customer_history", dataset.as_of)
    return pd.read_parquet(path, partitioning=None).set_index("customer_id")


@pytest.fixture
def history(histories: pd.DataFrame) -> Callable[[str], dict[str, Any]]:
    return lambda customer: {name: histories.loc[customer, name] for name in COLUMNS}


@pytest.fixture(params=["model", "frequency"])
def recommender(request: pytest.FixtureRequest) -> Recommender:
    found: Recommender = request.getfixturevalue(request.param)
    return found


def ids(items: list[Any]) -> list[str]:
    return [item.product_id for item in items]


@pytest.mark.parametrize("mode", ["all", "new"])
def test_the_service_answers_what_the_file_says(small_shop_readonly, recommender, dataset, history, mode) -> None:
    lists = batch.lists(small_shop_readonly, recommender, dataset, mode, 10)
    for customer in dataset.histories.customers[:8]:
        filed = lists[lists.customer_id == customer].sort_values("rank")
        answered = recommender.recommend(history(customer), None, k=10, mode=mode)
        assert ids(answered) == filed.product_id.tolist()
        np.testing.assert_allclose([item.score for item in answered], filed.score, atol=1e-4)
        assert [item.source for item in answered] == filed.source.tolist()


def test_a_short_list_counts_each_missing_product_under_one_reason(recommender, history, dataset) -> None:
    customer, size = dataset.histories.customers[0], len(dataset.catalogue)
    rules = rule_set(dataset, "no: {kind: excluded, brands: [own]}", "again: {kind: not_again, days: 3000}")
    gone = [str(each) for each in dataset.catalogue.ids[:5]]
    for row, mode in itertools.product([history(customer), None], ["all", "new"]):
        found = recommender.recommendation(row, k=1000, mode=mode, exclude=gone, rules=rules)
        counts = [int(each) for each in re.findall(r"(\d+) (?:excluded|kept|bought)", found.shortfall)]
        assert size - sum(counts) == len(found.items) < size
        assert found.shortfall.startswith(f"there are {size} products that may be recommended; not shown: 5 excluded")
        assert ("too lately" in found.shortfall) == (row is not None)
    assert recommender.recommendation(None, k=1000).shortfall == f"there are {size} products that may be recommended"


def test_a_pin_of_a_product_that_cant_be_recommended_is_not_kept(model, history, dataset) -> None:
    rules = rule_set(dataset, "new: {kind: pinned, products: ['not yet sold'], place: 4}")
    customer = history(dataset.histories.customers[0])
    assert model.recommendation(customer, k=10, rules=rules).unmet == ("new",)
    assert model.recommendation(customer, k=3, rules=rules).unmet == ()


def test_new_lists_hold_nothing_that_was_bought(recommender, history, dataset) -> None:
    for customer in dataset.histories.customers[:20]:
        row = history(customer)
        assert not set(ids(recommender.recommend(row, k=30, mode="new"))) & set(row["product_ids"])


def test_what_is_excluded_or_in_the_basket_is_not_recommended(recommender, history, dataset) -> None:
    row = history(dataset.histories.customers[0])
    first, second, *_ = ids(recommender.recommend(row))
    again = ids(recommender.recommend(row, exclude=[first, "unknown"], basket=[second]))
    assert first not in again
    assert second not in again
    assert len(again) == 10


def test_k_reaches_beyond_the_candidates_down_to_the_whole_catalogue(recommender, history, dataset) -> None:
    row = history(dataset.histories.customers[0])
    items = recommender.recommend(row, k=1000)
    assert sorted(ids(items)) == sorted(recommender.products)
    assert all(a.score >= b.score for a, b in itertools.pairwise(items))


def test_a_guest_gets_what_sells_best_there(model: Recommender, known: ItemStatistics) -> None:
    best = [str(each) for each in known.catalogue.ids[known.catalogue.popular[:5]]]
    assert ids(model.recommend(None, k=5)) == best
    assert {item.source for item in model.recommend(None, k=5)} == {"popular"}
    north = model.recommend(None, k=5, region="north")
    sales = known.regions[known.regions.region == "north"].set_index("product_id").orders
    assert sales[north[0].product_id] == sales.max()
    assert "north" in north[0].reason
    assert ids(model.recommend(None, k=5, region="nowhere")) == best


def test_a_basket_brings_what_shares_baskets_with_it(model: Recommender, known: ItemStatistics) -> None:
    together = known.cooccurrence
    product = str(together.source[0])
    first = model.recommend(None, k=3, basket=[product])[0]
    assert first.source == "basket"
    assert first.product_id == model.bought_together(product, 1)[0][0]


def test_a_basket_moves_its_companions_up_for_a_known_customer(model, history, dataset, known) -> None:
    row, basket = history(dataset.histories.customers[1]), str(known.cooccurrence.source[0])
    companion = model.bought_together(basket, 1)[0][0]
    without, with_it = (ids(model.recommend(row, k=1000, basket=b)) for b in ([], [basket]))
    assert with_it.index(companion) <= without.index(companion)


def test_a_customer_of_whom_nothing_was_bought_is_a_guest(model: Recommender, history, dataset) -> None:
    nothing = dict.fromkeys(COLUMNS)
    assert ids(model.recommend(nothing, k=5)) == ids(model.recommend(None, k=5))


def test_a_purchase_changes_the_next_recommendation(model: Recommender, history, dataset) -> None:
    from feature_repo import catalog, updates
    from feature_repo.purchases import Purchase

    row = history(dataset.histories.customers[2])
    product = ids(model.recommend(row, k=1, mode="new"))[0]
    after = updates.apply_purchases(catalog.view("customer_history"), row, [Purchase(1, product)])
    assert product not in ids(model.recommend(after, k=30, mode="new"))


def test_products_read_anew_are_used_until_others_come(model: Recommender, history, dataset) -> None:
    frame = dataset.catalogue.frame()
    columns = {name: frame[name].tolist() for name in frame.columns}
    row = history(dataset.histories.customers[0])
    assert ids(model.recommend(row, columns)) == ids(model.recommend(row))
    fewer = {name: values[10:] for name, values in columns.items()}
    assert not set(ids(model.recommend(row, fewer, k=100))) & set(columns["product_id"][:10])
    assert ids(model.recommend(row, {})) == ids(model.recommend(row))


def test_similar_products_are_the_strongest_neighbours(model: Recommender, known: ItemStatistics) -> None:
    product = str(known.neighbours.source[0])
    found = model.similar(product, 3)
    assert found[0] == (str(known.neighbours.target[0]), pytest.approx(float(known.neighbours.weight[0])))
    assert [score for _, score in found] == sorted((score for _, score in found), reverse=True)
    assert model.similar("unknown", 3) == []
    assert model.bought_together("unknown", 3) == []


def test_every_item_says_why_in_words(model: Recommender, history, dataset) -> None:
    for customer in dataset.histories.customers[:5]:
        for item in model.recommend(history(customer), k=48):
            assert len(item.reason) > 10
            assert item.source in {"history", "together", "trending", "discovered", "category", "popular"}


def test_a_saved_model_answers_the_same_and_names_no_customer(model, dataset, history, tmp_path) -> None:
    model.save(tmp_path / "m")
    again = Recommender.load(tmp_path / "m")
    row = history(dataset.histories.customers[0])
    assert again.recommend(row) == model.recommend(row)
    assert again.trained_as_of == dataset.as_of
    assert golden.replay(again) == []
    assert {path.suffix for path in (tmp_path / "m").iterdir()} <= {".json", ".parquet", ".ubj"}
    content = b"".join(path.read_bytes() for path in (tmp_path / "m").iterdir())
    assert b"c001" not in content


def test_golden_answers_notice_another_model(model: Recommender, frequency: Recommender, tmp_path) -> None:
    model.save(tmp_path / "m")
    other = Recommender(model.item_statistics, frequency.ranker, model.limits)
    other.golden = model.golden
    assert any("golden customer 0" in text for text in golden.replay(other))


PACKED = ("product_ids", *ENTRIES)
FORMS: dict[str, Callable[[Any], Any]] = {"array": np.asarray, "list": list, "json": lambda v: json.dumps(list(v))}


@pytest.mark.parametrize("form", FORMS)
def test_a_plain_frame_is_answered_whatever_form_its_lists_have(model: Recommender, histories, form: str) -> None:
    frame = histories.iloc[:3].reset_index()[list(COLUMNS)]
    for name in PACKED:
        frame[name] = frame[name].map(FORMS[form])
    answers = KIND.answer(model, frame)
    for (_, row), customer in zip(answers.iterrows(), histories.index, strict=False):
        items = model.recommend({name: histories.loc[customer, name] for name in COLUMNS}, k=10)
        assert row.product_ids == [item.product_id for item in items]


def test_a_row_without_a_history_is_answered_with_what_sells_best(model: Recommender, histories) -> None:
    frame = histories.iloc[:2].reset_index()[list(COLUMNS)].astype(object)
    frame.loc[0, list(COLUMNS)] = None
    frame.at[1, "product_ids"] = []
    best = ids(model.recommend(None, k=10))
    assert KIND.answer(model, frame).product_ids.tolist() == [best, best]


@pytest.mark.parametrize("value", ["[1, 2", "plain", 7, '"text"'])
def test_a_packed_value_that_is_no_list_is_refused_by_its_name(model: Recommender, histories, value: Any) -> None:
    frame = histories.iloc[:1].reset_index()[list(COLUMNS)].astype(object)
    frame.at[0, "units"] = value
    with pytest.raises(UsageError, match="units"):
        KIND.answer(model, frame)


def test_a_missing_column_is_refused_by_its_name(model: Recommender, histories) -> None:
    with pytest.raises(UsageError, match="weight_60d"):
        KIND.answer(model, histories.reset_index()[list(COLUMNS)].drop(columns="weight_60d"))
