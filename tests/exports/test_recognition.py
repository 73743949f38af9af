"""Which preset a file is mapped by, and what is said where none or several fit."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from core.errors import DataError, MappingError
from pipelines.bench.platforms import shopify
from pipelines.sources.draft import draft
from pipelines.sources.mapping import load, resolve
from pipelines.sources.presets import Preset, shipped
from tests.exports.written import plain, text

TILL = """
platform: Our till
export: Receipts
recognised_by: [[Receipt, Member, Article, Pieces, Paid, When]]
names: {Paid: [Betrag]}
traps: ["Training receipts begin with T."]
adds_up: {lines: Paid, to: Receipt total}
tables:
  orders:
    columns:
      customer_id: Member
      order_id: Receipt
      product_id: Article
      ordered_at: When
      quantity: Pieces
      revenue: Paid
      region: Branch   # from the third release on
    where: "\\"Kind of sale\\" = 'sale'"
"""
SHOPIFY = shopify.NEWEST.rows(shopify.BOUTIQUE.sales())
ROWS = [
    {"Receipt": f"r{i // 2}", "Member": f"m{i % 5}", "Article": f"a{i % 7}", "Pieces": "1", "Paid": "2.50",
     "When": f"2026-03-{1 + i // 2:02d} 10:00", "Receipt total": "5.00"}
    for i in range(40)
]  # fmt: skip


def till(folder: Path, content: str = TILL, name: str = "till.yaml") -> None:
    (folder / "presets").mkdir(parents=True, exist_ok=True)
    (folder / "presets" / name).write_text(content)


def export(folder: Path, rows: list[dict[str, str]] | None = None, name: str = "till.csv") -> str:
    (folder / name).write_text(text(rows or ROWS))
    return str(folder / name)


@pytest.mark.parametrize("beside", ["the mapping", "the export"])
def test_a_shops_own_preset_maps_its_export(tmp_path: Path, beside: str) -> None:
    till(tmp_path / "shop" if beside == "the mapping" else tmp_path)
    drafted = draft(export(tmp_path), tmp_path / "shop")
    assert drafted.text.startswith("# recognised as Our till: Receipts")
    assert "# Training receipts begin with T." in drafted.text
    assert yaml.safe_load(drafted.text)["tables"]["orders"]["columns"]["revenue"] == "Paid"


def test_what_the_file_lacks_is_left_out_and_said(tmp_path: Path) -> None:
    till(tmp_path)
    drafted = draft(export(tmp_path), tmp_path / "shop")
    assert "region" not in yaml.safe_load(drafted.text)["tables"]["orders"]["columns"]
    assert "orders.region is left out: the file lacks a column of Branch" in drafted.notes
    assert any("orders.where is left out" in note for note in drafted.notes)


def test_another_name_of_a_column_is_put_in_its_place(tmp_path: Path) -> None:
    till(tmp_path)
    rows = [{("Betrag" if name == "Paid" else name): value for name, value in row.items()} for row in ROWS]
    drafted = draft(export(tmp_path, rows), tmp_path / "shop")
    assert yaml.safe_load(drafted.text)["tables"]["orders"]["columns"]["revenue"] == "Betrag"


def test_orders_that_do_not_add_up_are_counted(tmp_path: Path) -> None:
    till(tmp_path)
    rows = [{**row, "Receipt total": "7.00" if row["Receipt"] == "r3" else "5.00"} for row in ROWS]
    assert any(note.startswith("1 of 20 orders: Paid is not") for note in draft(export(tmp_path, rows), tmp_path).notes)


def test_of_two_presets_that_fit_equally_none_is_taken(tmp_path: Path) -> None:
    till(tmp_path)
    till(tmp_path, TILL.replace("Our till", "Their till"), "other.yaml")
    [note] = draft(export(tmp_path), tmp_path / "shop").notes
    assert (
        note
        == "Their till: Receipts and Our till: Receipts fit the columns equally well: drafted from the rows instead"
    )


def test_the_more_specific_preset_is_taken(tmp_path: Path) -> None:
    till(tmp_path)
    till(tmp_path, TILL.replace("Our till", "Newer till").replace("When]", "When, Receipt total]"), "other.yaml")
    assert draft(export(tmp_path), tmp_path / "shop").text.startswith("# recognised as Newer till")


def test_exports_of_two_platforms_are_no_one_table(tmp_path: Path) -> None:
    till(tmp_path)
    rows = [{**row, "Name": "x"} for row in ROWS]
    (tmp_path / "shopify.csv").write_bytes(plain(SHOPIFY))
    with pytest.raises(DataError, match="exports of several platforms"):
        draft([export(tmp_path, rows), str(tmp_path / "shopify.csv")], tmp_path / "shop")


def test_a_preset_that_can_not_be_meant_names_the_key(tmp_path: Path) -> None:
    till(tmp_path, TILL.replace("    where:", "    distict: true\n    where:"))
    with pytest.raises(MappingError, match="distict"):
        draft(export(tmp_path), tmp_path / "shop")


@pytest.mark.parametrize("preset", shipped(), ids=lambda preset: preset.file.stem)
def test_a_preset_is_a_mapping_of_every_version_of_its_export(tmp_path: Path, preset: Preset) -> None:
    for names in preset.recognised_by:
        rows = [{**dict.fromkeys(names, ""), **dict.fromkeys(names, str(i))} for i in range(3)]
        drafted = draft(export(tmp_path, rows), tmp_path)
        assert drafted.text.startswith(f"# recognised as {preset.title}")
        (tmp_path / "mapping.yaml").write_text(drafted.text)
        resolve(load(tmp_path / "mapping.yaml"), tmp_path / "mapping.yaml")
