"""Each platform's export as the platform writes it, to the cent; with dirt on it: `test_bench`."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from core.errors import DataError
from pipelines.bench.platform_export import PlatformExport
from pipelines.bench.platforms import (
    amazon,
    bigcommerce,
    etsy,
    lazada,
    magento,
    shopee,
    shopify,
    square,
    stripe,
    taobao,
    woocommerce,
    youzan,
)
from tests.exports.written import plain, text

EXPORTS: dict[str, PlatformExport] = {
    "Shopify: Orders > Export": shopify.NEWEST,
    "WooCommerce: Analytics > Orders > Download": woocommerce.ANALYTICS,
    "WooCommerce: orders with line_item_1, line_item_2, ...": woocommerce.WIDE,
    "Etsy: sold order items": etsy.ITEMS,
    "Square: Items Detail CSV": square.ITEMS,
    "Amazon: All Orders report": amazon.REPORT,
    "Stripe: Payments": stripe.PAYMENTS,
    "BigCommerce: Orders > Export": bigcommerce.ORDERS,
    "Shopee: My Orders > Export": shopee.PHILIPPINES,
    "Lazada: Orders > Export": lazada.ORDERS,
    "Magento 2: Sales > Orders (the grid)": magento.GRID,
}
BIGCOMMERCE = bigcommerce.ORDERS.rows(bigcommerce.AUSTIN.sales())


@pytest.mark.parametrize("title", EXPORTS)
def test_an_export_is_taken_in_to_the_cent(taken: Callable, title: str) -> None:
    export = EXPORTS[title]
    sales = export.shop.sales()
    made, held = taken(plain(export.rows(sales)), zone=export.shop.zone)
    assert f"recognised as {title}" in made.notes
    assert held == export.truth(sales)


@pytest.mark.parametrize("encoding", ["gb18030", "utf-8-sig"])
def test_taobaos_list_is_taken_in_to_the_cent(taken: Callable, encoding: str) -> None:
    sales = taobao.DIAN.sales()
    made, held = taken(text(taobao.LIST.rows(sales)).encode(encoding), zone="Asia/Shanghai")
    assert "recognised as Taobao, Tmall: order list (ExportOrderList)" in made.notes
    assert held == taobao.LIST.truth(sales)


@pytest.mark.parametrize("encoding", ["gb18030", "utf-8-sig"])
def test_youzans_report_is_taken_in_to_the_cent(taken: Callable, encoding: str) -> None:
    sales = youzan.PU.sales()
    made, held = taken(text(youzan.REPORT.rows(sales)).encode(encoding), zone="Asia/Shanghai")
    assert "recognised as Youzan: order report (订单报表)" in made.notes
    assert held == youzan.REPORT.truth(sales)


@pytest.mark.parametrize("export", [shopee.INDONESIA, shopee.VIETNAM], ids=["Indonesia", "Vietnam"])
def test_a_point_parts_thousands_where_money_has_no_decimals(taken: Callable, export: PlatformExport) -> None:
    sales = export.shop.sales()
    _, held = taken(text(export.rows(sales)).encode(), zone=export.shop.zone)
    assert held == export.truth(sales)


def test_bigcommerces_prices_with_tax_are_not_taken_in_as_if_without(taken: Callable) -> None:
    rows = [{**row, "Subtotal (ex tax)": row["Subtotal (inc tax)"]} for row in BIGCOMMERCE]
    with pytest.raises(DataError, match=r"orders.*rows are bad"):
        taken(plain(rows), zone="America/Chicago")


def test_bigcommerces_american_dates_are_too(taken: Callable) -> None:
    rows = bigcommerce.export(bigcommerce.AUSTIN, bigcommerce.AUSTIN.sales(), date="%m/%d/%Y")
    _, held = taken(plain(rows), zone="America/Chicago")
    assert held == bigcommerce.known(bigcommerce.AUSTIN.sales())


def test_shopifys_first_version_is_too_and_what_it_lacks_is_said(taken: Callable) -> None:
    sales = shopify.BOUTIQUE.sales()
    made, held = taken(plain(shopify.FIRST.rows(sales)))
    assert held == shopify.FIRST.truth(sales)
    assert any(note.startswith("orders.refund is left out") for note in made.notes)


def test_woocommerces_later_names_are_known(taken: Callable) -> None:
    sales = woocommerce.PARIS.sales()
    _, held = taken(plain(woocommerce.analytics(woocommerce.PARIS, sales, browser=True)), zone="Europe/Paris")
    assert held == woocommerce.known_analytics(sales)
