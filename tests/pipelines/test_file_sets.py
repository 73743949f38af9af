"""Several files are one table; files that are not what they seem are said to be so."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from core.errors import DataError, MappingError, RegularsError
from core.workspace import Workspace
from pipelines.ingest import run
from pipelines.initialise import initialise
from pipelines.sources.csv_file import CsvFile
from tests.pipelines import field
from tests.pipelines.conftest import HEADER, Shop, orders

MARCH = ["a,o1,p1,2024-03-01,1,2", "b,o2,p1,2024-03-02,1,3"]
APRIL = ["a,o3,p1,2024-04-01,1,5"]


def several(shop: Shop, *names: str) -> Shop:
    shop.map(**{"from": list(names) if len(names) > 1 else names[0]})
    return shop


def refusal(shop: Shop) -> RegularsError:
    with pytest.raises(RegularsError) as caught:
        run(shop.workspace)
    assert not shop.workspace.tables.manifest.tables
    return caught.value


@pytest.mark.parametrize("names", [["march.csv", "april.csv"], ["*.csv"]])
def test_several_files_are_one_table(shop: Shop, names: list[str]) -> None:
    shop.lines(MARCH, name="march.csv")
    shop.lines(APRIL, name="april.csv")
    report = run(several(shop, *names).workspace)
    assert (orders(report).read, orders(report).added) == (3, 3)
    assert shop.rows("sum(revenue)") == [(10.0,)]
    assert run(shop.workspace).tables[0].skipped


def test_headers_may_differ_in_order_and_in_separator(shop: Shop) -> None:
    shop.lines(MARCH, name="1.csv")
    shop.write("2.csv", "price;qty;at;product;order;customer;note\n5;1;2024-04-01;p1;o3;a;gift\n")
    report = run(several(shop, "*.csv").workspace)
    assert sorted(shop.rows("order_id, revenue")) == [("o1", 2.0), ("o2", 3.0), ("o3", 5.0)]
    assert any("1.csv has no column note: empty in its rows" in note for note in orders(report).notes)


def test_a_pattern_reads_its_files_in_the_order_of_their_numbers(shop: Shop) -> None:
    columns = {**shop.mapping["tables"]["orders"]["columns"], "line_id": "order"}
    for number, price in ((2, 1), (10, 7)):
        shop.lines([f"a,o1,p1,2024-03-01,1,{price}"], name=f"exports-{number}.csv")
    shop.map(columns=columns)
    report = run(several(shop, "exports-*.csv").workspace)
    assert "in this order: exports-2.csv, exports-10.csv" in orders(report).notes[0]
    assert shop.rows("revenue") == [(7.0,)]
    assert orders(report).superseded == 1


def test_of_an_order_that_overlapping_files_tell_otherwise_the_later_files_holds(shop: Shop) -> None:
    """One price is another in the second file; the order's other line, and two orders, are as they were."""
    first = ["a,o1,p1,2024-03-01,1,2", "a,o1,p2,2024-03-01,1,4", "b,o2,p1,2024-03-02,1,3", "b,o3,p1,2024-03-03,1,3"]
    second = ["a,o1,p1,2024-03-01,1,9", *first[1:], "a,o4,p1,2024-04-01,1,5"]
    shop.lines(first, name="v-1.csv")
    shop.lines(second, name="v-2.csv")
    report = orders(run(several(shop, "v-*.csv").workspace))
    assert sorted(shop.rows("order_id, revenue")) == [("o1", 4), ("o1", 9), ("o2", 3), ("o3", 3), ("o4", 5)]
    assert (report.superseded, report.rejected_share) == (2, 0)
    assert "orders: 1 order stands in v-1.csv and, otherwise, in v-2.csv, which is read later and holds" in report.notes


def test_where_the_days_speak_against_the_later_file_it_is_said(shop: Shop) -> None:
    shop.lines(["a,o1,p1,2024-03-01,1,2", "b,o2,p1,2024-03-02,1,3", "b,o3,p1,2024-03-03,1,3"], name="new.csv")
    shop.lines(["a,o1,p1,2024-03-01,1,9", "b,o2,p1,2024-03-02,1,3"], name="old.csv")
    notes = orders(run(several(shop, "*.csv").workspace)).notes
    assert any("by their days old.csv is not the later one" in note for note in notes)


def test_files_that_tell_no_order_alike_hold_parts_of_orders_and_it_is_said(shop: Shop) -> None:
    shop.lines(["a,o1,p1,2024-03-01,1,2"], name="1.csv")
    shop.lines(["a,o1,p1,2024-03-01,2,2", "a,o1,p2,2024-03-01,2,2"], name="2.csv")
    report = orders(run(several(shop, "*.csv").workspace))
    assert (report.added, report.superseded) == (3, 0)
    assert any("which of them holds can't be told" in note for note in report.notes)


