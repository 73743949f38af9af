"""The prediction file."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from core.errors import UsageError
from core.workspace import Workspace
from feature_repo import facts, store
from models.recommendation import KIND, batch
from models.recommendation.model import Recommender
from tests.support.shop import FIRST_DAY, commit


@pytest.mark.parametrize("mode", ["all", "new"])
def test_everybody_has_ranks_without_gaps(small_shop_readonly, model, as_of, mode) -> None:
    file = KIND.predict_file(small_shop_readonly, model, as_of, "7", mode=mode, k=12)
    assert list(file.columns) == ["customer_id", "rank", "product_id", "score", "source", "model_version"]
    assert sorted(file.customer_id.unique()) == sorted(facts.buyers(small_shop_readonly, date.min, as_of))
    assert (file.groupby("customer_id")["rank"].apply(list).map(lambda ranks: ranks == list(range(1, 13)))).all()
    assert not file.duplicated(["customer_id", "product_id"]).any()
    assert file.notna().all().all()
    falling = file.groupby("customer_id").score.apply(lambda scores: scores.is_monotonic_decreasing)
    assert falling.all()


def test_without_consent_everybody_gets_the_same(small_shop: Workspace, model: Recommender, as_of) -> None:
    refused = pd.DataFrame(
        {"customer_id": ["c003"], "purpose": ["personalisation"], "granted": [False], "at": [pd.Timestamp(FIRST_DAY)]}
    )
    granted = [f"c{i:03d}" for i in range(160) if i != 3]
    rest = pd.DataFrame(
        {"customer_id": granted, "purpose": "personalisation", "granted": True, "at": pd.Timestamp(FIRST_DAY)}
    )
    commit(small_shop, {"consents": pd.concat([refused, rest])})
    file = KIND.predict_file(small_shop, model, as_of, "1")
    assert set(file[file.customer_id == "c003"].source) == {"popular"}
    assert set(file[file.customer_id == "c004"].source) != {"popular"}


def test_who_bought_nothing_that_counts_gets_what_sells_best(small_shop: Workspace, model: Recommender, as_of) -> None:
    line = {
        "customer_id": "only services", "order_id": "x", "product_id": "047", "quantity": 1.0, "revenue": 5.0,
        "ordered_at": pd.Timestamp(as_of - timedelta(days=5)), "discount": 0.0,
    }  # fmt: skip
    orders = pd.read_parquet(small_shop.tables.files("orders")[0])[list(line)]
    commit(small_shop, {"orders": pd.concat([orders, pd.DataFrame([line])])})
    file = KIND.predict_file(small_shop, model, as_of, "1")
    assert set(file[file.customer_id == "only services"].source) == {"popular"}


@pytest.mark.parametrize("options", [{"mode": "newest"}, {"k": 0}, {"k": 1001}, {"k": "ten"}])
def test_an_impossible_option_is_refused(small_shop_readonly, model, as_of, options) -> None:
    with pytest.raises(UsageError):
        KIND.predict_file(small_shop_readonly, model, as_of, "1", **options)


@pytest.mark.parametrize("mode", ["all", "new"])
def test_what_can_not_be_had_is_in_no_file_and_judges_no_model(small_shop, model, dataset, as_of, mode) -> None:
    gone = dataset.catalogue.ids[dataset.catalogue.popular[:12]].tolist()
    before = KIND.evaluate(small_shop, model, as_of)
    products = pd.concat([pd.read_parquet(path) for path in small_shop.tables.files("products")])
    commit(small_shop, {"products": products.assign(available=~products.product_id.isin(gone))})
    file = KIND.predict_file(small_shop, model, as_of, "1", mode=mode, k=10)
    assert not set(file.product_id) & set(gone)
    assert (file.groupby("customer_id").size() == 10).all()
    pd.testing.assert_frame_equal(KIND.evaluate(small_shop, model, as_of), before)


def test_the_parts_of_a_file_are_the_file(small_shop: Workspace, model: Recommender, as_of, monkeypatch) -> None:
    whole = KIND.predict_file(small_shop, model, as_of, "7", k=3)
    monkeypatch.setattr(batch, "AT_ONCE", 50)
    parts = list(KIND.predict_parts(small_shop, model, as_of, "7", k=3))
    assert len(parts) > 2
    pd.testing.assert_frame_equal(pd.concat(parts, ignore_index=True), whole)


def test_customers_without_a_history_stand_among_the_others_of_a_part(
    small_shop: Workspace, as_of, monkeypatch
) -> None:
    monkeypatch.setattr(batch, "AT_ONCE", 50)
    monkeypatch.setattr(
        facts,
        "buyers",
        lambda *_: {
            "",
            "c0",
            "zz",
            *store.entities(small_shop, batch.SERVICE, as_of, key="customer_id")["customer_id"],
        },
    )
    seen = []
    for part, others in batch._parts(small_shop, as_of):
        seen += sorted([*part.histories.customers, *others])
    assert seen == sorted(seen)
    assert {"", "c0", "zz"} <= set(seen)


def test_who_bought_nothing_that_can_be_recommended_is_listed_as_who_bought_nothing(
    small_shop_readonly: Workspace, model: Recommender, dataset
) -> None:
    histories = dataset.histories
    rare = replace(histories, product=np.where(histories.rows == 0, -1, histories.product))
    found = batch.lists(
        small_shop_readonly, model, replace(dataset, histories=rare), "all", 5, others=["nobody"]
    ).set_index("customer_id")
    own, nobody = (found.loc[customer, ["product_id", "score", "source"]] for customer in (rare.customers[0], "nobody"))
    assert own.to_numpy().tolist() == nobody.to_numpy().tolist()
