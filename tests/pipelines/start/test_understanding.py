"""What a shop's owner is shown is what stands in the tables."""

from __future__ import annotations

import pandas as pd
import pytest

from core.workspace import Workspace
from pipelines.start.understanding import understand
from tests.support import shop


def test_the_figures_are_those_of_the_rows(small_shop_readonly: Workspace) -> None:
    orders = shop.frames()["orders"]
    found = understand(small_shop_readonly)
    assert (found.lines, found.orders) == (len(orders), orders["order_id"].nunique())
    assert (found.customers, found.products) == (orders["customer_id"].nunique(), orders["product_id"].nunique())
    assert found.of_guests == pytest.approx(orders["customer_id"].isna().mean())
    assert (found.timezone, found.base_currency) == (shop.ZONE, small_shop_readonly.tables.manifest.base_currency)


def test_the_months_add_up_and_are_cut_in_the_shops_zone(small_shop_readonly: Workspace) -> None:
    orders = shop.frames()["orders"]
    local = orders["ordered_at"].dt.tz_localize("UTC").dt.tz_convert(shop.ZONE)
    by_month = orders["revenue"].groupby(local.dt.strftime("%Y-%m")).sum()
    found = {month.month: month.revenue for month in understand(small_shop_readonly).months}
    assert found == pytest.approx(by_month.to_dict())


def test_refunds_are_told_as_what_was_given_back(small_shop: Workspace) -> None:
    orders = shop.frames()["orders"].head(4).assign(quantity=[1.0, 1.0, -1.0, 1.0], revenue=[5.0, 7.0, -3.0, 2.0])
    orders["ordered_at"] = pd.Timestamp("2024-05-05 12:00")
    shop.commit(small_shop, {"orders": orders})
    [month] = understand(small_shop).months
    assert (month.revenue, month.refunds) == (11.0, 3.0)


def test_what_was_not_brought_is_named_with_what_it_would_switch_on(small_shop_readonly: Workspace) -> None:
    missing = {each.table: each.switches_on for each in understand(small_shop_readonly).missing}
    assert "orders" not in missing
    assert "interactions" in missing["events"]
