"""The shape of BigCommerce's export of orders."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from pipelines.bench.invented_shop import InventedShop, Item, Sale, Truth, range_of, truth
from pipelines.bench.platform_export import Line, PlatformExport

STATUSES = ("Completed", "Shipped", "Awaiting Fulfillment", "Partially Refunded", "Cancelled", "Refunded", "Incomplete")
STAND = STATUSES[:4]
AUSTIN = InventedShop("shop", "America/Chicago", "USD", "United States", seed=51)
SYDNEY = InventedShop(
    "outback",
    "Australia/Sydney",
    "AUD",
    "Australia",
    seed=151,
    orders=1_200,
    customers=400,
    products=range_of(("Hat", "Tent, small", "Boots", 'Rope 3/8"', "Café set"), ("red", "blue", "olive")),
    every=(1, 9),
)


def status(sale: Sale) -> str:
    """As the export says it."""
    return STATUSES[sale.number % len(STATUSES)]


def _detail(shop: InventedShop, item: Item) -> str:
    """A product, with what the shop chose of it; its name may hold a comma."""
    return (
        f" Product ID: {90 + item.product}, Product Qty: {item.quantity}, Product SKU: {item.sku},"
        f" Product Name: {item.name}, Product Weight: 0.0700, Product Variation Details: Colour: red, blue,"
        f" Product Unit Price: {shop.money(item.price)}, Product Total Price: {shop.money(item.cost)} "
    )


def _tax(sale: Sale) -> int:
    return round((sale.net + sale.shipping) * 0.2)


def _refunded(sale: Sale) -> int:
    """A fifth of what the goods cost comes back with its tax, in the orders of which a part was refunded."""
    return sale.net // 5 if status(sale) == "Partially Refunded" else 0


def _gross(sale: Sale) -> int:
    return sale.net + sale.shipping + _tax(sale)


def export(shop: InventedShop, made: Sequence[Sale], date: str = "%d/%m/%Y") -> list[Line]:
    """A row for each order, its products in one cell."""
    money = shop.money
    return [
        {
            "Order ID": str(sale.number),
            "Customer ID": "0" if sale.customer is None else str(sale.customer),
            "Customer Name": "" if sale.customer is None else f"Buyer {sale.customer}",
            "Customer Email": "" if sale.customer is None else f"Buyer{sale.customer}@example.com",
            "Order Date": f"{sale.at:{date}}",
            "Order Time": f"{sale.at:%H:%M:%S}",
            "Order Status": status(sale),
            "Subtotal (inc tax)": money(round(sale.cost * 1.2)),
            "Subtotal (ex tax)": money(sale.cost),
            "Tax Total": money(_tax(sale)),
            "Shipping Cost (inc tax)": money(round(sale.shipping * 1.2)),
            "Shipping Cost (ex tax)": money(sale.shipping),
            "Handling Cost (ex tax)": "0.00",
            "Order Total (inc tax)": money(_gross(sale)),
            "Order Total (ex tax)": money(sale.net + sale.shipping),
            "Payment Method": "Manual",
            "Total Quantity": str(sum(item.quantity for item in sale.items)),
            "Order Currency Code": shop.currency,
            "Exchange Rate": "1.0000000000",
            "Billing Country": shop.country,
            "Product Details": "|".join(_detail(shop, item) for item in sale.items),
            "Refund Amount": money(_refunded(sale)),
        }
        for sale in made
    ]


def known(made: Sequence[Sale]) -> Truth:
    """What stands, without tax."""
    return truth((sale, sale.net - _without_tax(sale)) for sale in made if status(sale) in STAND)


def _without_tax(sale: Sale) -> int:
    """The goods' share of what was refunded."""
    return round(_refunded(sale) * sale.net / _gross(sale)) if _gross(sale) else 0


ORDERS = PlatformExport(
    preset="bigcommerce-orders",
    shop=AUSTIN,
    rows=partial(export, AUSTIN),
    truth=known,
    order="Order ID",
    moments={"Order Date": "%d/%m/%Y", "Order Time": "%H:%M:%S"},
    amounts=(
        "Subtotal (inc tax)", "Subtotal (ex tax)", "Tax Total", "Shipping Cost (inc tax)", "Shipping Cost (ex tax)",
        "Handling Cost (ex tax)", "Order Total (inc tax)", "Order Total (ex tax)", "Refund Amount",
    ),
    counts=("Total Quantity",),
    ids=("Order ID",),
    texts=("Payment Method",),
)  # fmt: skip
AMERICAN = replace(
    ORDERS,
    shop=SYDNEY,
    rows=partial(export, SYDNEY, date="%m/%d/%Y"),
    moments={"Order Date": "%m/%d/%Y", "Order Time": "%H:%M:%S"},
)
EXPORTS = (ORDERS, AMERICAN)