def test_the_same_file_twice_counts_once_and_is_said(shop: Shop) -> None:
    shop.lines(MARCH, name="1.csv")
    shop.lines(MARCH, name="2 (copy).csv")
    report = run(several(shop, "*.csv").workspace)
    assert (orders(report).read, orders(report).quarantined_rows) == (2, 0)
    assert "2 (copy).csv holds the same as 1.csv, and counts once" in orders(report).notes


def test_a_bad_row_names_its_file_and_its_line(shop: Shop, good_lines) -> None:
    shop.lines(good_lines(80), name="1.csv")
    shop.lines([*APRIL, "x,o9,p1,2024-04-01,many,5", "cut,short"], name="2.csv")
    several(shop, "*.csv")
    shown = [text for check in run(shop.workspace, dry_run=True).checks for text in check.examples]
    assert "2.csv, line 3 qty='many'" in " ".join(shown)
    assert "2.csv, line 4: the line can't be read: missing columns" in shown
    run(shop.workspace)
    assert [(row["source"], row["position"]) for row in shop.quarantine()] == [("2.csv", 3), ("2.csv", 4)]


def test_a_draft_is_made_of_several_files(tmp_path: Path) -> None:
    rows = field.lines()
    field.write(tmp_path / "exports" / "1.csv", rows[:2_000])
    field.write(tmp_path / "exports" / "2.csv", [dict(reversed(row.items())) for row in rows[2_000:]], ";")
    initialise(tmp_path / "shop", str(tmp_path / "exports" / "*.csv"))
    workspace = Workspace.open(tmp_path / "shop")
    run(workspace)
    assert field.ask(workspace, field.TOTALS) == field.SHOP


def test_a_pattern_without_a_file_is_said(shop: Shop) -> None:
    several(shop, "exports/*.csv")
    assert "no file is called exports/*.csv" in str(refusal(shop))


def test_a_list_without_a_file_is_said(shop: Shop) -> None:
    shop.map(**{"from": []})
    assert "no file is named" in str(refusal(shop))


def test_files_of_two_kinds_are_no_table(shop: Shop) -> None:
    shop.lines(MARCH, name="1.csv")
    shop.write("2.parquet", "PAR1 and more")
    several(shop, "1.csv", "2.parquet")
    assert "1.csv is a text file, 2.parquet is a Parquet file" in str(refusal(shop))


def test_a_database_in_a_list_is_refused_without_its_password(shop: Shop) -> None:
    shop.lines(MARCH, name="1.csv")
    several(shop, "1.csv", "postgresql://shop:hunter2@db/shop#lines")
    error = refusal(shop)
    assert "stands in a list" in str(error)
    assert "hunter2" not in str(error)


def test_a_folder_is_told_to_be_named_by_its_files(shop: Shop) -> None:
    (shop.root / "exports").mkdir()
    shop.lines(MARCH, name="exports/1.tsv")
    several(shop, "exports")
    assert "exports is a folder; name its files: exports/*.tsv" in str(refusal(shop))


@pytest.mark.parametrize("named", ["exports/orders.csv", "exports/*.csv"])
def test_a_link_that_leaves_the_folder_is_refused(shop: Shop, named: str) -> None:
    outside = shop.root.parent / "outside.csv"
    outside.write_text("\n".join([HEADER, *MARCH]))
    (shop.root / "exports").mkdir()
    (shop.root / "exports" / "orders.csv").symlink_to(outside)
    several(shop, named)
    error = refusal(shop)
    assert "exports/orders.csv is a link that leaves the folder" in str(error)
    assert str(outside) in str(error)


def test_a_link_within_the_folder_is_followed(shop: Shop) -> None:
    shop.lines(MARCH, name="march.csv")
    (shop.root / "latest.csv").symlink_to("march.csv")
    assert run(several(shop, "latest.csv").workspace).tables[0].added == 2


@pytest.mark.parametrize("when", ["appended", "replaced", "gone"])
def test_a_file_that_changes_while_it_is_read_changes_nothing(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, when: str
) -> None:
    path = shop.lines(MARCH)
    stage = CsvFile.stage

    def meanwhile(self, connection, name):
        staged = stage(self, connection, name)
        if when == "appended":
            path.write_text(path.read_text() + APRIL[0] + "\n")
        elif when == "replaced":
            other = shop.write("other.csv", path.read_text())
            os.utime(other, ns=(path.stat().st_atime_ns, path.stat().st_mtime_ns))
            other.replace(path)
        else:
            path.unlink()
        return staged

    monkeypatch.setattr(CsvFile, "stage", meanwhile)
    error = refusal(shop)
    assert isinstance(error, DataError)
    assert "orders.csv: the file changed while it was read (nothing was changed)" in str(error)


