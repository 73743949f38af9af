"""The commands of the installed product, on a shop brought as a CSV file."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path

import pandas as pd
import pytest

from models.value.batch import COLUMNS as VALUE_COLUMNS
from tests.system.cli import REGULARS, installed, regulars
from tests.system.conftest import MAPPING, MODELS

OWED_LATER = ("forget",)
OTHERS = (
    "serve", "review", "ui", "monitor", "status", "doctor", "keys", "audit", "quality", "lineage", "identity", "bench",
    "churn-list", "audience", "order-plan", "markdown-plan", "product-selection", "segments", "rules",
    "alerts", "schedule", "simulate", "tune-worker",
)  # fmt: skip
COLUMNS = {
    "churn": ["customer_id", "as_of", "churn_probability", "risk_score", "risk_tier", "action", "model_version"],
    "demand": ["category", "date", "mean", "q05", "q25", "q50", "q75", "q95", "model_version"],
    "recommendation": ["customer_id", "rank", "product_id", "score", "source", "model_version"],
    "value": [*VALUE_COLUMNS, "model_version"],
}
KEYS = {
    "churn": ["customer_id"],
    "demand": ["category", "date"],
    "recommendation": ["customer_id", "rank"],
    "value": ["customer_id"],
}


def test_help_names_what_works_and_nothing_else() -> None:
    text = installed("--help").out
    commands = (
        "demo start init ingest quarantine features materialize train predict compare promote approve refuse"
        " rollback retire"
    )
    for command in [*commands.split(), *OTHERS]:
        assert f"  {command} " in text
    for command in OWED_LATER:
        assert f"  {command} " not in text
    assert "--act" in regulars("monitor", "--help").out


def test_an_unknown_model_is_answered_with_the_nearest(own_shop: Path) -> None:
    assert "did you mean 'churn'" in installed("train", "chrun", folder=own_shop, code=2).err


@pytest.mark.long
def test_an_export_is_started_with_nothing_edited(orders_csv: Path, tmp_path: Path) -> None:
    quick = {"REGULARS_START__TRIALS": "2", "REGULARS_RECOMMENDATION__MIN_PURCHASES": "3"}
    asked = regulars("start", orders_csv, folder=tmp_path, code=2)
    assert "which currency" in asked.err
    assert "--yes" in asked.err
    assert not (tmp_path / "shop").exists()
    started = regulars("start", orders_csv, "--yes", "--json", folder=tmp_path, **quick).document
    assert set(started["models"]) | set(started["refused"]) == set(MODELS)
    assert all("days it had not seen" in model["accuracy"] for model in started["models"].values())
    lines = len(orders_csv.read_text().splitlines()) - 1
    assert sum(month["lines"] for month in started["understood"]["months"]) == lines
    assert Path(started["page"]).is_file()
    for name, path in started["lists"].items():
        assert list(pd.read_csv(path).columns) == COLUMNS[name]
    again = regulars("start", orders_csv, "--json", folder=tmp_path, **quick).document
    assert again["models"] == started["models"]


def test_a_drafted_mapping_is_taken_in_as_it_stands(orders_csv: Path, tmp_path: Path) -> None:
    regulars("init", tmp_path / "shop", "--from", orders_csv)
    report = regulars("ingest", "--json", folder=tmp_path / "shop").document
    lines = len(orders_csv.read_text().splitlines()) - 1
    orders = next(table for table in report["tables"] if table["table"] == "orders")
    assert orders["read"] == lines
    assert orders["added"] + sum(orders["quarantined"].values()) == lines


def test_the_same_file_twice_changes_nothing(a_copy: Path) -> None:
    before = (a_copy / "tables" / "manifest.json").read_text()
    assert regulars("ingest", folder=a_copy).out.splitlines()[-2].startswith("nothing new")
    assert (a_copy / "tables" / "manifest.json").read_text() == before


@pytest.mark.parametrize("model", list(COLUMNS))
def test_a_prediction_file_is_whole(own_shop: Path, tmp_path: Path, model: str) -> None:
    regulars("predict", model, "--output", tmp_path / "file.parquet", folder=own_shop)
    file = pd.read_parquet(tmp_path / "file.parquet")
    assert list(file.columns) == COLUMNS[model]
    assert not file.isna().any().any()
    assert len(file) > 20
    assert not file.duplicated(KEYS[model]).any()


def test_predictions_as_of_a_day_refuse_a_model_that_knows_later_ones(own_shop: Path, tmp_path: Path) -> None:
    arguments = ["--as-of", "2024-07-01", "--output", tmp_path / "file.csv"]
    refused = regulars("predict", "churn", *arguments, folder=own_shop, code=None)
    assert refused.code in (1, 2)
    assert "regulars train churn --as-of 2024-07-01" in refused.err
    assert not (tmp_path / "file.csv").exists()


def test_predict_without_a_champion_names_the_command(orders_csv: Path, products_csv: Path, tmp_path: Path) -> None:
    regulars("init", tmp_path / "shop", "--from", orders_csv)
    (tmp_path / "shop" / "mapping.yaml").write_text(MAPPING.format(orders=orders_csv, products=products_csv))
    regulars("ingest", folder=tmp_path / "shop")
    refused = regulars("predict", "churn", "--output", "file.csv", folder=tmp_path / "shop", code=1)
    assert "regulars train churn" in refused.err


def test_as_of_before_any_data_names_the_earliest_date(own_shop: Path) -> None:
    refused = regulars("train", "churn", "--as-of", "2020-01-01", folder=own_shop, code=1)
    assert "the earliest possible --as-of is 2024-05-24" in refused.err
    refused = regulars("features", "build", "--as-of", "2020-01-01", folder=own_shop, code=1)
    assert "the earliest possible --as-of is 2024-01-02" in refused.err


def test_as_of_without_enough_history_names_the_earliest_date(own_shop: Path) -> None:
    refused = regulars("train", "churn", "--as-of", "2024-01-20", folder=own_shop, code=1)
    assert "earliest" in refused.err


def test_a_mapping_with_an_unknown_column_writes_nothing(a_copy: Path) -> None:
    before = (a_copy / "tables" / "manifest.json").read_text()
    mapping = a_copy / "mapping.yaml"
    mapping.write_text(mapping.read_text().replace("order_id: InvoiceNo", "order_id: InvoiceNumber"))
    refused = regulars("ingest", folder=a_copy, code=2)
    assert "InvoiceNo" in refused.err
    assert (a_copy / "tables" / "manifest.json").read_text() == before


def test_an_unknown_setting_refuses_the_start(a_copy: Path) -> None:
    settings = a_copy / "regulars.toml"
    settings.write_text(settings.read_text().replace("active_days", "activ_days"))
    assert "did you mean 'churn.active_days'" in regulars("status", folder=a_copy, code=2).err


def test_status_and_doctor_find_everything_in_order(own_shop: Path) -> None:
    state = regulars("status", "--json", folder=own_shop).document
    champions = {model["name"]: model["champion"] for model in state["models"]}
    assert champions == dict.fromkeys(MODELS, "1") | {"uplift": None}  # nobody was contacted
    checks = regulars("doctor", "--json", folder=own_shop).document["checks"]
    assert [check["name"] for check in checks if not check["ok"]] == []


def test_the_audit_log_is_whole_until_somebody_changes_it(a_copy: Path) -> None:
    assert regulars("audit", "verify", folder=a_copy).code == 0
    import sqlite3

    with sqlite3.connect(a_copy / "state.db") as database:
        tables = [row[0] for row in database.execute("SELECT name FROM sqlite_master WHERE name LIKE 'audit%'")]
        database.execute(f"UPDATE {tables[0]} SET who = 'somebody else' WHERE rowid = 1")
    assert "broken" in regulars("audit", "verify", folder=a_copy, code=1).out


def test_a_killed_ingest_leaves_the_last_good_state(a_copy: Path) -> None:
    before = regulars("status", "--json", folder=a_copy).document["tables"]
    process = subprocess.Popen([REGULARS, "ingest", "--replace", "orders"], cwd=a_copy, stderr=subprocess.PIPE)
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and not list((a_copy / "tables" / "orders").glob("*.parquet"))[1:]:
        if process.poll() is not None:
            break
        time.sleep(0.005)
    process.kill()
    process.wait()
    assert regulars("status", "--json", folder=a_copy).document["tables"] == before
    regulars("ingest", folder=a_copy)
    assert regulars("status", "--json", folder=a_copy).document["tables"] == before
