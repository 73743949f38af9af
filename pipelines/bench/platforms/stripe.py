"""The shape of Stripe's payments: orders without their items."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from pipelines.bench.invented_shop import InventedShop, Sale, Truth, truth
from pipelines.bench.platform_export import Line, PlatformExport

LEIPZIG = InventedShop("studio", "Europe/Berlin", "EUR", "DE", seed=31, discounts=False)
OAKLAND = InventedShop(
    "service", "America/Los_Angeles", "USD", "US", seed=131, orders=3_000, customers=700, every=(1, 4), discounts=False
)


def refunded(sale: Sale) -> int:
    """In full, in part, or nothing."""
    return {0: sale.cost, 1: sale.cost // 300 * 100}.get(sale.number % 7, 0)


def export(shop: InventedShop, made: Sequence[Sale], created: str = "Created (UTC)") -> list[Line]:
    """A row for each payment; `created` is what the version calls its time."""
    return [
        {
            "id": f"ch_{sale.number}",
            "Description": "Payment, thank you",
            created: f"{shop.in_utc(sale.at):%Y-%m-%d %H:%M}",
            "Amount": shop.money(sale.cost),
            "Amount Refunded": shop.money(refunded(sale)),
            "Currency": shop.currency.lower(),
            "Converted Amount": shop.money(sale.cost),
            "Converted Amount Refunded": shop.money(refunded(sale)),
            "Fee": "0.30",
            "Converted Currency": shop.currency.lower(),
            "Mode": "Test" if sale.number % 17 == 0 else "Live",
            "Status": "Failed" if sale.number % 10 == 0 else "Refunded" if sale.number % 7 == 0 else "Paid",
            "Customer ID": "" if sale.customer is None else f"cus_{sale.customer}",
            "Customer Email": f"C{sale.customer}@example.com" if sale.customer and sale.customer % 2 else "",
            "Captured": "true" if sale.number % 19 else "false",
        }
        for sale in made
    ]


def known(made: Sequence[Sale]) -> Truth:
    """Payments that came and were not given back in full; each is one piece of one product."""
    sold = [s for s in made if s.number % 17 and s.number % 10 and s.number % 19 and refunded(s) < s.cost]
    told = truth((sale, sale.cost - refunded(sale)) for sale in sold)
    return replace(told, lines=len(sold), units=len(sold), products=1)


PAYMENTS = PlatformExport(
    preset="stripe-payments",
    shop=LEIPZIG,
    rows=partial(export, LEIPZIG),
    truth=known,
    order="id",
    moments={"Created (UTC)": "%Y-%m-%d %H:%M"},
    amounts=("Amount", "Amount Refunded", "Converted Amount", "Converted Amount Refunded", "Fee"),
    texts=("Description",),
)
EXPORTS = (
    PAYMENTS,
    replace(
        PAYMENTS,
        shop=OAKLAND,
        rows=partial(export, OAKLAND, created="Created date (UTC)"),
        moments={"Created date (UTC)": "%Y-%m-%d %H:%M"},
    ),
)
