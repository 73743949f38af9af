"""Packed histories and product features equal plain SQL, and a purchase folds in as a snapshot would have it."""

from __future__ import annotations

from datetime import date, timedelta

import duckdb
import numpy as np
import pandas as pd
import pytest

from core.workspace import Workspace
from feature_repo import catalog, updates
from feature_repo.families import customer_history
from feature_repo.purchases import Purchase
from tests.feature_repo.shops import features_of, open_shop
from tests.support.shop import FIRST_DAY, frames

D = FIRST_DAY + timedelta(days=150)
COUNTED = """
    with counted as (
        select o.*, p.category, date_diff('day', o.day, date '{day}') as age
        from orders o join products p using (product_id)
        where o.quantity > 0 and p.department <> 'SERVICES' and o.day < date '{day}'
    ), bought as (
        select customer_id, product_id, age, sum(quantity) as units from counted
        where customer_id is not null group by all
    )
"""


def sql(workspace: Workspace, query: str, day: date = D) -> pd.DataFrame:
    with duckdb.connect() as connection:
        workspace.tables.register(connection)
        return connection.execute(COUNTED.format(day=day) + query).df()


def test_packed_histories_equal_sql(small_shop_readonly: Workspace) -> None:
    expected = sql(
        small_shop_readonly,
        """select customer_id, product_id as product_ids, count(*) as purchases,
            count(*) filter (age <= 28) as purchases_28d, count(*) filter (age <= 84) as purchases_84d,
            sum(pow(0.5, age / 30.0)) as weight_30d, sum(pow(0.5, age / 60.0)) as weight_60d,
            sum(pow(0.5, age / 120.0)) as weight_120d, min(age) as last_days, max(age) as first_days,
            sum(units) as units from bought group by all order by customer_id, product_id""",
    )
    names = list(expected.columns[1:])
    ours = features_of(small_shop_readonly, "customer_history", D)[names].explode(names)
    assert ours.index.tolist() == expected.customer_id.tolist()
    assert ours.product_ids.tolist() == expected.product_ids.tolist()
    for name in names[1:]:
        np.testing.assert_allclose(ours[name].astype(float), expected[name], atol=2e-6, err_msg=name)


def test_product_features_equal_sql(small_shop_readonly: Workspace) -> None:
    expected = sql(
        small_shop_readonly,
        """, orders_of as (select product_id, customer_id, order_id, max(age) as age from counted group by all),
        pairs as (select product_id, customer_id, count(*) as days, max(age) as oldest, min(age) as newest
                  from bought group by all)
        select product_id, (select count(*) from orders_of o where o.product_id = c.product_id) as order_count,
            (select count(*) from orders_of o where o.product_id = c.product_id and age <= 28) as sales_28,
            (select count(*) from pairs b where b.product_id = c.product_id) as buyers,
            (select count(*) from pairs b where b.product_id = c.product_id and oldest <= 84) as first_84,
            (select avg((days > 1)::int) from pairs b where b.product_id = c.product_id) as repeat_share,
            (select median((oldest - newest) / (days - 1)) from pairs b
             where b.product_id = c.product_id and days > 1) as repurchase_days,
            sum(revenue) / sum(quantity) as price, avg((discount > 0)::int) as discounts
        from counted c group by product_id having order_count >= 3 order by product_id""",
    ).set_index("product_id")
    ours = features_of(small_shop_readonly, "product_features", D).sort_index()
    assert ours.index.tolist() == expected.index.tolist()
    for name in ("order_count", "buyers", "repeat_share", "repurchase_days", "price"):
        np.testing.assert_allclose(ours[name].astype(float), expected[name], atol=2e-6, err_msg=name)
    np.testing.assert_allclose(ours.sales.str[1], expected.sales_28)
    np.testing.assert_allclose(ours.first_buyers.str[2], expected.first_84)
    np.testing.assert_allclose(ours.discount_share.str[1], expected.discounts, atol=2e-6)


def test_promotions_count_the_days_ahead_and_behind() -> None:
    tables = frames(customers=40, days=200)
    product = "003"
    starts = [D - timedelta(days=40), D - timedelta(days=5), D + timedelta(days=20)]
    tables["promotions"] = pd.DataFrame(
        {
            "product_id": product,
            "starts_on": starts,
            "ends_on": [starts[0] + timedelta(days=14), starts[1] + timedelta(days=6), D + timedelta(days=60)],
            "kind": ["display", "mailer", "display"],
        }
    )
    found = features_of(open_shop(tables), "product_features", D).loc[product, "promoted"]
    # display ahead: days 20..27; mailer ahead: days 0, 1; display behind: the last 3 days of the first; mailer: 5
    np.testing.assert_allclose(found, [8 / 28, 2 / 28, 3 / 28, 5 / 28], atol=1e-6)


@pytest.mark.parametrize("customer", ["c005", "c017", "c031", "somebody new"])
@pytest.mark.parametrize("age", [1, 3])
def test_a_purchase_folds_in_as_a_snapshot_with_it(customer: str, age: int) -> None:
    tables = frames(customers=40, days=150)
    view = catalog.view("customer_history")
    orders = tables["orders"]
    # No visit on that day or later: what such a day held is not in the features.
    earlier = orders["ordered_at"] < pd.Timestamp(D) - pd.Timedelta(days=age)
    tables["orders"] = orders[(orders["customer_id"] != customer) | earlier]
    before = features_of(open_shop(tables), view.name, D)
    row = before.loc[customer].to_dict() if customer in before.index else updates.nobody(view, lambda table: True)
    line = {
        "customer_id": customer, "order_id": "fresh", "product_id": "003", "quantity": 2.0, "revenue": 9.0,
        "discount": 0.0, "ordered_at": pd.Timestamp(D) - pd.Timedelta(days=age) + pd.Timedelta(hours=12),
    }  # fmt: skip
    tables["orders"] = pd.concat([tables["orders"], pd.DataFrame([line])], ignore_index=True)
    expected = features_of(open_shop(tables), view.name, D).loc[customer]
    after = updates.apply_purchases(view, row, [Purchase(age, "003", 2.0, 9.0)])
    assert list(after["product_ids"]) == list(expected["product_ids"])
    for feature in customer_history.FEATURES:
        if feature.name != "product_ids":
            np.testing.assert_allclose(
                np.asarray(after[feature.name], dtype=float),
                np.asarray(expected[feature.name], dtype=float),
                atol=3e-6,
                err_msg=feature.name,
            )
