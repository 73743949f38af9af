"""Rules between tables count the same rows on Spark as on the embedded engine."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta

import pandas as pd
import pytest

from core import spark_session
from core.workspace import Workspace
from feature_repo import engines
from monitoring.data_quality.assessment import assess
from monitoring.data_quality.consistency import CROSS_RULES
from monitoring.data_quality.look import ShopTable
from tests.support.every_table import shop_of_every_table
from tests.support.shop import FIRST_DAY, commit, frames
from tests.support.spark import need_spark, on_spark

pytestmark = [pytest.mark.long, pytest.mark.timeout(1800)]


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    """One in which every rule is broken, and not by all rows."""
    need_spark()
    workspace = shop_of_every_table(tmp_path_factory.mktemp("quality") / "shop")
    tables = frames(40, seed=3)
    orders, products = tables["orders"], tables["products"]
    first = orders.iloc[0]
    wrong = [
        first.to_dict() | {"order_id": "returned", "product_id": "never", "quantity": -1.0, "revenue": -2.0},
        first.to_dict() | {"customer_id": "stranger", "quantity": -1.0, "revenue": 2.0},
        first.to_dict() | {"quantity": -9.0, "revenue": -1e6},
    ]
    launched = [FIRST_DAY + timedelta(days=90)] * 5 + [None] * (len(products) - 5)
    weeks = {"starts_on": FIRST_DAY, "ends_on": FIRST_DAY + timedelta(days=7)}
    commit(
        workspace,
        {
            "orders": pd.concat([orders, pd.DataFrame(wrong)]),
            "products": products.assign(launched_on=launched),
            "promotions": pd.DataFrame(
                [{"product_id": products["product_id"][0], **weeks}, {"product_id": "unheard of", **weeks}]
            ),
            "campaigns": pd.DataFrame([{"campaign_id": "k1", "name": "spring", **weeks}]),
            "redemptions": pd.DataFrame(
                [
                    {"customer_id": "c001", "campaign_id": name, "redeemed_at": pd.Timestamp(FIRST_DAY)}
                    for name in ("k1", "k1", "k2")
                ]
            ),
        },
    )
    yield workspace
    spark_session.stop()


@pytest.fixture(scope="module")
def tables_of(shop: Workspace) -> Iterator[tuple[tuple[ShopTable, engines.ShopTables], ...]]:
    with ExitStack() as stack:
        yield tuple(stack.enter_context(engines.opened(each, keeps=False)) for each in (shop, on_spark(shop)))


@pytest.mark.parametrize("rule", CROSS_RULES, ids=lambda rule: f"{rule.table}: {rule.name}")
def test_a_rule_counts_the_same_on_both(tables_of, rule) -> None:
    here, there = (shop.frame(rule.counts(shop.table)).iloc[0].tolist() for shop in tables_of)
    assert here == there
    wrong, judged = here
    assert 0 < wrong < judged


def test_an_assessment_is_the_same_on_both(shop: Workspace) -> None:
    here, there = (assess(each).as_document() for each in (shop, on_spark(shop)))
    assert {**here, "at": ""} == {**there, "at": ""}
