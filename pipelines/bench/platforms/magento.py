"""The shape of Magento's grid of orders: orders without their items."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from pipelines.bench.invented_shop import InventedShop, Sale, Truth, truth
from pipelines.bench.platform_export import Line, PlatformExport

STATUSES = ("Complete", "Complete", "Processing", "Pending", "Closed", "Canceled")
ROME = InventedShop("negozio", "Europe/Rome", "EUR", "IT", seed=32, discounts=False)
TAIPEI = InventedShop(
    "dian", "Asia/Taipei", "TWD", "TW", seed=132, orders=2_500, customers=600, every=(1, 5), discounts=False
)
_BUYERS = {"IT": "Zoé", "TW": "陳小姐"}


def refunded(sale: Sale) -> int:
    """In part, or nothing; what is refunded in full is closed."""
    return sale.cost // 300 * 100 if sale.number % 7 == 1 else 0


def export(shop: InventedShop, made: Sequence[Sale]) -> list[Line]:
    """A row for each order; some pay in another currency, at two for one."""
    return [
        {
            "ID": f"{sale.number:09d}",
            "Purchase Point": "Main Website\nMain Store\nDefault View",
            "Purchase Date": f"{sale.at:%b} {sale.at.day}, {sale.at:%Y %I:%M:%S %p}",
            "Bill-to Name": _BUYERS[shop.country],
            "Grand Total (Base)": f"{sale.cost / 100:.4f}",
            "Grand Total (Purchased)": f"{(1 + sale.number % 2) * sale.cost / 100:.4f}",
            "Status": STATUSES[sale.number % len(STATUSES)],
            "Customer Email": "" if sale.customer is None else f"C{sale.customer}@example.com",
            "Subtotal": f"{sale.cost / 100:.4f}",
            "Total Refunded": f"{(1 + sale.number % 2) * refunded(sale) / 100:.4f}",
        }
        for sale in made
    ]


def known(made: Sequence[Sale]) -> Truth:
    """Orders that were paid, or will be; each is one piece of one product."""
    sold = [sale for sale in made if STATUSES[sale.number % len(STATUSES)] in {"Complete", "Processing", "Pending"}]
    told = truth((sale, sale.cost - refunded(sale)) for sale in sold)
    return replace(told, lines=len(sold), units=len(sold), products=1)


GRID = PlatformExport(
    preset="magento-order-grid",
    shop=ROME,
    rows=partial(export, ROME),
    truth=known,
    order="ID",
    moments={"Purchase Date": "%b %d, %Y %I:%M:%S %p"},
    amounts=("Grand Total (Base)", "Grand Total (Purchased)", "Subtotal", "Total Refunded"),
    ids=("ID",),
    texts=("Bill-to Name",),
)
EXPORTS = (GRID, replace(GRID, shop=TAIPEI, rows=partial(export, TAIPEI)))
