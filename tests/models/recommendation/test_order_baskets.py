"""Orders as baskets: of everybody, guests as well."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp

from core.workspace import Workspace
from feature_repo import facts
from models.recommendation.dataset import Dataset
from models.recommendation.order_baskets import OrderBaskets
from tests.support.shop import FIRST_DAY, commit, frames


def test_an_order_is_a_basket_of_its_customer_and_every_guest_is_another(small_shop: Workspace) -> None:
    orders = frames()["orders"]
    guest = orders.index[orders["order_id"].isin(orders["order_id"].unique()[:40])]
    orders.loc[guest, "customer_id"] = None
    commit(small_shop, {"orders": orders})
    dataset = Dataset.load(small_shop, FIRST_DAY + timedelta(days=100))
    found = OrderBaskets.load(small_shop, dataset)
    counts = orders[
        (orders["ordered_at"] < pd.Timestamp(dataset.as_of))
        & (orders["quantity"] > 0)
        & orders["product_id"].isin(dataset.catalogue.ids)
    ]
    pairs = counts[["order_id", "product_id"]].drop_duplicates()
    assert found.products.sum() == len(pairs)
    assert found.products.max() == 1
    products = pairs.groupby("product_id").size().reindex(dataset.catalogue.ids)
    assert np.asarray(found.products.sum(axis=0)).ravel().tolist() == products.tolist()
    customers = counts.drop_duplicates("order_id")["customer_id"]
    assert len(np.unique(found.customer)) == customers.nunique() + customers.isna().sum()
    assert set(found.bought_at.astype("datetime64[h]").astype(int) % 24) <= set(range(8, 22))


def test_of_too_many_baskets_customers_are_drawn_with_all_of_theirs() -> None:
    rng = np.random.default_rng(3)
    customer = np.sort(rng.integers(0, 500, 4_000))
    products = sp.csr_matrix((rng.random((4_000, 20)) < 0.2).astype(np.float32))
    moments = np.datetime64("2024-05-01") + np.arange(4_000).astype("timedelta64[h]")
    baskets = OrderBaskets(products, customer, moments)
    assert baskets.of_some_customers(4_000, seed=1) is baskets
    drawn = baskets.of_some_customers(1_000, seed=1)
    assert 700 < len(drawn.customer) < 1_300
    whole = np.isin(customer, drawn.customer)
    assert customer[whole].tolist() == drawn.customer.tolist()
    assert (products[whole] != drawn.products).nnz == 0
    assert moments[whole].tolist() == drawn.bought_at.tolist()
    assert drawn.customer.tolist() == baskets.of_some_customers(1_000, seed=1).customer.tolist()
    assert set(drawn.customer) != set(baskets.of_some_customers(1_000, seed=2).customer)


def test_of_many_lines_the_baskets_are_the_same(small_shop: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    """A line told twice is one product of its basket."""
    orders = frames()["orders"]
    commit(small_shop, {"orders": pd.concat([orders, orders.iloc[:50]], ignore_index=True)})
    dataset = Dataset.load(small_shop, FIRST_DAY + timedelta(days=100))
    kept = OrderBaskets.load(small_shop, dataset)
    monkeypatch.setattr(facts, "SHARED_LINES", 0)
    found = OrderBaskets.load(small_shop, dataset)
    assert (found.products != kept.products).nnz == 0
    assert found.products.max() == 1
    assert found.customer.tolist() == kept.customer.tolist()
    assert found.bought_at.tolist() == kept.bought_at.tolist()