def test_a_name_with_the_marks_of_a_pattern_is_a_name_where_there_is_such_a_file(shop: Shop) -> None:
    shop.lines(MARCH, name="orders [2024].csv")
    assert run(several(shop, "orders [2024].csv").workspace).tables[0].added == 2


def test_what_is_called_parquet_and_is_text_is_read_as_text_and_said(shop: Shop) -> None:
    shop.lines(MARCH, name="orders.parquet")
    report = run(several(shop, "orders.parquet").workspace)
    assert "orders.parquet is a text file by its content, not a Parquet file, and is read as one" in (
        orders(report).notes
    )


def test_a_part_of_a_file_without_parts_is_refused(shop: Shop) -> None:
    shop.lines(MARCH)
    several(shop, "orders.csv#Sheet1")
    with pytest.raises(MappingError, match=r"a text file has no part 'Sheet1'; leave out #Sheet1"):
        run(shop.workspace)


CUT = {
    "in a line": ("b,o2,p1,2024-0", "line 4 (it has 4 of 6 columns and no end"),
    "in quotes": ('b,o2,"a long na', "the file ends in the middle of line 4"),
    "in quotes behind a line": ('b,o2,"a long\nna', "the file ends in the middle of line 4"),
    "in quotes at the end of a line": ('b,o2,"a long\nna\n', "the file ends in the middle of line 4"),
    "in quotes over lines": ('b,o2,"a long\nna,me', "the file ends in the middle of line 5"),
}


@pytest.mark.parametrize(("rest", "said"), CUT.values(), ids=CUT.keys())
def test_half_a_file_is_refused(shop: Shop, rest: str, said: str) -> None:
    shop.write("orders.csv", "\n".join([HEADER, *MARCH, rest]))
    error = str(refusal(shop))
    assert said in error
    assert "orders.csv: the file ends in the middle of" in error


def test_a_line_of_one_cell_without_an_end_is_pointed_at(shop: Shop, good_lines) -> None:
    shop.write("orders.csv", "\n".join([HEADER, *good_lines(40), "b"]))
    assert "orders.csv: its last line, 42, has no end: it may be cut off" in orders(run(shop.workspace)).notes


@pytest.mark.parametrize("cut", [1, 3, 8, 9])
def test_a_last_value_that_can_not_be_whole_is_refused(shop: Shop, cut: int) -> None:
    """The file ends within its last column, a time: without its end the line would be another's."""
    lines = [f"a,o{i},p1,1,2,2024-03-{i + 1:02d} 10:00:00" for i in range(20)]
    shop.write("orders.csv", "\n".join(["customer,order,product,qty,price,at", *lines])[:-cut])
    assert "ends in the middle of line 21" in str(refusal(shop))


def test_a_last_number_with_fewer_digits_than_all_others_is_refused(shop: Shop) -> None:
    lines = [f"a,o{i},p1,1,2,202403{i + 1:02d}" for i in range(20)]
    shop.write("orders.csv", "\n".join(["customer,order,product,qty,price,at", *lines])[:-2])
    assert "ends in the middle of line 21" in str(refusal(shop))


def test_a_last_line_without_a_line_break_is_named(shop: Shop, good_lines) -> None:
    shop.write("orders.csv", "\n".join([HEADER, *good_lines(40)]))
    report = orders(run(shop.workspace))
    assert (report.added, report.quarantined_rows) == (40, 0)
    assert any("no line break ends its last line, 41" in note for note in report.notes)


@pytest.mark.parametrize("end", ["", "\n", "\n\n", "\n,,,,,"])
def test_a_whole_file_may_end_without_a_line_break(shop: Shop, end: str) -> None:
    shop.write("orders.csv", "\n".join([HEADER, *MARCH]) + end)
    report = run(shop.workspace)
    assert (orders(report).added, orders(report).quarantined_rows) == (2, 0)


def test_only_a_header_is_said_to_be_one(shop: Shop) -> None:
    shop.lines([])
    assert "orders.csv: the source has a header but no rows (nothing was changed)" in str(refusal(shop))
    with pytest.raises(DataError, match="a header but no rows"):
        initialise(shop.root.parent / "other", str(shop.root / "orders.csv"))
