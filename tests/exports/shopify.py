"""The shape of Shopify's export of orders."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from tests.exports.invented import Sale, Truth, money, sales, truth

STATUSES = ("paid", "paid", "paid", "paid", "pending", "partially_refunded", "refunded", "voided", "authorized", "")
OF_THE_ORDER = (
    "Email", "Financial Status", "Paid at", "Currency", "Subtotal", "Shipping", "Taxes", "Total", "Discount Code",
    "Discount Amount", "Created at", "Billing Country", "Notes", "Cancelled at", "Refunded Amount", "Id", "Source",
)  # fmt: skip
LATER = ("Refunded Amount", "Vendor", "Id", "Source", "Lineitem discount", "Billing Country")
"""Columns that came with later versions."""


def status(sale: Sale) -> str:
    return STATUSES[sale.number % len(STATUSES)] or "paid"


def cancelled(sale: Sale) -> bool:
    return STATUSES[sale.number % len(STATUSES)] == ""


def net(sale: Sale) -> int:
    return sale.cost - sale.discount


def refunded(sale: Sale) -> tuple[int, int]:
    """Refunded off the lines, and the tax on top of it (20%)."""
    if status(sale) != "partially_refunded":
        return 0, 0
    off = net(sale) // 500 * 100
    return off, off // 5


def export(made: list[Sale]) -> list[dict[str, str]]:
    rows = []
    for sale in made:
        # On its first row stands what is the order's; offsets change with the clock of London.
        tax = net(sale) // 5
        offset = f"{sale.at.replace(tzinfo=ZoneInfo('Europe/London')):%z}"
        order = {
            "Email": "" if sale.customer is None else f"Customer{sale.customer}@example.com",
            "Financial Status": status(sale),
            "Paid at": f"{sale.at:%Y-%m-%d %H:%M:%S} {offset}" if status(sale) == "paid" else "",
            "Currency": "GBP",
            "Subtotal": money(net(sale)),
            "Shipping": money(sale.shipping),
            "Taxes": money(tax),
            "Total": money(net(sale) + sale.shipping + tax),
            "Discount Code": "SPRING" if sale.discount else "",
            "Discount Amount": money(sale.discount),
            "Created at": f"{sale.at:%Y-%m-%d %H:%M:%S} {offset}",
            "Billing Country": "GB",
            "Notes": "ring twice,\nplease" if sale.number % 9 == 0 else "",
            "Cancelled at": f"{sale.at:%Y-%m-%d} 23:59:01 {offset}" if cancelled(sale) else "",
            "Refunded Amount": money(sum(refunded(sale))),
            "Id": str(5_000_000_000_000 + sale.number),
            "Source": "web",
        }
        for index, item in enumerate(sale.items):
            rows.append(
                {
                    "Name": f"#{sale.number}",
                    **(order if index == 0 else dict.fromkeys(order, "")),
                    "Lineitem quantity": str(item.quantity),
                    "Lineitem name": item.name,
                    "Lineitem price": money(item.price),
                    "Lineitem sku": "" if item.product == 3 else item.sku,
                    "Lineitem discount": "0.00",
                    "Vendor": "Ours",
                    "Billing Zip": "'0123",
                }
            )
    return rows


def first_version(made: list[Sale]) -> list[dict[str, str]]:
    """As it was in 2012."""
    return [{name: value for name, value in row.items() if name not in LATER} for row in export(made)]


def known(made: list[Sale], *, refunds: bool = True) -> Truth:
    sold = [sale for sale in made if status(sale) not in {"refunded", "voided"} and not cancelled(sale)]
    return truth((sale, net(sale) - refunds * refunded(sale)[0]) for sale in sold)


MADE = sales()
EXPORT, TRUTH = export(MADE), known(MADE)
OLD_EXPORT, OLD_TRUTH = first_version(MADE), known(MADE, refunds=False)
