"""A sheet of a workbook comes out as the same table in a text file does; what a spreadsheet did to it is said."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path

import duckdb
import pytest

from core.errors import DataError, MappingError, RegularsError
from core.workspace import Workspace
from pipelines.ingest import run
from pipelines.initialise import initialise
from pipelines.sources.draft import draft
from pipelines.sources.file_form import FileForm
from pipelines.sources.locations import locate
from pipelines.sources.mapping_form import Csv
from pipelines.sources.source import ROW
from tests.pipelines import field, workbooks
from tests.pipelines.conftest import HEADER, Shop, orders
from tests.pipelines.workbooks import Rows, failed, formula

WRITERS: dict[str, Callable[..., Path]] = {".xlsx": workbooks.xlsx, ".xls": workbooks.xls, ".ods": workbooks.ods}
HEAD = HEADER.split(",")
LINE = ["a", "o1", "p1", datetime(2024, 3, 1, 10), 2, 1.5]


def refused(folder: Path, name: str, csv: Csv | None = None) -> str:
    with pytest.raises(RegularsError) as caught:
        staged(folder, name, csv)
    return str(caught.value)


def staged(folder: Path, name: str, csv: Csv | None = None) -> tuple[list[tuple[str | None, ...]], list[str]]:
    """The rows that are read from a place, the header first, and what is said of them."""
    origin = locate(name, FileForm(csv or Csv()), folder, "orders")
    with duckdb.connect() as connection:
        found = origin.stage(connection, "rows")
        rows = connection.execute(f"SELECT * EXCLUDE ({ROW}) FROM rows ORDER BY {ROW}").fetchall()
    return [tuple(found.types), *rows], list(found.notes)


def sheet(*rows: list[object], head: list[str] = HEAD) -> Rows:
    return [head, *rows]  # type: ignore[list-item]


@pytest.mark.parametrize("suffix", WRITERS)
def test_a_workbook_needs_no_edit(tmp_path: Path, suffix: str) -> None:
    lines = field.lines()
    rows: list[list[object]] = [list(lines[0])]
    for line in lines:
        row = dict[str, object](line) | {"ordered_at": datetime.fromisoformat(line["ordered_at"])}
        rows.append([*row.values()])
    numbers = {"quantity": float, "revenue": float, "unit_price": float}
    for row in rows[1:]:
        for index, name in enumerate(lines[0]):
            row[index] = numbers.get(name, lambda value: value)(row[index])
    WRITERS[suffix](tmp_path / f"orders{suffix}", {"Notes": [["made by till 4"]], "Orders": rows})
    initialise(tmp_path / "shop", str(tmp_path / f"orders{suffix}"))
    workspace = Workspace.open(tmp_path / "shop")
    run(workspace)
    assert field.ask(workspace, field.TOTALS) == field.SHOP


@pytest.mark.parametrize("suffix", WRITERS)
def test_cells_are_text_as_a_person_sees_them(tmp_path: Path, suffix: str) -> None:
    row = ["007", 12, 19.989999999999998, date(2024, 3, 2), None, 1234567890123]
    WRITERS[suffix](tmp_path / f"a{suffix}", {"Sheet1": sheet(row, head=list("abcdef"))})
    [_, read], _ = staged(tmp_path, f"a{suffix}")
    assert read == ("007", "12", "19.99", "2024-03-02", None, "1234567890123")


def test_a_number_beyond_the_digits_of_a_spreadsheet_is_no_id(shop: Shop) -> None:
    good = [["a", f"o{i}", "p1", datetime(2024, 3, 1, 10), 1, 1] for i in range(30)]
    bad = ["a", 4006381333931234567, "p1", datetime(2024, 3, 1, 10), 1, 1]
    workbooks.xlsx(shop.root / "orders.xlsx", {"Sheet1": sheet(*good, bad)})
    shop.map(**{"from": "orders.xlsx"})
    report = run(shop.workspace)
    assert orders(report).quarantined == {"order_id is not an id: digits are lost, as in 4.00638E+12": 1}
    assert shop.quarantine()[0]["raw_order"] == "4.00638133393123E+18"


def test_rows_are_counted_as_the_sheet_counts_them(shop: Shop) -> None:
    good = [["a", f"o{i}", "p1", datetime(2024, 3, 1, 10), 1, 1] for i in range(40)]
    bad = ["a", "o99", "p1", datetime(2024, 3, 1, 10), "many", 1]
    titles: list[list[object]] = [["Order lines"], [None], ["From", "2024"]]
    workbooks.xlsx(shop.root / "orders.xlsx", {"Sheet1": [*titles, HEAD, *good, [None], bad]})  # type: ignore[list-item]
    shop.map(**{"from": "orders.xlsx"})
    run(shop.workspace)
    assert [(row["unit"], row["position"]) for row in shop.quarantine()] == [("row", 46)]


def test_decimal_commas_of_texts_and_the_points_of_numbers_are_told_apart(shop: Shop) -> None:
    texts = [["a", "o1", "p1", datetime(2024, 3, 1, 10), 1, "1.234,50"], ["a", "o2", "p1", LINE[3], 1, 1.125]]
    workbooks.xlsx(shop.root / "orders.xlsx", {"Sheet1": sheet(*texts)})
    shop.map(**{"from": "orders.xlsx", "csv": {"decimal": ",", "thousands": "."}})
    run(shop.workspace)
    assert sorted(shop.rows("revenue")) == [(1.125,), (1234.5,)]


def test_cells_that_are_dates_are_read_whatever_format_texts_have(shop: Shop) -> None:
    moments: list[object] = [datetime(2024, 3, 1, 10, 30), date(2024, 3, 2), "03/03/2024 10:30"]
    rows = [["a", f"o{number}", "p1", moment, 1, 1] for number, moment in enumerate(moments)]
    workbooks.xlsx(shop.root / "orders.xlsx", {"Sheet1": sheet(*rows)})
    shop.map(**{"from": "orders.xlsx", "timestamps": {"format": "%d/%m/%Y %H:%M"}})
    run(shop.workspace)
    read = [datetime(2024, 3, 1, 10, 30), datetime(2024, 3, 2), datetime(2024, 3, 3, 10, 30)]
    assert sorted(shop.rows("ordered_at")) == [(moment,) for moment in read]


def test_sheets_with_the_same_header_are_one_table_and_the_others_are_said(tmp_path: Path) -> None:
    sheets: dict[str, Rows] = {
        "Read me": [["orders of the shop"]],
        "Empty": sheet(),
        "Secret": sheet(["x"] * 6),
        "March": sheet(LINE),
        "April": sheet(LINE, LINE),
        "Stock": sheet(["p1", 3], head=["product", "pieces"]),
    }
    workbooks.xlsx(tmp_path / "orders.xlsx", sheets, hidden=["Secret"])
    rows, notes = staged(tmp_path, "orders.xlsx")
    assert len(rows) == 4
    assert notes == [
        "orders.xlsx: sheets with the same header are read as one table: 'March', 'April';"
        " left out, with another header: 'Stock'"
    ]
    assert notes[0].partition(": ")[2] in " ".join(draft(str(tmp_path / "orders.xlsx"), tmp_path).notes)
    assert [len(staged(tmp_path, f"orders.xlsx#{name}")[0]) for name in ("april", "Secret")] == [3, 2]


def test_a_row_of_several_sheets_is_named_by_its_sheet(shop: Shop) -> None:
    bad = ["a", "o9", "p1", datetime(2024, 4, 1, 10), "many", 1.5]
    workbooks.xlsx(shop.root / "orders.xlsx", {"March": sheet(*[LINE] * 2), "April": sheet(LINE, bad)})
    shop.map(**{"from": "orders.xlsx"})
    with pytest.raises(DataError, match=r"such as orders.xlsx#April, row 3 qty='many'"):
        run(shop.workspace)


def test_a_sheet_that_is_not_there_brings_the_nearest(tmp_path: Path) -> None:
    workbooks.xlsx(tmp_path / "orders.xlsx", {"March": sheet(LINE)})
    with pytest.raises(MappingError, match=r"orders.xlsx#Marhc: there is no sheet 'Marhc'; did you mean 'March'"):
        staged(tmp_path, "orders.xlsx#Marhc")


def test_the_row_of_the_header_can_be_told(tmp_path: Path) -> None:
    workbooks.xlsx(tmp_path / "a.xlsx", {"S": [["x", "y"], ["one", "two"], ["a", "b"]]})
    assert staged(tmp_path, "a.xlsx", Csv(header=2))[0] == [("one", "two"), ("a", "b")]
    assert "has no header on row 9" in refused(tmp_path, "a.xlsx#S", Csv(header=9))


@pytest.mark.parametrize("rows", [[], [["a"]], [HEAD]], ids=["nothing", "a title", "only a header"])
def test_a_workbook_without_a_table_is_said_to_have_none(tmp_path: Path, rows: Rows) -> None:
    workbooks.xlsx(tmp_path / "a.xlsx", {"Sheet1": rows})
    assert "a.xlsx: no sheet of the workbook has a header and rows" in refused(tmp_path, "a.xlsx")


def test_a_formula_is_its_value_and_its_text_where_nobody_worked_it_out(shop: Shop) -> None:
    good = [["a", f"o{i}", "p1", datetime(2024, 3, 1, 10), 1, formula("A1*2", "2")] for i in range(40)]
    bad = ["a", "o99", "p1", datetime(2024, 3, 1, 10), 1, formula("B2<3&C2")]
    worse = ["a", "o98", "p1", datetime(2024, 3, 1, 10), 1, failed("#DIV/0!")]
    workbooks.xlsx(shop.root / "orders.xlsx", {"Sheet1": sheet(*good, bad, worse)})
    shop.map(**{"from": "orders.xlsx"})
    run(shop.workspace)
    assert shop.rows("sum(revenue)") == [(80.0,)]
    assert [row["raw_price"] for row in shop.quarantine()] == ["=B2<3&C2", "#DIV/0!"]


def test_a_link_in_a_cell_is_kept_as_text(shop: Shop) -> None:
    link = '=HYPERLINK("http://example.com","mug")'
    rows = [
        ["a", "o1", link, datetime(2024, 3, 1, 10), 1, 1],
        ["a", "o2", formula('HYPERLINK("http://example.com","mug")', "mug"), datetime(2024, 3, 1, 10), 1, 1],
    ]
    workbooks.xlsx(shop.root / "orders.xlsx", {"Sheet1": sheet(*rows)})
    shop.map(**{"from": "orders.xlsx"})
    run(shop.workspace)
    assert sorted(shop.rows("product_id")) == [(link,), ("mug",)]


def test_a_password_is_said_to_be_in_the_way(tmp_path: Path) -> None:
    workbooks.protected(tmp_path / "a.xlsx")
    assert refused(tmp_path, "a.xlsx") == (
        "a.xlsx: the workbook is protected with a password; open it with the password and save it without one, or save"
        " the sheet as CSV UTF-8"
    )


def test_a_password_is_known_by_the_name_of_what_is_encrypted(tmp_path: Path) -> None:
    package = "EncryptedPackage".encode("utf-16-le")
    (tmp_path / "a.xlsx").write_bytes(bytes.fromhex("d0cf11e0a1b11ae1") + bytes(600) + package + bytes(5000))
    assert "a.xlsx: the workbook is protected with a password" in refused(tmp_path, "a.xlsx")


def test_a_damaged_workbook_is_said_to_be_damaged(tmp_path: Path) -> None:
    path = workbooks.xlsx(tmp_path / "a.xlsx", {"S": sheet(LINE)})
    path.write_bytes(path.read_bytes()[:-200])
    assert "a.xlsx: " in refused(tmp_path, "a.xlsx")
    workbooks.xls(tmp_path / "b.xls", {"S": sheet(LINE)})
    (tmp_path / "b.xls").write_bytes((tmp_path / "b.xls").read_bytes()[:700])
    assert "b.xls: the workbook can't be read" in refused(tmp_path, "b.xls")


def test_a_workbook_that_unpacks_to_a_mountain_is_refused(tmp_path: Path) -> None:
    path = workbooks.xlsx(tmp_path / "a.xlsx", {"S": sheet(LINE)})
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/media/blank.xml", b" " * (80 << 20))
    assert "the archive unpacks to far more than a table of its size (84 MB from 0.1 MB)" in refused(tmp_path, "a.xlsx")


def test_a_workbook_under_another_name_is_read_and_said(shop: Shop) -> None:
    workbooks.xlsx(shop.root / "orders.csv", {"Sheet1": sheet(LINE)})
    report = run(shop.workspace)
    assert shop.rows("revenue") == [(3.0,)]
    assert "orders.csv is a workbook by its content, not a text file, and is read as one" in orders(report).notes


def test_text_under_the_name_of_a_workbook_is_read_and_said(shop: Shop) -> None:
    shop.lines(["a,o1,p1,2024-03-01,2,1.5"], name="orders.xlsx")
    shop.map(**{"from": "orders.xlsx"})
    report = run(shop.workspace)
    assert shop.rows("revenue") == [(3.0,)]
    assert "orders.xlsx is a text file by its content, not a workbook, and is read as one" in orders(report).notes


def test_several_workbooks_are_one_table(shop: Shop) -> None:
    for month in (3, 4):
        rows = sheet(["a", f"o{month}", "p1", datetime(2024, month, 1, 10), 1, month])
        workbooks.xlsx(shop.root / f"{month}.xlsx", {"Read me": [["x"]], "Orders": rows})
    shop.map(**{"from": "*.xlsx#Orders"})
    run(shop.workspace)
    assert sorted(shop.rows("order_id, revenue")) == [("o3", 3.0), ("o4", 4.0)]


def test_an_empty_file_with_a_workbooks_name_is_said_to_be_empty(tmp_path: Path) -> None:
    (tmp_path / "a.xlsx").write_bytes(b"")
    with pytest.raises(DataError, match=r"a\.xlsx: the file is empty"):
        staged(tmp_path, "a.xlsx")
