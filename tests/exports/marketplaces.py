"""The shapes of Etsy's sold order items, Square's items and Amazon's report of all orders."""

from __future__ import annotations

from datetime import timedelta

from tests.exports.invented import Sale, Truth, money, sales, truth

MADE = sales(21)
PLAIN = sales(22, discounts=False)
AMAZON_STATUSES = ("Shipped", "Shipped", "Shipped", "Unshipped", "Pending", "Cancelled")


def etsy(made: list[Sale]) -> list[dict[str, str]]:
    return [
        {
            "Sale Date": f"{sale.at:%m/%d/%y}",
            "Item Name": item.name,
            "Buyer": "" if sale.customer is None else f"buyer{sale.customer}",
            "Quantity": str(item.quantity),
            "Price": money(item.price),
            "Discount Amount": "0.00",
            "Order Shipping": money(sale.shipping),
            "Item Total": money(item.cost),
            "Currency": "EUR",
            "Transaction ID": str(4_000_000 + 10 * sale.number + index),
            "Listing ID": str(900 + item.product),
            "Date Paid": f"{sale.at + timedelta(days=3):%m/%d/%y}",
            "Ship Country": "France",
            "Order ID": str(3_000_000_000 + sale.number),
            "SKU": "",
        }
        for sale in made
        for index, item in enumerate(sale.items)
    ]


def dollars(cents: int) -> str:
    return f"{'-' if cents < 0 else ''}${abs(cents) // 100:,}.{abs(cents) % 100:02d}"


def square(made: list[Sale]) -> list[dict[str, str]]:
    """Every thirteenth sale comes back within the hour, under a transaction of its own."""
    told = [(sale, 1) for sale in made] + [(sale, -1) for sale in made if sale.number % 13 == 0]
    return [
        {
            "Date": f"{sale.at:%Y-%m-%d}",
            "Time": f"{sale.at:%H:%M:%S}",
            "Time Zone": "Eastern Time (US & Canada)",
            "Category": "None" if item.product == 3 else "Home",
            "Item": item.name,
            "Qty": f"{float(sign * item.quantity)}",
            "Price Point Name": "Regular" if item.product % 2 else "Large",
            "SKU": "" if item.product < 4 else item.sku,
            "Modifiers Applied": "",
            "Gross Sales": dollars(sign * item.cost),
            "Discounts": dollars(-sign * (item.cost // 10)),
            "Net Sales": dollars(sign * (item.cost - item.cost // 10)),
            "Tax": "$0.00",
            "Transaction ID": f"T{sale.number}{'R' if sign < 0 else ''}",
            "Event Type": "Payment" if sign > 0 else "Refund",
            "Location": "Café Main",
            "Customer ID": "" if sale.customer is None else f"C{sale.customer}",
            "Channel": "Front",
        }
        for sale, sign in told
        for item in sale.items
    ]


def square_truth(made: list[Sale]) -> Truth:
    back = [Sale(sale.number + 50_000, sale.customer, sale.at, sale.items) for sale in made if sale.number % 13 == 0]

    def net(sale: Sale) -> int:
        return sum(item.cost - item.cost // 10 for item in sale.items)

    return truth(
        [*((sale, net(sale)) for sale in made), *((sale, -net(sale)) for sale in back)],
        units=sum(i.quantity for s in made for i in s.items) - sum(i.quantity for s in back for i in s.items),
    )


def amazon(made: list[Sale]) -> list[dict[str, str]]:
    """Of every ninth order the report has an older version, too: it was pending then."""
    rows = []
    for sale in made:
        status = AMAZON_STATUSES[sale.number % len(AMAZON_STATUSES)]
        told = [(status, sale.at + timedelta(days=2))]
        if sale.number % 9 == 0:
            told.append(("Unshipped", sale.at + timedelta(hours=1)))
        for told_status, updated in told:
            priced = told_status not in {"Pending", "Cancelled"}
            for item in sale.items:
                rows.append(
                    {
                        "amazon-order-id": f"302-{sale.number:07d}-1",
                        "merchant-order-id": "",
                        "purchase-date": f"{sale.at:%Y-%m-%dT%H:%M:%S}+00:00",
                        "last-updated-date": f"{updated:%Y-%m-%dT%H:%M:%S}+00:00",
                        "order-status": told_status,
                        "sales-channel": "Amazon.de",
                        "product-name": item.name,
                        "sku": item.sku,
                        "asin": f"B0{item.product}",
                        "item-status": "Shipped" if priced else told_status,
                        "quantity": str(item.quantity),
                        "currency": "EUR" if priced else "",
                        "item-price": money(item.cost) if priced else "",
                        "item-promotion-discount": money(item.cost // 10) if priced and item.product % 2 else "",
                        "ship-country": "DE",
                    }
                )
    return rows


def amazon_truth(made: list[Sale]) -> Truth:
    sold = [s for s in made if AMAZON_STATUSES[s.number % len(AMAZON_STATUSES)] in {"Shipped", "Unshipped"}]
    known = truth(
        (sale, sum(item.cost - (item.cost // 10 if item.product % 2 else 0) for item in sale.items)) for sale in sold
    )
    return Truth(known.revenue, known.lines, known.orders, 0, known.units)


ETSY, ETSY_TRUTH = etsy(MADE), truth((sale, sale.cost) for sale in MADE)
SQUARE, SQUARE_TRUTH = square(PLAIN), square_truth(PLAIN)
AMAZON, AMAZON_TRUTH = amazon(PLAIN), amazon_truth(PLAIN)
