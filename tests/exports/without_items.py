"""The shapes of Stripe's payments and of Magento's grid of orders: orders without their items."""

from __future__ import annotations

from tests.exports.invented import Sale, Truth, money, sales, truth

MADE = sales(31, discounts=False)
GRID = ("Complete", "Complete", "Processing", "Pending", "Closed", "Canceled")


def refunded(sale: Sale) -> int:
    """In full, in part, or nothing."""
    return {0: sale.cost, 1: sale.cost // 300 * 100}.get(sale.number % 7, 0)


def stripe(made: list[Sale]) -> list[dict[str, str]]:
    return [
        {
            "id": f"ch_{sale.number}",
            "Description": "Payment, thank you",
            "Created (UTC)": f"{sale.at:%Y-%m-%d %H:%M}",
            "Amount": money(sale.cost),
            "Amount Refunded": money(refunded(sale)),
            "Currency": "eur",
            "Converted Amount": money(sale.cost),
            "Converted Amount Refunded": money(refunded(sale)),
            "Fee": "0.30",
            "Converted Currency": "eur",
            "Mode": "Test" if sale.number % 17 == 0 else "Live",
            "Status": "Failed" if sale.number % 10 == 0 else "Refunded" if sale.number % 7 == 0 else "Paid",
            "Customer ID": "" if sale.customer is None else f"cus_{sale.customer}",
            "Customer Email": f"C{sale.customer}@example.com" if sale.customer and sale.customer % 2 else "",
            "Captured": "true" if sale.number % 19 else "false",
        }
        for sale in made
    ]


def paid(made: list[Sale]) -> Truth:
    sold = [s for s in made if s.number % 17 and s.number % 10 and s.number % 19 and refunded(s) < s.cost]
    return truth(((sale, sale.cost - refunded(sale)) for sale in sold), lines=len(sold), units=len(sold))


def magento(made: list[Sale]) -> list[dict[str, str]]:
    """Some pay in dollars, at two for one."""
    return [
        {
            "ID": f"{sale.number:09d}",
            "Purchase Point": "Main Website\nMain Store\nDefault View",
            "Purchase Date": f"{sale.at:%b} {sale.at.day}, {sale.at:%Y %I:%M:%S %p}",
            "Bill-to Name": "Zoé",
            "Grand Total (Base)": f"{sale.cost / 100:.4f}",
            "Grand Total (Purchased)": f"{(1 + sale.number % 2) * sale.cost / 100:.4f}",
            "Status": GRID[sale.number % len(GRID)],
            "Customer Email": "" if sale.customer is None else f"C{sale.customer}@example.com",
            "Subtotal": f"{sale.cost / 100:.4f}",
            "Total Refunded": f"{(1 + sale.number % 2) * (refunded(sale) % sale.cost) / 100:.4f}",
        }
        for sale in made
    ]


def ordered(made: list[Sale]) -> Truth:
    sold = [sale for sale in made if GRID[sale.number % len(GRID)] in {"Complete", "Processing", "Pending"}]
    return truth(((sale, sale.cost - refunded(sale) % sale.cost) for sale in sold), lines=len(sold), units=len(sold))


STRIPE, STRIPE_TRUTH = stripe(MADE), paid(MADE)
MAGENTO, MAGENTO_TRUTH = magento(MADE), ordered(MADE)
