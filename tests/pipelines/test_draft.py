"""`init --from FILE` looks at the file; what it drafts can be taken in at once where the file is plain."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Literal

import pytest
import yaml
from typer.testing import CliRunner

from core.errors import DataError, MappingError, UsageError
from core.workspace import Workspace
from pipelines.cli.main import build
from pipelines.ingest import run
from pipelines.initialise import initialise
from pipelines.sources.doubts import Answers
from pipelines.sources.draft import draft
from pipelines.sources.header_names import words
from pipelines.start.journey import start
from pipelines.start.understanding import understand

RETAIL = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country"


def retail(path: Path, rows: int = 200) -> Path:
    """A file like the Online Retail data of the UCI repository."""
    lines = [
        f'{536365 + i // 3},{85000 + i % 9}A,"HEART, ""WHITE"" {i % 9}",{1 + i % 6},'
        f"{1 + i % 12}/{1 + i % 28}/2011 {8 + i % 10}:{i % 60:02d},{2 + i % 9}.55,{17850 + i % 5},United Kingdom"
        for i in range(rows)
    ]
    path.write_text("\n".join([RETAIL, *lines]) + "\n")
    return path


def test_a_retail_file_is_drafted_and_taken_in_without_an_edit(tmp_path: Path) -> None:
    made = initialise(tmp_path / "shop", str(retail(tmp_path / "retail.csv")))
    assert made.missing == ()
    config = yaml.safe_load((tmp_path / "shop" / "mapping.yaml").read_text())
    assert config["tables"]["orders"]["columns"] == {
        "customer_id": "CustomerID",
        "order_id": "InvoiceNo",
        "product_id": "StockCode",
        "ordered_at": "InvoiceDate",
        "quantity": "Quantity",
        "revenue": "Quantity * UnitPrice",
        "region": "Country",
    }
    assert config["tables"]["orders"]["timestamps"]["format"] == "%m/%d/%Y %H:%M"
    assert config["tables"]["products"]["columns"] == {"product_id": "StockCode", "name": "Description"}
    report = run(Workspace.open(tmp_path / "shop"))
    assert {table.table: table.added for table in report.tables} == {"orders": 200, "products": 9}


def test_what_was_guessed_is_said_in_comments(tmp_path: Path) -> None:
    text = draft(str(retail(tmp_path / "retail.csv")), tmp_path / "shop").text
    assert "a guess" in text
    assert "like '17850'" in text
    assert "no column with line totals was found" in text


def test_separators_decimals_and_german_names_are_seen(tmp_path: Path) -> None:
    path = tmp_path / "verkauf.csv"
    rows = [
        f"K{i % 9};B{i // 2};A{i % 5};{1 + i % 28:02d}.03.2024 10:{i % 60:02d};{i % 3};1.{i:03d},50" for i in range(90)
    ]
    path.write_text("\n".join(["Kunde;Bestellung;Artikel;Datum;Menge;Umsatz", *rows]))
    config = yaml.safe_load(draft(str(path), tmp_path / "shop").text)["tables"]["orders"]
    assert config["csv"] == {"separator": ";", "decimal": ",", "thousands": "."}
    assert config["timestamps"]["format"] == "%d.%m.%Y %H:%M"
    assert config["columns"]["revenue"] == "Umsatz"


def test_german_columns_of_a_till_are_recognised(tmp_path: Path) -> None:
    path = tmp_path / "kasse.csv"
    rows = [f"{i};B{i % 9};{i % 5};{1 + i % 28:02d}.03.2024;{1 + i % 3};2,{10 + i % 80}" for i in range(60)]
    path.write_text("\n".join(["Kundennr;Belegnr;Artikelnr;Bestelldatum;Anzahl;Betrag", *rows]))
    assert draft(str(path), tmp_path).missing == ()


def test_day_and_month_that_could_be_either_are_pointed_out(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(
        "customer,order,sku,date,qty,total\n" + "".join(f"c,o{i},p,0{i}/03/2024,1,2\n" for i in range(1, 9))
    )
    assert "fits as well, so check day and month" in draft(str(path), tmp_path / "shop").text


def test_epoch_seconds_become_an_expression(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(
        "user,order,sku,timestamp,qty,total\n" + "".join(f"c,o{i},p,17092872{i:02d},1,2\n" for i in range(60))
    )
    initialise(tmp_path / "shop", str(path))
    run(Workspace.open(tmp_path / "shop"))
    assert Workspace.open(tmp_path / "shop").tables.first_day().isoformat() == "2024-03-01"


def test_a_required_column_that_was_not_found_is_left_to_the_person(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("customer,order,date,qty,total\n" + "c,o,2024-03-01,1,2\n" * 2)
    made = initialise(tmp_path / "shop", str(path))
    assert made.missing == ("product_id",)
    assert "# product_id:   <- required, and not found" in (tmp_path / "shop" / "mapping.yaml").read_text()
    with pytest.raises(MappingError, match="required columns are not mapped: product_id"):
        run(Workspace.open(tmp_path / "shop"))


@pytest.mark.parametrize(
    ("content", "error", "text"),
    [(None, MappingError, "there is no file"), ("a,b\n", DataError, "no rows"), ("", DataError, "empty")],
)
def test_a_file_that_can_not_be_drafted_from_leaves_nothing(
    tmp_path: Path, content: str | None, error: type[Exception], text: str
) -> None:
    path = tmp_path / "a.csv"
    if content is not None:
        path.write_text(content)
    with pytest.raises(error, match=text):
        initialise(tmp_path / "shop", str(path))
    assert not (tmp_path / "shop").exists()


def test_a_workspace_is_never_made_over_another(tmp_path: Path) -> None:
    initialise(tmp_path / "shop")
    before = (tmp_path / "shop" / "regulars.toml").read_bytes()
    with pytest.raises(UsageError, match=r"holds a regulars\.toml already"):
        initialise(tmp_path / "shop", source="complete-journey")
    assert (tmp_path / "shop" / "regulars.toml").read_bytes() == before


def test_an_unknown_source_brings_the_one_there_is(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="did you mean 'complete-journey'"):
        initialise(tmp_path / "shop", source="complete-jorney")


@pytest.mark.parametrize("name", ["CustomerID", "customer-id", "Customer ID", "customer_id", "CUSTOMER ID"])
def test_however_a_name_is_written_it_is_the_same_words(name: str) -> None:
    assert words(name) == "customer id"


def test_the_commands_go_from_a_file_to_tables(tmp_path: Path) -> None:
    runner, app = CliRunner(), build()
    shop, file = tmp_path / "shop", retail(tmp_path / "retail.csv")
    made = runner.invoke(app, ["init", str(shop), "--from", str(file)])  # type: ignore[arg-type]
    assert made.exit_code == 0, made.output
    assert "regulars ingest" in made.output
    tried = runner.invoke(app, ["ingest", "-w", str(shop), "--dry-run"])  # type: ignore[arg-type]
    assert tried.exit_code == 0, tried.output
    assert "PASS  orders: never 'quantity is not a number'" in tried.output
    taken = runner.invoke(app, ["ingest", "-w", str(shop), "--json"])  # type: ignore[arg-type]
    document = json.loads(taken.stdout)
    assert document["ok"]
    assert document["tables"][0]["added"] == 200


def test_a_command_ends_with_the_right_exit_code(tmp_path: Path) -> None:
    runner, app = CliRunner(), build()
    shop, file = tmp_path / "shop", retail(tmp_path / "retail.csv")
    runner.invoke(app, ["init", str(shop), "--from", str(file)])  # type: ignore[arg-type]
    mapping = shop / "mapping.yaml"
    good = mapping.read_text()
    mapping.write_text(good.replace("customer_id: CustomerID", "customer_id: CustID"))
    refused = runner.invoke(app, ["ingest", "-w", str(shop)])  # type: ignore[arg-type]
    assert (refused.exit_code, "did you mean 'CustomerID'?" in refused.output) == (2, True)
    mapping.write_text(good.replace("%m/%d/%Y", "%d/%m/%Y"))
    failed = runner.invoke(app, ["ingest", "-w", str(shop)])  # type: ignore[arg-type]
    assert failed.exit_code == 1
    assert "rows are bad" in failed.output
    tried = runner.invoke(app, ["ingest", "-w", str(shop), "--dry-run"])  # type: ignore[arg-type]
    assert tried.exit_code == 1
    assert "FAIL" in tried.output


GERMAN = [
    f"DE-{100 + i};{1 + i % 28:02d}.03.2024;kunde{i % 9}@beispiel.de;1.{100 + i},{i % 90 + 10};EUR;{word};Muth {i % 9}"
    for i, word in enumerate(["Bezahlt", "Versendet", "Storniert", "Erstattet", "Offen"] * 12)
]


def german(folder: Path) -> str:
    """The list of orders of a German shop system: no items."""
    path = folder / "bestellungen.csv"
    path.write_text(
        "\r\n".join(["Bestellnummer;Datum;Kundenemail;Gesamtbetrag;Währung;Status;Name", *GERMAN]), "cp1252"
    )
    return str(path)


def test_a_list_of_orders_without_items_is_drafted_as_such(tmp_path: Path) -> None:
    drafted = draft(german(tmp_path), tmp_path)
    tables = yaml.safe_load(drafted.text)["tables"]
    assert set(tables) == {"orders"}
    assert tables["orders"]["constants"] == {"product_id": "order", "quantity": 1}
    assert tables["orders"]["columns"]["revenue"] == "Gesamtbetrag"
    assert any("churn and value only" in note for note in drafted.notes)


@pytest.mark.parametrize(
    ("answer", "statuses"),
    [("leave out", {"column": "Status", "cancel": ["Erstattet", "Storniert"]}), ("keep", None)],
)
def test_orders_that_came_to_nothing_are_asked_about(
    tmp_path: Path, answer: Literal["leave out", "keep"], statuses: dict[str, object] | None
) -> None:
    [doubt] = [each for each in draft(german(tmp_path), tmp_path).doubts if each.about == "unsold"]
    assert "Erstattet, Storniert" in doubt.asks
    drafted = draft(german(tmp_path), tmp_path, Answers(unsold=answer))
    assert yaml.safe_load(drafted.text)["tables"]["orders"].get("statuses") == statuses
    assert "unsold" not in {each.about for each in drafted.doubts}


def test_a_list_of_what_members_bought_needs_no_amounts(tmp_path: Path) -> None:
    path = tmp_path / "members.csv"
    items = ["whole milk", "yogurt", "soda"]
    lines = [f"{1000 + i % 9},{1 + i % 28:02d}-07-2015,{items[i % 3]}" for i in range(90)]
    path.write_text("\n".join(["Member_number,Date,itemDescription", *lines]))
    drafted = draft(str(path), tmp_path)
    assert drafted.missing == ()
    assert yaml.safe_load(drafted.text)["tables"]["orders"]["constants"] == {"quantity": 1, "revenue": 0}
    assert any("nothing about money" in note for note in drafted.notes)


def test_a_number_nobody_knows_may_be_the_amount_and_is_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "members.csv"
    lines = [f"{1000 + i % 9},{1 + i % 28:02d}-07-2015,tea {i % 3},{i}.50" for i in range(90)]
    path.write_text("\n".join(["Member_number,Date,itemDescription,Zorp", *lines]))
    assert draft(str(path), tmp_path).missing == ("quantity", "revenue")


@pytest.mark.parametrize(
    ("written", "currency", "amount"),
    [
        ("1 234,50 zł", "PLN", 1234.5),
        ("CHF 1\u2019234.50", "CHF", 1234.5),
        ("12.00 USD", "USD", 12.0),
        ("₹1,12,000.00", "INR", 112_000.0),
        ("Rp12.000", "IDR", 12_000.0),
    ],
    ids=["zloty", "a code before", "a code behind", "lakhs", "rupiah"],
)
def test_the_currency_is_told_by_what_stands_beside_the_amounts(
    tmp_path: Path, written: str, currency: str, amount: float
) -> None:
    rows = [f"A{i};c{i % 9};P{i % 4};1;{written};2025-01-{1 + i % 28:02d}" for i in range(60)]
    file = tmp_path / "orders.csv"
    file.write_text("\n".join(["Order No;Customer;SKU;Qty;Line Total;Order Date", *rows, ""]), encoding="utf-8")
    initialise(tmp_path / "shop", str(file))
    workspace = Workspace.open(tmp_path / "shop")
    run(workspace)
    understood = understand(workspace)
    assert understood.base_currency == currency
    assert sum(month.revenue for month in understood.months) == 60 * amount


def test_a_column_is_read_with_the_decimal_comma_of_those_around_it(tmp_path: Path) -> None:
    rows = [f"A{i};c{i % 9};P{i % 4};{1 + i % 3},000;4,50;{(1 + i % 3) * 4.5:.2f}".replace(".", ",") for i in range(60)]
    file = tmp_path / "orders.csv"
    file.write_text("\n".join(["Order No;Customer;SKU;Qty;Price;Total", *rows, ""]))
    assert draft(str(file), tmp_path).roles["revenue"] == "Total"


def test_times_parted_by_points_are_read(tmp_path: Path) -> None:
    rows = [f"c{i % 9},o{i},p,{1 + i % 28:02d}.03.25 14.3{i % 10},1,2" for i in range(60)]
    file = tmp_path / "a.csv"
    file.write_text("\n".join(["customer,order,sku,date,qty,total", *rows, ""]))
    initialise(tmp_path / "shop", str(file))
    run(Workspace.open(tmp_path / "shop"))
    assert Workspace.open(tmp_path / "shop").tables.first_day().isoformat() == "2025-03-01"


@pytest.mark.parametrize(
    ("at", "total", "said"),
    [
        ("3 janvier 2025", "2.50", "date '3 janvier 2025' can't be read as a time"),
        ("2025-01-03", "2.50 shells", "total '2.50 shells' can't be read as an amount"),
    ],
    ids=["a time", "an amount"],
)
def test_a_start_names_the_column_that_can_not_be_read(tmp_path: Path, at: str, total: str, said: str) -> None:
    rows = [f"c{i % 9},o{i},p{i % 5},{at},{1 + i % 3},{total}" for i in range(60)]
    file = tmp_path / "a.csv"
    file.write_text("\n".join(["customer,order,sku,date,qty,total", *rows, ""]))
    with pytest.raises(DataError) as refused:
        start([file], tmp_path / "shop", lambda doubt: doubt.likely)
    assert said in str(refused.value)
    assert any(said in note for note in initialise(tmp_path / "drafted", str(file)).notes)


def test_without_customers_what_will_sell_can_be_told(tmp_path: Path) -> None:
    path = tmp_path / "till.csv"
    lines = [f"o{i // 2},p{i % 7},Tea {i % 7},{1 + i % 3},2.50,2026-03-{1 + i % 28:02d} 10:00:00" for i in range(90)]
    path.write_text("\n".join(["Receipt No,SKU,Product,Qty,Unit Price,Date", *lines]))
    made = initialise(tmp_path / "shop", str(path))
    assert made.missing == ()
    assert any("demand only" in note for note in made.notes)
    run(Workspace.open(tmp_path / "shop"))
    assert Workspace.open(tmp_path / "shop").tables.rows("orders") == 90
