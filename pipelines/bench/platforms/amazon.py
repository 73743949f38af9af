"""The shape of Amazon's report of all orders."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from functools import partial

from pipelines.bench.invented_shop import InventedShop, Item, Sale, Truth, range_of, truth
from pipelines.bench.platform_export import Line, PlatformExport

STATUSES = ("Shipped", "Shipped", "Shipped", "Unshipped", "Pending", "Cancelled")
GERMAN = InventedShop("händler", "Europe/Berlin", "EUR", "DE", seed=23, discounts=False)
JAPANESE = InventedShop(
    "ten",
    "Asia/Tokyo",
    "JPY",
    "JP",
    seed=123,
    orders=1_200,
    products=range_of(("マグカップ", "靴下", "傘", "タオル, 大", "茶碗"), ("赤", "青", "黒"), "{noun} {kind}"),
    every=(1, 9),
    prices=(90_000, 900_000),
    unit=100,
    discounts=False,
)


def status(sale: Sale) -> str:
    """How the order stands in the end."""
    return STATUSES[sale.number % len(STATUSES)]


def export(shop: InventedShop, made: Sequence[Sale]) -> list[Line]:
    """A row for each item; of every ninth order there is an older version, too: it was not shipped then."""
    rows = []
    for sale in made:
        told = [(status(sale), timedelta(days=2))]
        if sale.number % 9 == 0:
            told.append(("Unshipped", timedelta(hours=1)))
        rows += [_row(shop, sale, item, *version) for version in told for item in sale.items]
    return rows


def _row(shop: InventedShop, sale: Sale, item: Item, told: str, later: timedelta) -> Line:
    priced = told not in {"Pending", "Cancelled"}
    at = shop.in_utc(sale.at)
    off = _off(shop, item)
    return {
        "amazon-order-id": f"302-{sale.number:07d}-1",
        "merchant-order-id": "",
        "purchase-date": f"{at:%Y-%m-%dT%H:%M:%S}+00:00",
        "last-updated-date": f"{at + later:%Y-%m-%dT%H:%M:%S}+00:00",
        "order-status": told,
        "sales-channel": f"Amazon.{shop.country.lower()}",
        "product-name": item.name,
        "sku": item.sku,
        "asin": f"B0{item.product}",
        "item-status": "Shipped" if priced else told,
        "quantity": str(item.quantity),
        "currency": shop.currency if priced else "",
        "item-price": shop.money(item.cost) if priced else "",
        "item-promotion-discount": shop.money(off) if priced and off else "",
        "ship-country": shop.country,
    }


def _off(shop: InventedShop, item: Item) -> int:
    """Some products have a promotion."""
    return item.cost // 10 // shop.unit * shop.unit if item.product % 2 else 0


def known(shop: InventedShop, made: Sequence[Sale]) -> Truth:
    """What has a price; nobody's name is told."""
    sold = [sale for sale in made if status(sale) in {"Shipped", "Unshipped"}]
    told = truth((sale, sum(item.cost - _off(shop, item) for item in sale.items)) for sale in sold)
    return replace(told, customers=0)


REPORT = PlatformExport(
    preset="amazon-all-orders",
    shop=GERMAN,
    rows=partial(export, GERMAN),
    truth=partial(known, GERMAN),
    order="amazon-order-id",
    moments=dict.fromkeys(("purchase-date", "last-updated-date"), "%Y-%m-%dT%H:%M:%S%z"),
    amounts=("item-price", "item-promotion-discount"),
    counts=("quantity",),
    texts=("product-name",),
    separator="\t",
)
EXPORTS = (
    REPORT,
    replace(
        REPORT,
        shop=JAPANESE,
        rows=partial(export, JAPANESE),
        truth=partial(known, JAPANESE),
        encoding="cp932",
    ),
)
