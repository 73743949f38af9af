"""The shape of Shopify's export of orders."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from zoneinfo import ZoneInfo

from pipelines.bench.invented_shop import InventedShop, Sale, Truth, range_of, truth
from pipelines.bench.platform_export import Line, PlatformExport

STATUSES = ("paid", "paid", "paid", "paid", "pending", "partially_refunded", "refunded", "voided", "authorized", "")
LATER = ("Refunded Amount", "Vendor", "Id", "Source", "Lineitem discount", "Billing Country")
"""Columns that came with later versions."""
BOUTIQUE = InventedShop("boutique", "Europe/London", "GBP", "GB")
STORE = InventedShop(
    "store",
    "America/Los_Angeles",
    "USD",
    "US",
    seed=107,
    orders=1_300,
    customers=420,
    products=range_of(("Jeans", "Tee", "Boots", 'Belt 40"', "Café cap", "Socks; 2 pair"), ("S", "M", "L", "XL")),
    every=(1, 10),
)


def status(sale: Sale) -> str:
    """As the export says it; an order that was cancelled is still called paid."""
    return STATUSES[sale.number % len(STATUSES)] or "paid"


def cancelled(sale: Sale) -> bool:
    """Whether the order was."""
    return STATUSES[sale.number % len(STATUSES)] == ""


def refunded(sale: Sale) -> tuple[int, int]:
    """Refunded off the lines, and the tax on top of it (20%)."""
    if status(sale) != "partially_refunded":
        return 0, 0
    off = sale.net // 500 * 100
    return off, off // 5


def _of_the_line(sale: Sale) -> int:
    """The discount that every eleventh order has on its first line, and not on the whole."""
    return sale.discount if sale.number % 11 == 0 else 0


def _of_shipping(sale: Sale) -> int:
    """What a code for free shipping took off in orders without another discount."""
    return sale.shipping if sale.number % 7 == 0 and not sale.discount else 0


def _of_the_order(shop: InventedShop, sale: Sale) -> dict[str, str]:
    """What stands on its first row only; offsets change with the clock of the shop."""
    tax = sale.net // 5
    offset = f"{sale.at.replace(tzinfo=ZoneInfo(shop.zone)):%z}"
    return {
        "Email": "" if sale.customer is None else f"Customer{sale.customer}@example.com",
        "Financial Status": status(sale),
        "Paid at": f"{sale.at:%Y-%m-%d %H:%M:%S} {offset}" if status(sale) == "paid" else "",
        "Currency": shop.currency,
        "Subtotal": shop.money(sale.net),
        "Shipping": shop.money(sale.shipping),
        "Taxes": shop.money(tax),
        "Total": shop.money(sale.net + sale.shipping + tax),
        "Discount Code": "SPRING" if sale.discount else "",
        # A code for free shipping is off the shipping, not the lines; a line's own discount stands with the line.
        "Discount Amount": shop.money(_of_shipping(sale) or sale.discount - _of_the_line(sale)),
        "Created at": f"{sale.at:%Y-%m-%d %H:%M:%S} {offset}",
        "Billing Country": shop.country,
        "Notes": "ring twice,\nplease" if sale.number % 9 == 0 else "",
        "Cancelled at": f"{sale.at:%Y-%m-%d} 23:59:01 {offset}" if cancelled(sale) else "",
        "Refunded Amount": shop.money(sum(refunded(sale))),
        "Id": str(5_000_000_000_000 + sale.number),
        "Source": "web",
    }


def export(shop: InventedShop, made: Sequence[Sale], without: Sequence[str] = ()) -> list[Line]:
    """A row for each line of an order, without columns that the version does not have."""
    rows: list[Line] = []
    for sale in made:
        order = _of_the_order(shop, sale)
        for index, item in enumerate(sale.items):
            row = {
                "Name": f"#{sale.number}",
                **(order if index == 0 else dict.fromkeys(order, "")),
                "Lineitem quantity": str(item.quantity),
                "Lineitem name": item.name,
                "Lineitem price": shop.money(item.price),
                "Lineitem sku": "" if item.product == 3 else item.sku,
                "Lineitem discount": shop.money(_of_the_line(sale) if index == 0 else 0),
                "Vendor": "Ours",
                "Billing Zip": "'0123",
            }
            rows.append({name: value for name, value in row.items() if name not in without})
    return rows


def known(made: Sequence[Sale], refunds: bool = True) -> Truth:
    """What is to be taken in of it; the first version does not tell refunds."""
    sold = [sale for sale in made if status(sale) not in {"refunded", "voided"} and not cancelled(sale)]
    return truth((sale, sale.net - refunds * refunded(sale)[0]) for sale in sold)


NEWEST = PlatformExport(
    preset="shopify-orders",
    shop=BOUTIQUE,
    rows=partial(export, BOUTIQUE),
    truth=known,
    order="Name",
    moments=dict.fromkeys(("Paid at", "Created at", "Cancelled at"), "%Y-%m-%d %H:%M:%S %z"),
    amounts=(
        "Subtotal", "Shipping", "Taxes", "Total", "Discount Amount", "Refunded Amount", "Lineitem price",
        "Lineitem discount",
    ),
    counts=("Lineitem quantity",),
    ids=("Id",),
    texts=("Lineitem name", "Notes"),
    filled_down=True,
)  # fmt: skip
OLDER = replace(
    NEWEST,
    shop=STORE,
    rows=partial(export, STORE, without=("Vendor", "Lineitem discount", "Source")),
    amounts=tuple(name for name in NEWEST.amounts if name != "Lineitem discount"),
)
FIRST = replace(
    NEWEST,
    rows=partial(export, BOUTIQUE, without=LATER),
    truth=partial(known, refunds=False),
    amounts=tuple(name for name in NEWEST.amounts if name not in LATER),
    ids=(),
)
"""As it was in 2012."""
EXPORTS = (NEWEST, OLDER)
