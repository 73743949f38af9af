"""Orders as baskets: of everybody, guests as well."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pandas as pd
import pytest

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
