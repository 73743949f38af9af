"""What a spreadsheet did to a file is named with its lines, and nothing is repaired."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import duckdb
import pytest

from core.errors import DataError
from core.workspace import Workspace
from pipelines.ingest import run
from pipelines.initialise import initialise
from pipelines.parsing.spreadsheet_dates import is_spreadsheet_date
from tests.pipelines import field, workbooks
from tests.pipelines.conftest import HEADER, Shop, orders


def line(number: int, **changes: str) -> str:
    cells = {"customer": "a", "order": f"o{number}", "product": "p1", "at": "2024-03-01", "qty": "1", "price": "2"}
    return ",".join((cells | changes).values())


def damage(shop: Shop, lines: list[str]) -> list[str]:
    shop.lines(lines)
    report = run(shop.workspace)
    assert orders(report).quarantined_rows == 0
    return [note for note in orders(report).notes if "spreadsheet" in note]


def test_zeros_lost_in_part_of_a_file_are_named_with_their_lines(shop: Shop) -> None:
    customers = ["00042", "00107", "42", "00042", "107", "8"]
    lines = [line(number, customer=customer) for number, customer in enumerate(customers)]
    assert damage(shop, lines) == [
        "orders: customer_id has lost its leading zeros in part of the file: 3 rows, such as line 4 (42, elsewhere"
        " 00042), line 6 (107, elsewhere 00107). They count as other ids than those with zeros: export the column anew,"
        " as text, without opening the file in a spreadsheet"
    ]
    assert {customer for (customer,) in shop.rows("customer_id")} == set(customers)


@pytest.mark.parametrize(
    "customers",
    [["007", "008"], ["7", "8"], ["007", "8"], ["007", "12345", "7x"], ["0", "7"], ["0042", "4200"]],
    ids=["all padded", "none padded", "no twin", "of any width", "a zero", "other numbers"],
)
def test_ids_that_are_only_different_are_not_suspected(shop: Shop, customers: list[str]) -> None:
    assert not damage(shop, [line(number, customer=customer) for number, customer in enumerate(customers)])


def test_ids_that_became_dates_are_named_with_their_lines(shop: Shop) -> None:
    products = ["10-1", "3-Oct", "12-40", "Oct-12", "A-7"]
    lines = [line(number, product=product) for number, product in enumerate(products)]
    [note] = damage(shop, lines)
    assert (
        "product_id is a date, as a spreadsheet makes of 3-10: 2 rows, such as line 3 (3-Oct), line 5 (Oct-12)" in note
    )


def test_orders_that_are_called_by_their_day_are_not_suspected(shop: Shop) -> None:
    assert not damage(shop, [line(day, order=f"2024-03-{day:02d}") for day in range(1, 9)])


def test_long_ids_that_all_end_in_zeros_are_named(shop: Shop) -> None:
    [note] = damage(shop, [line(day, order=f"193067985817{day:03d}0") for day in range(1, 9)])
    assert "order_id has only zeros behind its 15th digit" in note
    assert "line 2 (1930679858170010)" in note


def test_long_ids_of_which_some_end_in_a_zero_are_not_suspected(shop: Shop) -> None:
    assert not damage(shop, [line(day, order=f"193067985817{day:04d}") for day in (10, 11, 20, 30)])


def test_a_quantity_that_became_a_date_is_refused_with_its_line(shop: Shop) -> None:
    shop.lines([*(line(number) for number in range(60)), line(99, qty="3-Oct")])
    report = run(shop.workspace)
    reason = "quantity is a date where a number belongs, as a spreadsheet makes of 3-10"
    assert orders(report).quarantined[reason] == 1
    assert not any("quantity is not a number" in each for each in orders(report).quarantined)
    assert [(row["position"], row["raw_qty"]) for row in shop.quarantine()] == [(62, "3-Oct")]


def test_many_quantities_that_became_dates_stop_with_the_cure(shop: Shop) -> None:
    shop.lines([line(number, qty="3-Oct") for number in range(9)])
    with pytest.raises(DataError, match="export the file anew without opening it in a spreadsheet"):
        run(shop.workspace)


def test_days_that_a_sheet_holds_half_as_text_are_named(shop: Shop) -> None:
    days: list[object] = [datetime(2024, 4, 3), datetime(2024, 5, 3), "13/04/2024", "14/04/2024"]
    rows = [["a", f"o{number}", "p1", day, 1, 2] for number, day in enumerate(days)]
    workbooks.xlsx(shop.root / "orders.xlsx", {"S": [HEADER.split(","), *rows]})  # type: ignore[list-item]
    shop.map(**{"from": "orders.xlsx", "timestamps": {"format": "%d/%m/%Y"}})
    notes = orders(run(shop.workspace)).notes
    assert any("in at 2 cells are dates and 2 are text such as '13/04/2024' (row 4)" in note for note in notes)


@pytest.mark.parametrize("text", ["3-Oct", "03. Okt", "12-mars", "3-Oct-24", "Oct-12", "2024-10-03", "3/10/2024"])
def test_a_date_of_a_spreadsheet_is_one(text: str) -> None:
    assert duckdb.execute(f"SELECT {is_spreadsheet_date('?')}", [text]).fetchone() == (True,)


@pytest.mark.parametrize(
    "text", ["3-10", "12.50", "1.234,50", "MARCH1", "mug-12", "SET-20", "12 magnets", "10/24", "1E5"]
)
def test_a_code_or_a_number_is_none(text: str) -> None:
    assert duckdb.execute(f"SELECT {is_spreadsheet_date('?')}", [text]).fetchone() == (False,)


@pytest.mark.parametrize("suffix", [".csv", ".xlsx"])
def test_days_counted_as_spreadsheets_do_are_drafted_as_times(tmp_path: Path, suffix: str) -> None:
    lines = field.lines()
    for each in lines:
        days = datetime.fromisoformat(each["ordered_at"]) - datetime(1899, 12, 30)
        each["ordered_at"] = repr(days.total_seconds() / 86_400)
    file = field.write(tmp_path / "orders.csv", lines)
    if suffix == ".xlsx":
        rows = [[*map(float, [each["ordered_at"]]), *list(each.values())] for each in lines]
        head = ["ordered_at", *(name if name != "ordered_at" else "as text" for name in lines[0])]
        file = workbooks.xlsx(tmp_path / "orders.xlsx", {"S": [head, *rows]})
    initialise(tmp_path / "shop", str(file))
    workspace = Workspace.open(tmp_path / "shop")
    run(workspace)
    assert field.ask(workspace, f"{field.TOTALS}, min(ordered_at)::VARCHAR, max(ordered_at)::VARCHAR") == (
        *field.SHOP,
        "2022-01-03 16:27:00",
        "2022-10-29 17:40:00",
    )
