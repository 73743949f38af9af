"""The shape of Lazada's export of orders: a row for each piece."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from pipelines.bench.invented_shop import InventedShop, Item, Sale, Truth, range_of, truth
from pipelines.bench.platform_export import Line, PlatformExport

STATUSES = ("delivered", "delivered", "shipped", "canceled", "returned")
STAND = STATUSES[:3]
MANILA = InventedShop("tindahan", "Asia/Manila", "PHP", "Philippines", seed=61, guests=False)
KUALA_LUMPUR = InventedShop(
    "kedai",
    "Asia/Kuala_Lumpur",
    "MYR",
    "Malaysia",
    seed=164,
    orders=600,
    customers=250,
    products=range_of(("Batik", "Kasut", "Baju, kanak", "Beg"), ("S", "M", "L")),
    every=(2, 14),
    guests=False,
)


def pieces(sale: Sale) -> list[Item]:
    """Each piece of each line."""
    return [item for item in sale.items for _ in range(item.quantity)]


def status(sale: Sale, number: int) -> str:
    """Some pieces are cancelled or come back where the rest of the order stands."""
    return STATUSES[(sale.number + number) % len(STATUSES)]


def export(shop: InventedShop, made: Sequence[Sale]) -> list[Line]:
    """A row for each piece."""
    return [
        {
            "orderItemId": f"8{sale.number}{number:03d}",
            "orderType": "Normal",
            "lazadaId": "LZ1",
            "sellerSku": item.sku,
            "lazadaSku": f"{item.product}_PH-9",
            "createTime": f"{sale.at:%d %b %Y %H:%M}",
            "updateTime": f"{sale.at:%d %b %Y %H:%M}",
            "orderNumber": f"7{sale.number}",
            "customerName": f"Khách {sale.customer}",
            "customerEmail": "" if sale.customer is None else f"b{sale.customer}@example.com",
            "shippingCountry": shop.country,
            "paidPrice": shop.money(item.price),
            "unitPrice": shop.money(item.price),
            "sellerDiscountTotal": shop.money(-(item.price // 10)),
            "itemName": item.name,
            "status": status(sale, number),
        }
        for sale in made
        for number, item in enumerate(pieces(sale))
    ]


def known(made: Sequence[Sale]) -> Truth:
    """The pieces that stay."""
    stand = {s.number: [i for n, i in enumerate(pieces(s)) if status(s, n) in STAND] for s in made}
    sold = [replace(sale, items=tuple(stand[sale.number])) for sale in made if stand[sale.number]]
    told = truth((sale, sum(item.price - item.price // 10 for item in sale.items)) for sale in sold)
    return replace(told, units=told.lines)


ORDERS = PlatformExport(
    preset="lazada-orders",
    shop=MANILA,
    rows=partial(export, MANILA),
    truth=known,
    order="orderNumber",
    moments=dict.fromkeys(("createTime", "updateTime"), "%d %b %Y %H:%M"),
    amounts=("paidPrice", "unitPrice", "sellerDiscountTotal"),
    ids=("orderItemId", "orderNumber"),
    texts=("itemName",),
)
EXPORTS = (ORDERS, replace(ORDERS, shop=KUALA_LUMPUR, rows=partial(export, KUALA_LUMPUR)))
