"""Each platform's export, as it is and as it comes after a spreadsheet or an app has had it, to the cent."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from core.errors import DataError
from tests.exports import (
    bigcommerce,
    marketplaces,
    shopify,
    southeast_asia,
    taobao,
    without_items,
    woocommerce,
    youzan,
)
from tests.exports.dirt import DIRT, Rows, plain, text
from tests.exports.invented import Truth

EXPORTS: dict[str, tuple[Rows, Truth, str]] = {
    "Shopify: Orders > Export": (shopify.EXPORT, shopify.TRUTH, "Europe/London"),
    "WooCommerce: Analytics > Orders > Download": (woocommerce.ANALYTICS, woocommerce.ANALYTICS_TRUTH, "Europe/Paris"),
    "WooCommerce: orders with line_item_1, line_item_2, ...": (
        woocommerce.WIDE,
        woocommerce.WIDE_TRUTH,
        "Europe/Berlin",
    ),
    "Etsy: sold order items": (marketplaces.ETSY, marketplaces.ETSY_TRUTH, "Europe/Paris"),
    "Square: Items Detail CSV": (marketplaces.SQUARE, marketplaces.SQUARE_TRUTH, "America/New_York"),
    "Amazon: All Orders report": (marketplaces.AMAZON, marketplaces.AMAZON_TRUTH, "UTC"),
    "Stripe: Payments": (without_items.STRIPE, without_items.STRIPE_TRUTH, "UTC"),
    "BigCommerce: Orders > Export": (bigcommerce.EXPORT, bigcommerce.TRUTH, "America/Chicago"),
    "Shopee: My Orders > Export": (southeast_asia.SHOPEE, southeast_asia.SHOPEE_TRUTH, "Asia/Manila"),
    "Lazada: Orders > Export": (southeast_asia.LAZADA, southeast_asia.LAZADA_TRUTH, "Asia/Manila"),
    "Magento 2: Sales > Orders (the grid)": (without_items.MAGENTO, without_items.MAGENTO_TRUTH, "Europe/Rome"),
}


@pytest.mark.parametrize("dirt", DIRT)
@pytest.mark.parametrize("title", EXPORTS)
def test_an_export_is_taken_in_to_the_cent(taken: Callable, title: str, dirt: str) -> None:
    rows, truth, zone = EXPORTS[title]
    made, held = taken(DIRT[dirt](rows), zone=zone)
    assert f"recognised as {title}" in made.notes
    assert held == truth


@pytest.mark.parametrize("encoding", ["gb18030", "utf-8-sig"])
def test_taobaos_list_is_taken_in_to_the_cent(taken: Callable, encoding: str) -> None:
    made, held = taken(text(taobao.EXPORT).encode(encoding), zone="Asia/Shanghai")
    assert "recognised as Taobao, Tmall: order list (ExportOrderList)" in made.notes
    assert held == taobao.TRUTH


@pytest.mark.parametrize("encoding", ["gb18030", "utf-8-sig"])
def test_youzans_report_is_taken_in_to_the_cent(taken: Callable, encoding: str) -> None:
    made, held = taken(text(youzan.EXPORT).encode(encoding), zone="Asia/Shanghai")
    assert "recognised as Youzan: order report (订单报表)" in made.notes
    assert held == youzan.TRUTH


@pytest.mark.parametrize(
    ("rows", "zone"),
    [(southeast_asia.INDONESIA, "Asia/Jakarta"), (southeast_asia.VIETNAM, "Asia/Ho_Chi_Minh")],
    ids=["Indonesia", "Vietnam"],
)
def test_a_point_parts_thousands_where_money_has_no_decimals(taken: Callable, rows: Rows, zone: str) -> None:
    _, held = taken(text(rows).encode(), zone=zone)
    assert held == southeast_asia.WHOLE_TRUTH


def test_bigcommerces_prices_with_tax_are_not_taken_in_as_if_without(taken: Callable) -> None:
    rows = [{**row, "Subtotal (ex tax)": row["Subtotal (inc tax)"]} for row in bigcommerce.EXPORT]
    with pytest.raises(DataError, match=r"orders.*rows are bad"):
        taken(plain(rows), zone="America/Chicago")


def test_bigcommerces_american_dates_are_too(taken: Callable) -> None:
    _, held = taken(plain(bigcommerce.AMERICAN), zone="America/Chicago")
    assert held == bigcommerce.TRUTH


def test_shopifys_first_version_is_too_and_what_it_lacks_is_said(taken: Callable) -> None:
    made, held = taken(plain(shopify.OLD_EXPORT))
    assert held == shopify.OLD_TRUTH
    assert any(note.startswith("orders.refund is left out") for note in made.notes)


def test_woocommerces_later_names_are_known(taken: Callable) -> None:
    _, held = taken(plain(woocommerce.BROWSER), zone="Europe/Paris")
    assert held == woocommerce.ANALYTICS_TRUTH
