"""The shapes of two exports of WooCommerce."""

from __future__ import annotations

from tests.exports.invented import Sale, Truth, money, sales, truth

SLUGS = ("completed", "completed", "processing", "on-hold", "refunded", "cancelled", "failed", "pending")


def net(sale: Sale) -> int:
    return sale.cost - sale.discount


def refunded(made: list[Sale]) -> list[Sale]:
    """Every eleventh order comes back a day later, as a row of its own."""
    return [sale for sale in made if sale.number % 11 == 0]


def analytics(made: list[Sale]) -> list[dict[str, str]]:
    rows = [(sale, 1, str(sale.number)) for sale in made] + [(s, -1, str(s.number + 50_000)) for s in refunded(made)]
    return [
        {
            "Date": f"{sale.at:%Y-%m-%d %H:%M:%S}",
            "Order #": number,
            "N. Revenue (formatted)": f"&pound;{money(sign * net(sale))}",
            "Status": "completed",
            "Customer": f"Zoé Customer{sale.customer}",
            "Customer type": "returning",
            "Product(s)": ", ".join(f"{sign * item.quantity}\u00d7 {item.name}" for item in sale.items),
            "Items sold": str(sign * sum(item.quantity for item in sale.items)),
            "Coupon(s)": "",
            "N. Revenue": money(sign * net(sale)),
        }
        for sale, sign, number in rows
    ]


def browser(rows: list[dict[str, str]]) -> list[dict[str, str]]:
    """As the browser writes it in later versions."""
    return [
        {
            ("Net sales" if name == "N. Revenue" else name): value
            for name, value in row.items()
            if "formatted" not in name
        }
        for row in rows
    ]


def cell(sale: Sale, index: int) -> str:
    if index >= len(sale.items):
        return ""
    item = sale.items[index]
    share = sale.discount * item.cost // sale.cost
    sku = "" if item.product == 3 else item.sku
    return (
        f"name:{item.name}|product_id:{90 + item.product}|sku:{sku}|quantity:{item.quantity}"
        f"|total:{money(item.cost - share)}|sub_total:{money(item.cost)}"
    )


def wide(made: list[Sale]) -> list[dict[str, str]]:
    return [
        {
            "order_id": str(7 * sale.number),
            "order_number": str(sale.number),
            "order_date": f"{sale.at:%Y-%m-%d %H:%M:%S}",
            "status": SLUGS[sale.number % len(SLUGS)],
            "shipping_total": money(sale.shipping),
            "order_total": money(net(sale) + sale.shipping),
            "order_currency": "EUR",
            "customer_id": "0" if sale.customer is None else str(sale.customer),
            "customer_email": "" if sale.customer is None else f"Kunde{sale.customer}@example.com",
            "billing_country": "DE",
            "refund_items": "",
            **{f"line_item_{index + 1}": cell(sale, index) for index in range(5)},
        }
        for sale in made
    ]


def known_wide(made: list[Sale]) -> Truth:
    sold = [sale for sale in made if SLUGS[sale.number % len(SLUGS)] in {"completed", "processing", "on-hold"}]
    return truth(
        (sale, sum(item.cost - sale.discount * item.cost // sale.cost for item in sale.items)) for sale in sold
    )


def of_an_amount(sale: Sale) -> dict[str, str]:
    """A refund that names no product."""
    [row] = analytics([sale])[:1]
    return {**row, "Product(s)": "", "Items sold": "0", "N. Revenue": money(-sale.shipping - 100)}


MADE = sales(11, guests=False)
BACK = [
    Sale(sale.number + 50_000, sale.customer, sale.at, sale.items, sale.discount, sale.shipping)
    for sale in refunded(MADE)
]
AMOUNTS = [Sale(sale.number + 90_000, sale.customer, sale.at, (), 0, sale.shipping) for sale in MADE[::20]]
ANALYTICS = [*analytics(MADE), *map(of_an_amount, AMOUNTS)]
BROWSER = browser(ANALYTICS)
ANALYTICS_TRUTH = truth(
    [
        *((sale, net(sale)) for sale in MADE),
        *((sale, -net(sale)) for sale in BACK),
        *((sale, -sale.shipping - 100) for sale in AMOUNTS),
    ],
    lines=sum(len(sale.items) for sale in [*MADE, *BACK]) + len(AMOUNTS),
    units=sum(i.quantity for s in MADE for i in s.items) - sum(i.quantity for s in BACK for i in s.items),
)
WITH_GUESTS = sales(12)
WIDE, WIDE_TRUTH = wide(WITH_GUESTS), known_wide(WITH_GUESTS)
