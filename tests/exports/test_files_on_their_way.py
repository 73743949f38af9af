"""Exports in several files, and as a spreadsheet of another country writes times and amounts anew."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest

from core.workspace import Workspace
from pipelines.ingest import run
from pipelines.initialise import initialise
from pipelines.sources.doubts import Answers
from pipelines.sources.draft import draft
from tests.exports import marketplaces, shopify, woocommerce
from tests.exports.conftest import held
from tests.exports.dirt import Rows, plain, text


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
    content = respelt(woocommerce.ANALYTICS, {"Date": ("%Y-%m-%d %H:%M:%S", new)}, ("N. Revenue",))
    assert taken(content, zone="Europe/Paris")[1] == woocommerce.ANALYTICS_TRUTH


def test_etsy_after_a_spreadsheet(taken: Callable) -> None:
    content = respelt(marketplaces.ETSY, {"Sale Date": ("%m/%d/%y", "%d/%m/%Y")}, ("Price", "Item Total"))
    assert taken(content, zone="Europe/Paris")[1] == marketplaces.ETSY_TRUTH


def test_squares_first_version_writes_the_month_first(taken: Callable) -> None:
    rows = [{**row, "Date": f"{datetime.fromisoformat(row['Date']):%m/%d/%Y}"} for row in marketplaces.SQUARE]
    old = [{name: value for name, value in row.items() if name not in {"SKU", "Channel"}} for row in rows]
    made, held_ = taken(plain(old), zone="America/New_York")
    assert held_ == marketplaces.SQUARE_TRUTH
    assert "the file lacks a column SKU: it counts as empty" in made.notes


@pytest.mark.parametrize("rows", [shopify.EXPORT, shopify.OLD_EXPORT], ids=["new", "old"])
def test_files_with_overlapping_ranges_tell_each_order_once(tmp_path: Path, rows: Rows) -> None:
    names = sorted({row["Name"] for row in rows})
    parts = {"a.csv": names[:150], "b.csv": names[90:]}
    for file, within in parts.items():
        (tmp_path / file).write_bytes(plain([row for row in rows if row["Name"] in within]))
    initialise(tmp_path / "shop", [str(tmp_path / file) for file in parts], answers=Answers(timezone="Europe/London"))
    workspace = Workspace.open(tmp_path / "shop")
    run(workspace)
    assert held(workspace) == (shopify.TRUTH if rows is shopify.EXPORT else shopify.OLD_TRUTH)


def test_an_order_that_changed_between_two_files_is_said(tmp_path: Path) -> None:
    later = [
        {**row, "Financial Status": "refunded" if row["Name"] == "#1001" and row["Email"] else row["Financial Status"]}
        for row in shopify.EXPORT
    ]
    (tmp_path / "a.csv").write_bytes(plain(shopify.EXPORT[:100]))
    (tmp_path / "b.csv").write_bytes(plain(later))
    notes = draft([str(tmp_path / "a.csv"), str(tmp_path / "b.csv")], tmp_path / "shop").notes
    assert [note[:53] for note in notes if "more than one" in note] == [
        "1 orders stand in the files with more than one Financ"
    ]
