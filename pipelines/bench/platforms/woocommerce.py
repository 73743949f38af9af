"""The shapes of two exports of WooCommerce."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from pipelines.bench.invented_shop import InventedShop, Sale, Truth, range_of, returned, truth
from pipelines.bench.platform_export import Line, PlatformExport

SLUGS = ("completed", "completed", "processing", "on-hold", "refunded", "cancelled", "failed", "pending")
MOMENT = "%Y-%m-%d %H:%M:%S"
PARIS = InventedShop("boutique", "Europe/Paris", "EUR", "FR", seed=11, guests=False)
WARSAW = InventedShop(
    "sklep",
    "Europe/Warsaw",
    "PLN",
    "PL",
    seed=111,
    orders=1_100,
    customers=380,
    products=range_of(("Kubek", "Świeca", "Talerz, głęboki", "Łyżka", 'Garnek 24"'), ("mały", "średni", "duży")),
    every=(1, 9),
    guests=False,
)
BERLIN = InventedShop("laden", "Europe/Berlin", "EUR", "DE", seed=12)
SEOUL = InventedShop(
    "gage",
    "Asia/Seoul",
    "KRW",
    "KR",
    seed=112,
    orders=1_200,
    customers=400,
    products=range_of(("머그컵", "양말", "가방", "우산, 접이식", "수건"), ("빨강", "파랑", "검정")),
    every=(1, 9),
    prices=(90_000, 9_000_000),
    unit=100,
)


def _back(made: Sequence[Sale]) -> list[Sale]:
    """Every eleventh order comes back, as a row of its own."""
    return [returned(sale, sale.number + 50_000) for sale in made if sale.number % 11 == 0]


def _amounts(made: Sequence[Sale]) -> list[Sale]:
    """Refunds of an amount, which name no product."""
    return [Sale(s.number + 90_000, s.customer, s.at, (), discount=s.shipping + 100) for s in made[::20]]


def analytics(shop: InventedShop, made: Sequence[Sale], browser: bool = False) -> list[Line]:
    """A row for each order and each refund; `browser`: as later versions write it."""
    return [_order(shop, sale, browser) for sale in [*made, *_back(made), *_amounts(made)]]


def _order(shop: InventedShop, sale: Sale, browser: bool) -> Line:
    net = shop.money(sale.net)
    formatted = {} if browser else {"N. Revenue (formatted)": f"&pound;{net}"}
    return {
        "Date": f"{sale.at:{MOMENT}}",
        "Order #": str(sale.number),
        **formatted,
        "Status": "completed",
        "Customer": f"Zoé Customer{sale.customer}",
        "Customer type": "returning",
        "Product(s)": ", ".join(f"{item.quantity}\u00d7 {item.name}" for item in sale.items),
        "Items sold": str(sum(item.quantity for item in sale.items)),
        "Coupon(s)": "",
        "Net sales" if browser else "N. Revenue": net,
    }


def known_analytics(made: Sequence[Sale]) -> Truth:
    """Refunds of an amount are a line of no product."""
    told = truth((sale, sale.net) for sale in [*made, *_back(made), *_amounts(made)])
    of_amounts = len(_amounts(made))
    return replace(told, lines=told.lines + of_amounts, products=told.products + bool(of_amounts))


def wide(shop: InventedShop, made: Sequence[Sale]) -> list[Line]:
    """A row for each order, its lines in cells beside each other."""
    return [
        {
            "order_id": str(7 * sale.number),
            "order_number": str(sale.number),
            "order_date": f"{sale.at:{MOMENT}}",
            "status": SLUGS[sale.number % len(SLUGS)],
            "shipping_total": shop.money(sale.shipping),
            "order_total": shop.money(sale.net + sale.shipping),
            "order_currency": shop.currency,
            "customer_id": "0" if sale.customer is None else str(sale.customer),
            "customer_email": "" if sale.customer is None else f"Kunde{sale.customer}@example.com",
            "billing_country": shop.country,
            "refund_items": "",
            **{f"line_item_{index + 1}": _cell(shop, sale, index) for index in range(5)},
        }
        for sale in made
    ]


def _paid(shop: InventedShop, sale: Sale, index: int) -> int:
    """What a line costs after its share of the discount."""
    cost = sale.items[index].cost
    return cost - sale.discount * cost // sale.cost // shop.unit * shop.unit


def _cell(shop: InventedShop, sale: Sale, index: int) -> str:
    if index >= len(sale.items):
        return ""
    item = sale.items[index]
    sku = "" if item.product == 3 else item.sku
    return (
        f"name:{item.name}|product_id:{90 + item.product}|sku:{sku}|quantity:{item.quantity}"
        f"|total:{shop.money(_paid(shop, sale, index))}|sub_total:{shop.money(item.cost)}"
    )


def known_wide(shop: InventedShop, made: Sequence[Sale]) -> Truth:
    """Orders that were paid, or will be."""
    sold = [sale for sale in made if SLUGS[sale.number % len(SLUGS)] in {"completed", "processing", "on-hold"}]
    return truth((sale, sum(_paid(shop, sale, index) for index in range(len(sale.items)))) for sale in sold)


ANALYTICS = PlatformExport(
    preset="woocommerce-analytics",
    shop=PARIS,
    rows=partial(analytics, PARIS),
    truth=known_analytics,
    order="Order #",
    moments={"Date": MOMENT},
    amounts=("N. Revenue",),
    counts=("Items sold",),
    ids=("Order #",),
    texts=("Customer",),
)
BROWSER = replace(ANALYTICS, shop=WARSAW, rows=partial(analytics, WARSAW, browser=True), amounts=("Net sales",))
WIDE = PlatformExport(
    preset="woocommerce-wide",
    shop=BERLIN,
    rows=partial(wide, BERLIN),
    truth=partial(known_wide, BERLIN),
    order="order_id",
    moments={"order_date": MOMENT},
    amounts=("shipping_total", "order_total"),
    ids=("order_id", "order_number"),
    texts=("refund_items",),
)
KOREAN = replace(WIDE, shop=SEOUL, rows=partial(wide, SEOUL), truth=partial(known_wide, SEOUL))
EXPORTS = (ANALYTICS, BROWSER, WIDE, KOREAN)
