"""Exports in several files, and as a spreadsheet of another country writes times and amounts anew."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest

from core.workspace import Workspace
from pipelines.bench.platform_export import PlatformExport
from pipelines.bench.platforms import etsy, shopify, square, woocommerce
from pipelines.bench.taking_in import held
from pipelines.ingest import run
from pipelines.initialise import initialise
from pipelines.sources.doubts import Answers
from pipelines.sources.draft import draft
from tests.exports.written import Rows, plain, text


def respelt(rows: Rows, moments: dict[str, tuple[str, str]], amounts: tuple[str, ...]) -> bytes:
    """Times in another format, amounts with a decimal comma, semicolons between."""
    told = [
        {
            **row,
            **{name: row[name].replace(".", ",") for name in amounts},
            **{name: f"{datetime.strptime(row[name], old):{new}}" for name, (old, new) in moments.items()},
        }
        for row in rows
    ]
    return text(told, separator=";").encode("cp1252")


@pytest.mark.parametrize("new", ["%d/%m/%Y %H:%M", "%d.%m.%Y %H:%M:%S"])
def test_woocommerce_after_a_spreadsheet(taken: Callable, new: str) -> None:
    sales = woocommerce.PARIS.sales()
    content = respelt(woocommerce.ANALYTICS.rows(sales), {"Date": ("%Y-%m-%d %H:%M:%S", new)}, ("N. Revenue",))
    assert taken(content, zone="Europe/Paris")[1] == woocommerce.ANALYTICS.truth(sales)


def test_etsy_after_a_spreadsheet(taken: Callable) -> None:
    sales = etsy.ATELIER.sales()
    content = respelt(etsy.ITEMS.rows(sales), {"Sale Date": ("%m/%d/%y", "%d/%m/%Y")}, ("Price", "Item Total"))
    assert taken(content, zone="Europe/Paris")[1] == etsy.ITEMS.truth(sales)


def test_days_that_a_spreadsheet_counted_are_read(taken: Callable) -> None:
    sales = etsy.ATELIER.sales()
    rows = [
        {**row, "Sale Date": str((datetime.strptime(row["Sale Date"], "%m/%d/%y") - datetime(1899, 12, 30)).days)}
        for row in etsy.ITEMS.rows(sales)
    ]
    assert taken(plain(rows), zone="Europe/Paris")[1] == etsy.ITEMS.truth(sales)


def test_words_for_nothing_are_filled_down_as_nothing(taken: Callable) -> None:
    sales = shopify.BOUTIQUE.sales()
    rows = [{name: value or "NULL" for name, value in row.items()} for row in shopify.NEWEST.rows(sales)]
    assert taken(plain(rows))[1] == shopify.NEWEST.truth(sales)


def test_squares_first_version_writes_the_month_first(taken: Callable) -> None:
    sales = square.CAFE.sales()
    rows = square.export(square.CAFE, sales, without=square.FIRST_VERSION)
    old = [{**row, "Date": f"{datetime.fromisoformat(row['Date']):%m/%d/%Y}"} for row in rows]
    made, held_ = taken(plain(old), zone="America/New_York")
    assert (held_.revenue, held_.lines) == (square.known(sales).revenue, square.known(sales).lines)
    assert "the file lacks a column SKU: it counts as empty" in made.notes


@pytest.mark.parametrize("export", [shopify.NEWEST, shopify.FIRST], ids=["new", "old"])
def test_files_with_overlapping_ranges_tell_each_order_once(tmp_path: Path, export: PlatformExport) -> None:
    sales = shopify.BOUTIQUE.sales()
    rows = export.rows(sales)
    names = sorted({row["Name"] for row in rows})
    parts = {"a.csv": names[:150], "b.csv": names[90:]}
    for file, within in parts.items():
        (tmp_path / file).write_bytes(plain([row for row in rows if row["Name"] in within]))
    initialise(tmp_path / "shop", [str(tmp_path / file) for file in parts], answers=Answers(timezone="Europe/London"))
    workspace = Workspace.open(tmp_path / "shop")
    run(workspace)
    assert held(workspace) == export.truth(sales)


def test_an_order_that_changed_between_two_files_is_said(tmp_path: Path) -> None:
    rows = shopify.NEWEST.rows(shopify.BOUTIQUE.sales())
    later = [
        {**row, "Financial Status": "refunded" if row["Name"] == "#1001" and row["Email"] else row["Financial Status"]}
        for row in rows
    ]
    (tmp_path / "a.csv").write_bytes(plain(rows[:100]))
    (tmp_path / "b.csv").write_bytes(plain(later))
    notes = draft([str(tmp_path / "a.csv"), str(tmp_path / "b.csv")], tmp_path / "shop").notes
    assert [note[:53] for note in notes if "more than one" in note] == [
        "1 orders stand in the files with more than one Financ"
    ]
