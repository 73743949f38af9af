"""Exports as people bring them: what is drafted without an edit gives the shop's right numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest
import yaml

from core.workspace import Workspace
from pipelines.ingest import run
from pipelines.sources.header_names import protected_attribute, score
from tests.pipelines import field
from tests.pipelines.field import Line

Shape = Callable[[Line], dict[str, object]]


def sold() -> list[Line]:
    """The first fifth of the field's order lines: enough for the rows to tell."""
    return field.lines()[:700]


SHOP = (700, float(sum(int(li["quantity"]) for li in sold())), round(sum(float(li["revenue"]) for li in sold()), 2))
UNITS, REVENUE = int(SHOP[1]), SHOP[2]
ORDERS, CUSTOMERS, PRODUCTS = (len({li[key] for li in sold()}) for key in ("order_id", "customer_id", "product_id"))
REFUNDED = -(-ORDERS // 37)


def taken_in(tmp_path: Path, rows: list[dict[str, object]]) -> Workspace:
    """The shop whose order lines are written like this, drafted and ingested as drafted."""
    workspace = field.drafted(tmp_path / "shop", field.write(tmp_path / "orders.csv", rows))
    run(workspace)
    return workspace


def drafted(workspace: Workspace, table: str = "orders") -> dict[str, Any]:
    config = yaml.safe_load(workspace.mapping_file.read_text())
    found: dict[str, Any] = config["tables"][table]
    return found


def price(line: Line) -> float:
    return round(float(line["revenue"]) / int(line["quantity"]), 2)


def orders() -> Iterator[list[Line]]:
    """The lines, order by order."""
    lines = sorted(sold(), key=lambda line: line["order_id"])
    for _, order in groupby(lines, key=lambda line: line["order_id"]):
        yield list(order)


# --- an export of orders: what is said of the order stands on its first line only ---


def export_of_orders(
    *, every_line: tuple[str, ...] = ("Name", "Customer Email", "Created at")
) -> list[dict[str, object]]:
    """Like a platform's, but for the name of a column: no preset knows it."""
    rows: list[dict[str, object]] = []
    for number, order in enumerate(orders()):
        subtotal = sum(float(line["revenue"]) for line in order)
        for place, line in enumerate(order):
            of_the_order = {
                "Name": f"#{1001 + number}",
                "Customer Email": f"c{line['customer_id']}@example.com",
                "Financial Status": "refunded" if number % 37 == 0 else "paid",
                "Currency": "GBP",
                "Subtotal": f"{subtotal:.2f}",
                "Shipping": "4.95",
                "Taxes": f"{subtotal / 5:.2f}",
                "Total": f"{subtotal * 1.2 + 4.95:.2f}",
                "Discount Amount": "0.00" if number % 5 else "2.00",
                "Created at": f"{order[0]['ordered_at']}",
            }
            of_the_line = {
                "Lineitem quantity": line["quantity"],
                "Lineitem name": line["name"],
                "Lineitem price": f"{price(line):.2f}",
                "Lineitem compare at price": "",
                "Lineitem sku": line["product_id"] if line["product_id"] != "20222" else "",
                "Billing Country": "GB" if place == 0 else "",
                "Vendor": "House",
                "Id": 45_000_000 + number if place == 0 else "",
                "Lineitem discount": "0.00",
            }
            shown = {name: v if place == 0 or name in every_line else "" for name, v in of_the_order.items()}
            rows.append({**shown, **of_the_line})
    return rows


def test_an_export_of_orders_gives_the_lines_their_own_price(tmp_path: Path) -> None:
    shop = taken_in(tmp_path, export_of_orders())
    assert drafted(shop)["columns"]["revenue"] == '"Lineitem quantity" * "Lineitem price"'
    counts = "count(DISTINCT order_id), count(DISTINCT customer_id), count(DISTINCT product_id), count(region)"
    assert field.ask(shop, f"{field.TOTALS}, {counts}") == (*SHOP, ORDERS, CUSTOMERS, PRODUCTS, 700)
    text = shop.mapping_file.read_text()
    assert "once an order, so no column of a line: Subtotal, Total" in text
    assert "orders with Financial Status refunded are taken in as sold; to leave them out" in text


@pytest.mark.parametrize("every_line", [("Name",), ()], ids=["only the order's name", "nothing"])
def test_what_later_lines_of_an_order_leave_out_is_carried_down(tmp_path: Path, every_line: tuple[str, ...]) -> None:
    shop = taken_in(tmp_path, export_of_orders(every_line=every_line))
    counts = "count(DISTINCT order_id), count(DISTINCT customer_id), count(customer_id)"
    assert field.ask(shop, f"{field.TOTALS}, {counts}") == (*SHOP, ORDERS, CUSTOMERS, 700)


def test_the_advice_on_refunded_orders_can_be_followed(tmp_path: Path) -> None:
    shop = taken_in(tmp_path, export_of_orders())
    [remark] = [line for line in shop.mapping_file.read_text().splitlines() if "to leave them out: where:" in line]
    config = yaml.safe_load(shop.mapping_file.read_text())
    config["tables"]["orders"] |= yaml.safe_load(remark.partition("out: ")[2])
    shop.mapping_file.write_text(yaml.safe_dump(config))
    run(shop, replace="orders")
    assert field.ask(shop, "count(DISTINCT order_id)") == (ORDERS - REFUNDED,)


# --- discounts ---


def share(line: Line) -> float:
    return (0.0, 0.2, 0.5, 0.1)[int(line["product_id"]) % 4]


def superstore(line: Line) -> dict[str, object]:
    paid = float(line["revenue"]) * (1 - share(line))
    return {
        "Order ID": line["order_id"],
        "Order Date": line["ordered_at"],
        "Customer ID": line["customer_id"],
        "Customer Name": "A Person",
        "Segment": "Consumer",
        "Product ID": line["product_id"],
        "Category": line["category"],
        "Product Name": line["name"],
        "Sales": f"{paid:.4f}",
        "Quantity": line["quantity"],
        "Profit": f"{paid / 5:.4f}",
    }


TAKEN_OFF = round(sum(float(line["revenue"]) * share(line) for line in sold()), 2)
DISCOUNTS: dict[str, Shape] = {
    "a share of one": lambda line: {**superstore(line), "Discount": f"{share(line):g}"},
    "percent, with the sign": lambda line: {**superstore(line), "Discount": f"{100 * share(line):g}%"},
    "percent, by the name": lambda line: {**superstore(line), "Discount %": f"{100 * share(line):g}"},
    "negative shares": lambda line: {**superstore(line), "Discount": f"{-share(line):g}"},
    "an amount": lambda line: {**superstore(line), "Discount": f"{float(line['revenue']) * share(line):.4f}"},
    "negative amounts": lambda line: {**superstore(line), "Rabatt": f"{-float(line['revenue']) * share(line):.4f}"},
    "percent, by what comes out": lambda line: {
        **superstore(line),
        "Unit Price": price(line),
        "Discount": f"{100 * share(line):g}",
    },
}


@pytest.mark.parametrize("shape", DISCOUNTS.values(), ids=DISCOUNTS.keys())
def test_however_a_discount_is_written_it_is_the_money_taken_off(tmp_path: Path, shape: Shape) -> None:
    shop = taken_in(tmp_path, [shape(line) for line in sold()])
    revenue, discount = field.ask(shop, "sum(revenue), sum(discount)")
    assert revenue == pytest.approx(REVENUE - TAKEN_OFF, abs=0.05)
    assert discount == pytest.approx(TAKEN_OFF, abs=0.05)
    assert set(drafted(shop, "products")["columns"]) == {"product_id", "name", "category"}


@pytest.mark.parametrize("percent", [False, True], ids=["a share", "an amount"])
def test_without_line_totals_the_discount_is_taken_off_the_price(tmp_path: Path, percent: bool) -> None:
    def shape(line: Line) -> dict[str, object]:
        row = superstore(line)
        del row["Sales"]
        off = f"{float(line['revenue']) * share(line):.4f}" if percent else f"{share(line):g}"
        return {**row, "Price": price(line), "Discount": off}

    shop = taken_in(tmp_path, [shape(line) for line in sold()])
    revenue, discount = field.ask(shop, "sum(revenue), sum(discount)")
    assert (revenue, discount) == pytest.approx((REVENUE - TAKEN_OFF, TAKEN_OFF), abs=0.05)


# --- quantity, price of a piece, line total ---


def plain(line: Line, **amounts: object) -> dict[str, object]:
    return {
        "order": line["order_id"],
        "customer": line["customer_id"],
        "sku": line["product_id"],
        "date": line["ordered_at"],
        **amounts,
    }


AMOUNTS: dict[str, Shape] = {
    "a price that is the line's total": lambda li: plain(li, qty=li["quantity"], price=li["revenue"]),
    "an amount that is the price of a piece": lambda li: plain(li, qty=li["quantity"], amount=price(li)),
    "both": lambda li: plain(li, qty=li["quantity"], price=price(li), total=li["revenue"]),
    "both, under names that say the opposite": lambda li: plain(
        li, qty=li["quantity"], price=li["revenue"], amount=price(li)
    ),
    "an amount that is the quantity": lambda li: plain(li, AMOUNT=li["quantity"], SALES_PRICE=li["revenue"]),
    "in German": lambda li: {
        "Auftragsnr": li["order_id"],
        "Kundennr": li["customer_id"],
        "Artikelnr": li["product_id"],
        "Bestelldatum": li["ordered_at"],
        "Stückzahl": li["quantity"],
        "Stückpreis": price(li),
    },
    "in French": lambda li: {
        "Numéro de commande": li["order_id"],
        "Client": li["customer_id"],
        "Référence": li["product_id"],
        "Date de commande": li["ordered_at"],
        "Quantité": li["quantity"],
        "Prix unitaire": price(li),
    },
    "in Spanish": lambda li: {
        "Número de pedido": li["order_id"],
        "Cliente": li["customer_id"],
        "Código producto": li["product_id"],
        "Fecha": li["ordered_at"],
        "Cantidad": li["quantity"],
        "Importe": li["revenue"],
    },
    "in Chinese": lambda li: {
        "订单编号": li["order_id"],
        "客户编号": li["customer_id"],
        "产品编号": li["product_id"],
        "下单时间": li["ordered_at"],
        "数量": li["quantity"],
        "金额": li["revenue"],
    },
}


@pytest.mark.parametrize("shape", AMOUNTS.values(), ids=AMOUNTS.keys())
def test_the_rows_decide_what_is_a_quantity_a_price_and_a_total(tmp_path: Path, shape: Shape) -> None:
    shop = taken_in(tmp_path, [shape(line) for line in sold()])
    counts = "count(DISTINCT order_id), count(DISTINCT customer_id), count(DISTINCT product_id)"
    assert field.ask(shop, f"{field.TOTALS}, {counts}") == (*SHOP, ORDERS, CUSTOMERS, PRODUCTS)


def test_a_till_without_orders_sells_a_customer_one_order_a_day(tmp_path: Path) -> None:
    """The header of a Taiwanese grocer: AMOUNT is a quantity, AGE_GROUP a protected attribute, no category."""

    def shape(line: Line) -> dict[str, object]:
        year, month, day = line["ordered_at"][:10].split("-")
        return {
            "TRANSACTION_DT": f"{int(month)}/{int(day)}/{year}",
            "CUSTOMER_ID": f"000{line['customer_id']}",
            "AGE_GROUP": f"{20 + int(line['customer_id']) % 9}-{29 + int(line['customer_id']) % 9}",
            "PIN_CODE": "115",
            "PRODUCT_SUBCLASS": line["category"],
            "PRODUCT_ID": line["product_id"],
            "AMOUNT": line["quantity"],
            "ASSET": round(float(line["revenue"]) * 0.8),
            "SALES_PRICE": round(float(line["revenue"])),
        }

    rows = [shape(line) for line in sold()]
    shop = taken_in(tmp_path, rows)
    days = {(line["customer_id"], line["ordered_at"][:10]) for line in sold()}
    paid = float(sum(int(str(row["SALES_PRICE"])) for row in rows))
    assert field.ask(shop, f"{field.TOTALS}, count(DISTINCT order_id)") == (700, float(UNITS), paid, len(days))
    assert drafted(shop, "products")["columns"]["category"] == "PRODUCT_SUBCLASS"
    assert drafted(shop, "protected")["constants"] == {"attribute": "age_band"}
    assert len(shop.tables.protected_files()) == 1


def test_orders_of_a_customer_and_day_are_cut_out_of_moments(tmp_path: Path) -> None:
    rows: list[dict[str, object]] = []
    for line in sold():
        row = plain(line, qty=line["quantity"], total=line["revenue"])
        del row["order"]
        rows.append(row)
    shop = taken_in(tmp_path, rows)
    assert "left(date, 10)" in drafted(shop)["columns"]["order_id"]
    days = {(line["customer_id"], line["ordered_at"][:10]) for line in sold()}
    assert field.ask(shop, "count(DISTINCT order_id)") == (len(days),)


# --- one row a piece ---


def pieces() -> list[Line]:
    return [
        {**line, "quantity": "1", "revenue": f"{price(line)}", "order_item_id": str(number)}
        for order in orders()
        for number, line in enumerate((li for li in order for _ in range(int(li["quantity"]))), start=1)
    ]


KEYS = ("order_id", "customer_id", "product_id", "ordered_at")
PIECES = {
    "numbered": (*KEYS, "order_item_id", "quantity", "revenue"),
    "not numbered": (*KEYS, "quantity", "revenue"),
    "without a quantity": (*KEYS, "order_item_id", "price", "freight_value"),
}


@pytest.mark.parametrize("names", PIECES.values(), ids=PIECES.keys())
def test_one_row_a_piece_is_a_line_for_every_unit(tmp_path: Path, names: tuple[str, ...]) -> None:
    rows = [{**line, "price": line["revenue"], "freight_value": "3.5"} for line in pieces()]
    shop = taken_in(tmp_path, [{name: row[name] for name in names} for row in rows])
    assert field.ask(shop, field.TOTALS) == (UNITS, float(UNITS), REVENUE)
    assert run(shop).generation == 1


@pytest.mark.parametrize("name", ["Line number", "Position", "Pos.", "order_item_id", "Zeile", "Row ID", "行号"])
def test_the_number_of_a_line_goes_by_many_names(tmp_path: Path, name: str) -> None:
    rows = [{**{k: line[k] for k in (*KEYS, "quantity", "revenue")}, name: line["order_item_id"]} for line in pieces()]
    assert drafted(taken_in(tmp_path, rows))["columns"]["line_id"] == name


def test_a_number_that_does_not_tell_lines_apart_is_no_line_id(tmp_path: Path) -> None:
    rows: list[dict[str, object]] = [{**line, "line_id": line["order_id"]} for line in sold()]
    shop = taken_in(tmp_path, rows)
    assert "line_id" not in drafted(shop)["columns"]
    assert "line_id does not tell the lines of an order apart" in shop.mapping_file.read_text()
    assert field.ask(shop, field.TOTALS) == SHOP


# --- names ---


@pytest.mark.parametrize(
    ("column", "role"),
    [
        ("Ship Date", "ordered_at"), ("Order Date", "order_id"), ("Customer Name", "customer_id"),
        ("Quantity Refunded", "quantity"), ("Shipping Price", "unit_price"), ("Discount Code", "discount"),
        ("Customer Group", "category"), ("Product Category", "product_id"), ("Order Total", "order_id"),
        ("AGE_GROUP", "category"), ("Line Total", "line_id"),
    ],
)  # fmt: skip
def test_a_name_beside_certain_words_means_something_else(column: str, role: str) -> None:
    assert score(column, role) == 0


@pytest.mark.parametrize("column", ["AGE_GROUP", "Gender", "Geschlecht", "sex", "Income Band", "年龄"])
def test_protected_attributes_are_known_by_name(column: str) -> None:
    assert protected_attribute(column)
