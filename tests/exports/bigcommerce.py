"""The shape of BigCommerce's export of orders."""

from __future__ import annotations

from tests.exports.invented import Item, Sale, Truth, money, sales, truth

STATUSES = ("Completed", "Shipped", "Awaiting Fulfillment", "Partially Refunded", "Cancelled", "Refunded", "Incomplete")
STAND = STATUSES[:4]


def status(sale: Sale) -> str:
    return STATUSES[sale.number % len(STATUSES)]


def detail(item: Item) -> str:
    """A product, with what the shop chose of it; its name may hold a comma."""
    return (
        f" Product ID: {90 + item.product}, Product Qty: {item.quantity}, Product SKU: {item.sku},"
        f" Product Name: {item.name}, Product Weight: 0.0700, Product Variation Details: Colour: red, blue,"
        f" Product Unit Price: {money(item.price)}, Product Total Price: {money(item.cost)} "
    )


def tax(sale: Sale) -> int:
    return round((sale.cost - sale.discount + sale.shipping) * 0.2)


def refunded(sale: Sale) -> int:
    """A fifth of what the goods cost comes back with its tax, in the orders of which a part was refunded."""
    return (sale.cost - sale.discount) // 5 if status(sale) == "Partially Refunded" else 0


def gross(sale: Sale) -> int:
    return sale.cost - sale.discount + sale.shipping + tax(sale)


def export(made: list[Sale], date: str = "%d/%m/%Y") -> list[dict[str, str]]:
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
            "Tax Total": money(tax(sale)),
            "Shipping Cost (inc tax)": money(round(sale.shipping * 1.2)),
            "Shipping Cost (ex tax)": money(sale.shipping),
            "Handling Cost (ex tax)": "0.00",
            "Order Total (inc tax)": money(gross(sale)),
            "Order Total (ex tax)": money(sale.cost - sale.discount + sale.shipping),
            "Payment Method": "Manual",
            "Total Quantity": str(sum(item.quantity for item in sale.items)),
            "Order Currency Code": "USD",
            "Exchange Rate": "1.0000000000",
            "Billing Country": "United States",
            "Product Details": "|".join(map(detail, sale.items)),
            "Refund Amount": money(refunded(sale)),
        }
        for sale in made
    ]


def known(made: list[Sale]) -> Truth:
    sold = [sale for sale in made if status(sale) in STAND]
    return truth((sale, sale.cost - sale.discount - without_tax(sale)) for sale in sold)


def without_tax(sale: Sale) -> int:
    """The goods' share of what was refunded."""
    return round(refunded(sale) * (sale.cost - sale.discount) / gross(sale)) if gross(sale) else 0


MADE = sales(51)
EXPORT, AMERICAN, TRUTH = export(MADE), export(MADE, "%m/%d/%Y"), known(MADE)
