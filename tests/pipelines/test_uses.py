"""What a column is read for is told by what reads it."""

from __future__ import annotations

import re
from importlib import import_module
from pathlib import Path

import pytest

from core.settings import Settings
from feature_repo import lineage
from feature_repo.contract import TABLES
from feature_repo.shop_tables import READABLE
from pipelines import uses
from tests.pipelines import field

ROOT = Path(uses.__file__).parents[1]
PACKAGES = ("core", "feature_repo", "models", "training", "monitoring", "serving", "pipelines")


def test_features_tell_their_columns_by_their_expressions() -> None:
    readers = lineage.readers()
    assert readers[("customers", "signed_up_on")] == ("account",)
    assert "returns" in readers[("orders", "quantity")]
    assert "coupons" in readers[("redemptions", "redeemed_on")]
    assert readers[("customers", "region")] == ("preferences",)
    assert readers[("orders", "region")] == ("preferences",)
    assert "series_features" in lineage.readers(("category", "region"))[("orders", "region")]
    assert {table for table, _ in readers} <= set(READABLE)


def test_what_the_documents_once_promised_is_read_by_nothing() -> None:
    once_promised = [("reviews", "language"), ("events", "value")]
    assert uses.unread(once_promised, Settings()) == tuple(f"{table}.{name}" for table, name in once_promised)


@pytest.mark.parametrize("module", uses.MODULES)
def test_a_module_names_the_columns_it_says_it_reads(module: str) -> None:
    loaded = import_module(module)
    text = Path(str(loaded.__file__)).read_text()
    for read in loaded.READS:
        assert set(read.columns) <= set(TABLES[read.table].names)
        before, _, after = text.partition("READS")
        used = before + after.partition("\n\n")[2]
        assert [column for column in read.columns if column not in used] == []


def test_no_module_reads_an_optional_table_without_saying_what_for() -> None:
    """Who asks for the files of a table by its name, or for the protected ones, declares it."""
    asked = [f'files("{name}")' for name in TABLES if name != "orders"]
    silent = [
        path.relative_to(ROOT).as_posix()
        for package in PACKAGES
        for path in (ROOT / package).rglob("*.py")
        if any(each in path.read_text() for each in asked) and "READS" not in path.read_text()
    ]
    assert silent == []


def test_every_module_that_says_what_it_reads_is_asked() -> None:
    declaring = {
        ".".join(path.relative_to(ROOT).with_suffix("").parts)
        for package in PACKAGES
        for path in (ROOT / package).rglob("*.py")
        if re.search(r"^READS\b", path.read_text(), re.MULTILINE)
    }
    assert declaring == set(uses.MODULES)


def test_products_exclude_reads_the_columns_it_names() -> None:
    settings = Settings.model_validate({"products": {"exclude": "unit_cost > 3"}})
    cost = ("products", "unit_cost")
    assert set(uses.of_columns(settings)[cost]) > set(uses.of_columns(Settings())[cost])


def test_a_dry_run_says_what_is_read_and_what_is_not(tmp_path: Path) -> None:
    rows = [{**line, "country": "UK", "channel": "web"} for line in field.lines()[:60]]
    shop = field.drafted(tmp_path / "shop", field.write(tmp_path / "orders.csv", rows))
    (tmp_path / "days.csv").write_text("day,name,value,land\n2022-05-02,holiday,1,UK\n")
    (tmp_path / "said.csv").write_text("product,day,tongue\np1,2022-05-02,en\n")
    text = shop.mapping_file.read_text()
    days = "  calendar: {from: ../days.csv, columns: {date: day, name: name, value: value, region: land}}\n"
    named = "{product_id: product, reviewed_at: day, language: tongue}"
    said = f"  reviews: {{from: ../said.csv, columns: {named}}}\n"
    shop.mapping_file.write_text(text.replace("tables:\n", f"tables:\n{days}{said}"))
    said = field.command(shop, "ingest", "--dry-run").output
    assert "nothing reads these columns yet; they are kept: reviews.language" in said
    assert "holidays, closures and outside signals in demand forecasts" in said
