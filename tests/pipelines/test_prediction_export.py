"""`regulars export predictions`: what was answered, of which values, and what came of it."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from core.clock import present
from core.prediction_log import Prediction, PredictionLog, Result
from core.sortable_ids import new_id
from core.workspace import Workspace
from feature_repo import catalog, facts
from models.churn import dataset
from models.demand.labels import sold
from pipelines import prediction_export
from pipelines.cli.main import build
from tests.support.served import answered, told


def export(workspace: Workspace, model: str, output: Path, *more: str) -> tuple[int, str, str]:
    arguments = ["export", "predictions", model, "--output", str(output), "--workspace", str(workspace.root), *more]
    result = CliRunner().invoke(build(), arguments)  # type: ignore[arg-type]
    return result.exit_code, result.stdout, result.stderr


def rows(workspace: Workspace, model: str, folder: Path, *more: str) -> list[dict[str, object]]:
    code, _, err = export(workspace, model, folder / "p.parquet", *more)
    assert (code, err) == (0, "")
    found: list[dict[str, object]] = pq.read_table(folder / "p.parquet").to_pylist()
    return found


def test_a_line_has_the_values_it_was_made_of(new_workspace: Workspace, tmp_path: Path) -> None:
    log, columns = PredictionLog(new_workspace), {"recency": [3.25, None], "n": [1, 2]}
    lines = [Result("007", 0.25, row=0), Result("008", 0.5, row=1), Result("009", 0.1, fallback="population")]
    asked = {"explain": False, "as_of": "2024-08-01"}
    log.append(Prediction(new_id(), "churn", "churn", "3", "champion", lines, asked, features=columns))
    log.close()
    code, out, _ = export(new_workspace, "churn", tmp_path / "p.parquet", "--json")
    document = json.loads(out)
    assert code == 0
    assert [document[name] for name in ("rows", "known", "features", "left_out")] == [3, 0, 2, 0]
    table = pq.read_table(tmp_path / "p.parquet")
    assert table.schema.field("made_at").type == pa.timestamp("us", tz="UTC")
    first, second, third = table.to_pylist()
    assert (first["subject"], first["value"], first["recency"], first["n"]) == ("007", 0.25, 3.25, 1.0)
    assert (second["recency"], second["n"]) == (None, 2.0)
    assert (third["fallback"], third["recency"], third["n"]) == ("population", None, None)
    assert (first["model"], first["version"], first["variant"], first["as_of"]) == (
        "churn",
        "3",
        "champion",
        "2024-08-01",
    )
    assert json.loads(str(first["asked"])) == asked


def test_without_feedback_orders_after_the_day_tell_who_bought(small_shop: Workspace, tmp_path: Path) -> None:
    day = present(small_shop) - timedelta(days=29)
    names = [f"c{number:03d}" for number in range(40)]
    answered(small_shop, "churn", [Result(name, 0.5) for name in names], {"as_of": day.isoformat()})
    answered(small_shop, "churn", [Result("c000", 0.5)], {"as_of": (day + timedelta(days=1)).isoformat()})
    buyers = facts.buyers(small_shop, day + timedelta(days=1), day + timedelta(days=29))
    *over, open_ = rows(small_shop, "churn", tmp_path)
    assert [line["bought"] for line in over] == [name in buyers for name in names]
    assert {line["told_by"] for line in over} == {"orders"}
    assert (open_["bought"], open_["told_by"]) == (None, None)


def test_what_feedback_says_goes_over_the_orders(small_shop: Workspace, tmp_path: Path) -> None:
    day = present(small_shop) - timedelta(days=60)
    made = answered(small_shop, "churn", [Result("nobody", 0.5), Result("c001", 0.5)], {"as_of": day.isoformat()})
    told(small_shop, made, customer_id="nobody", bought=True)
    first, second = rows(small_shop, "churn", tmp_path)
    assert (first["bought"], first["told_by"], second["told_by"]) == (True, "feedback", "orders")


def test_products_of_a_list_and_units_of_a_series_are_told_by_orders(small_shop: Workspace, tmp_path: Path) -> None:
    day = present(small_shop) - timedelta(days=60)
    pairs = facts.purchases(small_shop, day + timedelta(days=1), day + timedelta(days=29))
    customer, product = pairs.iloc[0]
    lines = [Result(customer, 1.0, product), Result(customer, 0.5, "none such")]
    answered(small_shop, "recommendations", lines, {"as_of": day.isoformat()})
    assert [line["bought"] for line in rows(small_shop, "recommendation", tmp_path)] == [True, False]
    series = sorted(facts.units(small_shop, day, day + timedelta(days=28))["series_id"].unique())[:2]
    asked = {"as_of": day.isoformat(), "first_day": day.isoformat(), "periods": 7, "horizon": 7}
    answered(small_shop, "demand", [Result(name, 1.0) for name in series], asked)
    units = sold(small_shop, series, day)[:, :7].sum(axis=1)
    assert [line["units"] for line in rows(small_shop, "demand", tmp_path)] == pytest.approx(units.tolist())


def test_days_bound_the_file_and_it_is_written_in_parts(
    new_workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prediction_export, "PART", 2)
    answered(new_workspace, "churn", [Result(f"{number}", 0.5) for number in range(5)])
    assert len(rows(new_workspace, "churn", tmp_path)) == 5
    assert rows(new_workspace, "churn", tmp_path, "--until", "2020-01-01") == []
    assert rows(new_workspace, "demand", tmp_path) == []
    code, _, err = export(new_workspace, "churn", tmp_path / "p.csv", "--since", "2024-02-02", "--until", "2024-02-01")
    assert (code, "later --until" in err) == (2, True)


def test_an_unknown_model_is_answered_with_the_nearest(new_workspace: Workspace, tmp_path: Path) -> None:
    code, _, err = export(new_workspace, "chrun", tmp_path / "p.parquet")
    assert (code, "did you mean 'churn'" in err) == (2, True)


def test_no_feature_of_churn_has_the_name_of_another_column() -> None:
    names = {feature.name for view in catalog.service(dataset.SERVICE) for feature in view.features}
    assert not names & set(prediction_export.COLUMNS)
