"""A mapping that can't be meant says what is wrong, what there is, and writes nothing."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from core.errors import DataError, MappingError, RegularsError
from core.expressions import analyse
from pipelines import sources
from pipelines.ingest import run
from pipelines.sources.file_form import FileForm
from pipelines.sources.locations import locate
from pipelines.sources.mapping import resolve
from pipelines.sources.mapping_form import Mapping
from tests.pipelines.conftest import Shop

Lines = Callable[[int], list[str]]


@pytest.fixture
def filled(shop: Shop, good_lines: Lines) -> Shop:
    shop.lines(good_lines(5))
    return shop


def refusal(shop: Shop) -> MappingError:
    """The error of an ingest, after a look that nothing was written."""
    before = shop.files()
    with pytest.raises(MappingError) as caught:
        run(shop.workspace)
    assert shop.files() == before
    assert caught.value.exit_code == 2
    return caught.value


def test_a_column_that_is_not_there_brings_those_that_are_and_the_nearest(filled: Shop) -> None:
    filled.mapping["tables"]["orders"]["columns"]["customer_id"] = "custmer"
    filled.map()
    text = str(refusal(filled))
    assert "there is no column 'custmer'" in text
    assert "did you mean 'customer'?" in text
    assert "customer, order, product, at, qty, price" in text
    assert "mapping.yaml, orders.customer_id" in text


CHANGES: dict[str, tuple[Callable[[dict[str, Any]], Any], str]] = {
    "an unknown key": (lambda m: m.update(timezon="UTC"), "did you mean 'timezone'"),
    "an unknown key of a table": (lambda m: m["tables"]["orders"].update(form="x"), "did you mean 'from'"),
    "an unknown table": (lambda m: m["tables"].update(order=m["tables"]["orders"]), "did you mean 'orders'"),
    "an unknown contract column": (
        lambda m: m["tables"]["orders"]["columns"].update(quantty="qty"),
        "did you mean 'quantity'",
    ),
    "no orders": (lambda m: m.update(tables={}), "tables.orders is missing"),
    "a required column left out": (
        lambda m: m["tables"]["orders"]["columns"].pop("revenue"),
        "required columns are not mapped: revenue",
    ),
    "a block of comments only": (
        lambda m: m["tables"]["orders"].update(columns=None),
        "required columns are not mapped: customer_id, order_id, product_id, ordered_at, quantity, revenue",
    ),
    "columns to choose from": (lambda m: m["tables"]["orders"]["columns"].pop("revenue"), "there are: "),
    "a column twice": (
        lambda m: m["tables"]["orders"].update(constants={"quantity": 1}),
        "in columns and in constants",
    ),
    "no such zone": (lambda m: m.update(timezone="Europe/Londn"), "there is no time zone 'Europe/Londn'"),
    "no such currency": (lambda m: m.update(base_currency="pounds"), "base_currency = 'pounds' is not possible"),
    "no such file": (lambda m: m["tables"]["orders"].update({"from": "order.csv"}), "did you mean 'orders.csv'"),
    "no reader": (lambda m: m["tables"]["orders"].update({"from": "regulars.toml"}), "no reader for"),
    "no such variable": (
        lambda m: m["tables"]["orders"].update({"from": "${NO_SUCH_DB}#orders"}),
        "the environment has no variable NO_SUCH_DB",
    ),
    "no table of the database": (
        lambda m: m["tables"]["orders"].update({"from": "sqlite:///shop.db"}),
        "without a table",
    ),
    "a source beside tables": (lambda m: m.update(source="complete-journey"), "nothing else is allowed"),
}


@pytest.mark.parametrize(("change", "text"), CHANGES.values(), ids=CHANGES.keys())
def test_a_slip_in_the_mapping_is_named(filled: Shop, change: Callable[[dict[str, Any]], Any], text: str) -> None:
    change(filled.mapping)
    filled.write("mapping.yaml", yaml.safe_dump(filled.mapping))
    assert text in str(refusal(filled))


def test_a_key_that_stands_twice_is_refused(filled: Shop) -> None:
    filled.write("mapping.yaml", "timezone: UTC\nbase_currency: EUR\ntables: {}\ntables: {}\n")
    assert "stands twice" in str(refusal(filled))


def test_broken_yaml_names_the_line(filled: Shop) -> None:
    filled.write("mapping.yaml", "timezone: UTC\ntables: [\n")
    assert "mapping.yaml, line" in str(refusal(filled))


def test_without_a_mapping_the_way_to_one_is_said(filled: Shop) -> None:
    (filled.root / "mapping.yaml").unlink()
    with pytest.raises(RegularsError, match="regulars init DIR --from"):
        run(filled.workspace)


def test_a_password_in_the_mapping_is_refused_and_not_repeated(filled: Shop) -> None:
    filled.map(**{"from": "postgresql://shop:hunter2@localhost/shop#orders"})
    error = refusal(filled)
    assert "the URL holds a password" in str(error)
    assert "hunter2" not in str(error)


def test_a_password_from_the_environment_is_in_no_message(filled: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOP_DB", "postgresql+nodriver://shop:hunter2@localhost:1/shop")
    filled.map(**{"from": "${SHOP_DB}#orders"})
    with pytest.raises(RegularsError) as caught:
        run(filled.workspace)
    assert "hunter2" not in str(caught.value)
    assert "shop:***@localhost" in str(caught.value)


def test_a_source_is_read_relative_to_the_mapping(filled: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(os.sep)
    assert sources.read(filled.workspace).tables["orders"].origin.label == "orders.csv"


def test_a_sqlite_file_lies_beside_the_mapping_and_is_never_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import sqlite3

    shop = tmp_path / "shop"
    shop.mkdir()
    monkeypatch.chdir(tmp_path)
    with pytest.raises(MappingError, match=r"there is no file .*shop/o\.sqlite"):
        locate("sqlite:///o.sqlite#lines", FileForm(), shop, "orders")
    assert not list(tmp_path.rglob("*.sqlite"))
    with sqlite3.connect(shop / "o.sqlite") as connection:
        connection.execute("CREATE TABLE lines (customer TEXT, qty REAL)")
    assert list(locate("sqlite:///o.sqlite#lines", FileForm(), shop, "orders").columns()) == ["customer", "qty"]
    assert list(locate(f"sqlite:///{shop}/o.sqlite#lines", FileForm(), tmp_path, "orders").columns()) == [
        "customer",
        "qty",
    ]


def test_a_column_that_stands_twice_is_not_guessed_at(tmp_path: Path) -> None:
    (tmp_path / "o.csv").write_text("who,basket,sku,at,qty,paid,sku\n1,2,3,2024-01-01,1,2.0,9\n")
    columns = {"customer_id": "who", "order_id": "basket", "product_id": "sku", "ordered_at": "at"}
    table = {"from": "o.csv", "columns": {**columns, "quantity": "qty", "revenue": "paid"}}
    config = Mapping.model_validate({"timezone": "UTC", "base_currency": "EUR", "tables": {"orders": table}})
    with pytest.raises(MappingError, match="'sku' stands more than once"):
        resolve(config, tmp_path / "mapping.yaml")
    table["columns"] = {**columns, "product_id": "sku_1", "quantity": "qty", "revenue": "paid"}
    config = Mapping.model_validate({"timezone": "UTC", "base_currency": "EUR", "tables": {"orders": table}})
    assert resolve(config, tmp_path / "mapping.yaml").tables


def test_a_name_with_a_space_is_told_to_be_quoted() -> None:
    with pytest.raises(MappingError, match='in double quotes: "Unit Price"'):
        analyse("Pcs * Unit Price", ["Pcs", "Unit Price"])


def test_a_file_that_is_no_text_is_said_to_be_none(tmp_path: Path) -> None:
    (tmp_path / "picture.csv").write_bytes(bytes(range(1, 256)) * 40)
    with pytest.raises(DataError, match="not a text file"):
        locate("picture.csv", FileForm(), tmp_path, "orders").columns()
