"""`regulars features build|export` and `regulars materialize`, as a person and a machine call them."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest
import typer
from typer.testing import CliRunner

from core.event_log import Event, EventLog
from core.workspace import Workspace
from feature_repo import catalog, folding, store
from feature_repo.online import OnlineReader
from pipelines.cli import features
from tests.support.shop import FIRST_DAY

D = FIRST_DAY + timedelta(days=150)


def run(workspace: Workspace, *arguments: str) -> tuple[int, str, str]:
    app = typer.Typer()
    features.register(app)
    result = CliRunner().invoke(app, [*arguments, "--workspace", str(workspace.root)])
    return result.exit_code, result.stdout, result.stderr


def test_build_builds_every_view_once(small_shop: Workspace) -> None:
    code, out, _ = run(small_shop, "features", "build", "--as-of", str(D), "--json")
    first = json.loads(out)["views"]
    assert code == 0
    assert {(view["view"], view["snapshot"]) for view in first} == {(name, "built") for name in catalog.VIEWS}
    again = json.loads(run(small_shop, "features", "build", "--as-of", str(D), "--json")[1])["views"]
    assert {view["snapshot"] for view in again} == {"reused"}
    assert [view["rows"] for view in again] == [view["rows"] for view in first]


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_export_writes_the_matrix(small_shop_readonly: Workspace, tmp_path: Path, suffix: str) -> None:
    output = tmp_path / "out" / f"matrix{suffix}"
    code, out, _ = run(small_shop_readonly, "features", "export", "--as-of", str(D), "--output", str(output))
    frame = pd.read_csv(output, dtype={"customer_id": str}) if suffix == ".csv" else pd.read_parquet(output)
    expected = store.matrix(small_shop_readonly, "churn_v1", D)
    assert code == 0
    assert f"{len(expected)} rows of customer_features as of {D}" in out
    assert list(frame.columns) == list(expected.columns)
    pd.testing.assert_frame_equal(
        frame.drop(columns="event_timestamp"), expected.drop(columns="event_timestamp"), check_dtype=False
    )


def test_lists_are_json_in_a_csv_file(small_shop_readonly: Workspace, tmp_path: Path) -> None:
    output = tmp_path / "history.csv"
    arguments = ("features", "export", "--as-of", str(D), "--output", str(output), "--view", "customer_history")
    assert run(small_shop_readonly, *arguments)[0] == 0
    ids = json.loads(pd.read_csv(output)["product_ids"][0])
    assert isinstance(ids, list)
    assert all(isinstance(each, str) for each in ids)


def test_an_export_before_any_data_names_the_earliest_date(small_shop_readonly: Workspace, tmp_path: Path) -> None:
    output = tmp_path / "matrix.csv"
    code, _, err = run(small_shop_readonly, "features", "export", "--as-of", "2020-01-01", "--output", str(output))
    assert code == 1
    assert f"the earliest possible --as-of is {small_shop_readonly.tables.first_day() + timedelta(days=1)}" in err
    assert not output.exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--output", "matrix.xlsx"), "name a file that ends in .parquet or .csv"),
        (("--output", "m.csv", "--view", "customer_feature"), "did you mean 'customer_features'?"),
        (("--output", "m.csv", "--as-of", "yesterday"), "write it as YYYY-MM-DD"),
    ],
)
def test_what_cannot_be_meant_is_exit_code_2(
    small_shop_readonly: Workspace, arguments: tuple[str, ...], said: str
) -> None:
    code, _, err = run(small_shop_readonly, "features", "export", *arguments)
    assert code == 2
    assert said in err
    assert "Traceback" not in err


def test_materialize_folds_in_again_what_no_ingest_has_taken(small_shop: Workspace) -> None:
    at = datetime(D.year, D.month, D.day, 12, tzinfo=UTC)
    log = EventLog(small_shop)
    log.append([Event("c003", at, "purchase", "003", "o1", 1.0, 9.0), Event("c003", at, "view", "003")])
    code, out, err = run(small_shop, "materialize", "--as-of", str(D), "--json")
    assert code == 0, err
    assert json.loads(out)["rows"]["customer_features"] > 100
    assert OnlineReader(small_shop, "churn_v1").read(["c003"])["days_since_last_visit"] == [1.0]
    assert folding.fold_in(small_shop, log) == []
    assert len(log.pending()) == 2
