"""What a draft makes of amounts that can be misread: totals of orders, list prices, money given back, hundredths."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import duckdb
import pytest

from core.workspace import Workspace
from pipelines.ingest import run
from pipelines.initialise import initialise
from pipelines.sources.draft import Draft, draft
from pipelines.start import questions

LINES = [(f"o{i // 3}", f"c{i % 5}", f"p{i % 7}", 1 + i % 4, 2.5 + i % 7) for i in range(90)]
SOLD = sum(pieces * price for *_, pieces, price in LINES)
HEADER = ("Order No", "Customer", "SKU", "Qty", "Order Date")


def export(folder: Path, more: tuple[str, ...], values: Any) -> str:
    """Order lines with further columns; `values` gives those of a line by its number and what it holds."""
    path = folder / "export.csv"
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([*HEADER, *more])
        for i, line in enumerate(LINES):
            order, customer, sku, pieces, _ = line
            writer.writerow([order, customer, sku, pieces, f"2026-03-{1 + i // 3 % 28:02d} 10:00:00", *values(i, line)])
    return str(path)


def drafted(place: str, folder: Path) -> tuple[Draft, float]:
    """The draft, and the revenue that its mapping takes in with the likely answers."""
    made = draft(place, folder / "shop")
    initialise(folder / "shop", place, answers=questions.answer(made.doubts, questions.likely))
    run(Workspace.open(folder / "shop"))
    workspace = Workspace.open(folder / "shop")
    with duckdb.connect() as connection:
        workspace.tables.register(connection)
        [(revenue,)] = connection.execute("SELECT sum(revenue) FROM orders").fetchall()
    return made, revenue


def test_what_an_order_comes_to_is_not_taken_for_what_each_of_its_lines_costs(tmp_path: Path) -> None:
    totals = {o: sum(q * p for order, *_, q, p in LINES if order == o) for o, *_ in LINES}
    made = draft(export(tmp_path, ("Total",), lambda i, line: [totals[line[0]]]), tmp_path)
    assert made.missing == ("revenue",)
    assert "once an order, so no column of a line: Total" in made.notes


@pytest.mark.parametrize("before", ["List price", "Original price", "RRP", "UVP"])
def test_a_price_that_nobody_paid_gives_way_to_the_one_that_was(tmp_path: Path, before: str) -> None:
    place = export(tmp_path, (before, "Price paid"), lambda i, line: [2 * line[4], line[4]])
    assert drafted(place, tmp_path)[1] == pytest.approx(SOLD)


BACK = [i for i in range(len(LINES)) if i % 9 == 0]
GIVEN = sum(LINES[i][3] * LINES[i][4] for i in BACK)


@pytest.mark.parametrize(
    ("name", "sold", "back"),
    [("Type", "Sale", "Refund"), ("Is Return", "No", "Yes"), ("Document type", "Invoice", "Credit note")],
)
def test_lines_that_a_word_says_were_given_back_count_below_zero(
    tmp_path: Path, name: str, sold: str, back: str
) -> None:
    place = export(tmp_path, ("Unit Price", name), lambda i, line: [line[4], back if i in BACK else sold])
    made, revenue = drafted(place, tmp_path)
    assert "given_back" in {doubt.about for doubt in made.doubts}
    assert revenue == pytest.approx(SOLD - 2 * GIVEN)


def test_a_total_above_zero_is_given_back_where_its_quantity_is_below(tmp_path: Path) -> None:
    path = Path(export(tmp_path, ("Line Total",), lambda i, line: [line[3] * line[4]]))
    rows = list(csv.reader(path.open()))
    for i in BACK:
        rows[i + 1][3] = str(-int(rows[i + 1][3]))
    with path.open("w", newline="") as file:
        csv.writer(file).writerows(rows)
    assert drafted(str(path), tmp_path)[1] == pytest.approx(SOLD - 2 * GIVEN)


def test_hundredths_are_told_by_the_name_of_the_column(tmp_path: Path) -> None:
    place = export(tmp_path, ("unit_price_cents",), lambda i, line: [round(100 * line[4])])
    assert drafted(place, tmp_path)[1] == pytest.approx(SOLD)


def test_what_was_given_back_beside_a_line_is_named(tmp_path: Path) -> None:
    place = export(tmp_path, ("Unit Price", "Refunded"), lambda i, line: [line[4], line[4] if i in BACK else 0])
    assert any(note.startswith("what Refunded says was given back") for note in draft(place, tmp_path).notes)


def test_a_quantity_that_is_no_number_is_not_replaced_by_one(tmp_path: Path) -> None:
    path = Path(export(tmp_path, ("Unit Price",), lambda i, line: [line[4]]))
    path.write_text("\n".join([*HEADER_LINE, *(_with_unit(row) for row in path.read_text().splitlines()[1:])]))
    made = draft(str(path), tmp_path)
    assert made.missing == ("quantity",)
    assert any("is no number, so it is no quantity" in note for note in made.notes)


HEADER_LINE = [",".join([*HEADER, "Unit Price"])]


def _with_unit(row: str) -> str:
    cells = row.split(",")
    return ",".join([*cells[:3], f"{cells[3]} pcs", *cells[4:]])


def test_a_time_whose_name_says_utc_is_read_by_that_clock(tmp_path: Path) -> None:
    path = Path(export(tmp_path, ("Unit Price",), lambda i, line: [line[4]]))
    path.write_text(path.read_text().replace("Order Date", "Created at (UTC)"))
    made = draft(str(path), tmp_path, questions.answer(draft(str(path), tmp_path).doubts, lambda doubt: "Asia/Tokyo"
                                                       if doubt.about == "timezone" else ""))  # fmt: skip
    assert "zone: UTC}   # as its name says" in made.text


def test_a_state_that_tells_of_orders_is_no_region(tmp_path: Path) -> None:
    place = export(tmp_path, ("Unit Price", "State"), lambda i, line: [line[4], "VOID" if i in BACK else "OK"])
    made, revenue = drafted(place, tmp_path)
    assert "region" not in made.roles
    assert revenue == pytest.approx(SOLD - GIVEN)


def test_a_reference_that_no_two_rows_share_is_the_orders(tmp_path: Path) -> None:
    path = tmp_path / "orders.csv"
    rows = [f"{i};XR{i};c{i % 9};{10 + i}.50;2026-03-{1 + i % 28:02d} 10:00:00" for i in range(60)]
    path.write_text("\n".join(["ID;Reference;Customer;Total;Date", *rows]))
    made = draft(str(path), tmp_path)
    assert (made.roles["order_id"], made.missing) == ("Reference", ())


def test_an_order_refunded_in_part_is_not_asked_about_as_if_nothing_were_left(tmp_path: Path) -> None:
    says = ["paid", "partially_refunded", "refunded"]
    made = draft(export(tmp_path, ("Unit Price", "Status"), lambda i, line: [line[4], says[i // 3 % 3]]), tmp_path)
    [doubt] = [each for each in made.doubts if each.about == "unsold"]
    assert doubt.asks.startswith("Orders with Status refunded:")
    assert any(note.startswith("orders with Status partially_refunded are taken in as sold") for note in made.notes)


def test_hundredths_given_back_are_hundredths_too(tmp_path: Path) -> None:
    path = Path(export(tmp_path, ("total_cents",), lambda i, line: [round(100 * line[3] * line[4])]))
    rows = list(csv.reader(path.open()))
    for i in BACK:
        rows[i + 1][3] = str(-int(rows[i + 1][3]))
    with path.open("w", newline="") as file:
        csv.writer(file).writerows(rows)
    assert drafted(str(path), tmp_path)[1] == pytest.approx(SOLD - 2 * GIVEN)
