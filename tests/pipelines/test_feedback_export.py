"""`regulars export feedback`: what came of predictions, as a file."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from core.prediction_log import Result
from core.workspace import Workspace
from pipelines.cli.main import build
from tests.support.served import answered, told


def export(workspace: Workspace, output: Path, *more: str) -> tuple[int, str, str]:
    arguments = ["export", "feedback", "--output", str(output), "--workspace", str(workspace.root), *more]
    result = CliRunner().invoke(build(), arguments)  # type: ignore[arg-type]
    return result.exit_code, result.stdout, result.stderr


@pytest.fixture
def told_of(new_workspace: Workspace) -> Workspace:
    made = answered(new_workspace, "churn", [Result("007", 0.25)], {"as_of": "2024-08-01"})
    told(new_workspace, made, bought=True, revenue=12.5, note='Käse, "fein"')
    told(new_workspace, "f" * 32, bought=False)
    return new_workspace


def test_a_parquet_file_has_types(told_of: Workspace, tmp_path: Path) -> None:
    code, out, _ = export(told_of, tmp_path / "f.parquet")
    assert code == 0
    assert "2 outcomes in 2 rows" in out
    assert "1 are about no prediction of the log" in out
    table = pq.read_table(tmp_path / "f.parquet")
    assert table.schema.field("made_at").type == pa.timestamp("us", tz="UTC")
    assert table.schema.field("bought").type == pa.bool_()
    first, second = table.to_pylist()
    assert (first["subject"], first["value"], first["bought"], first["as_of"]) == ("007", 0.25, True, "2024-08-01")
    assert json.loads(first["outcome"])["note"] == 'Käse, "fein"'
    assert (second["kind"], second["made_at"], second["value"]) == (None, None, None)


def test_a_csv_file_reads_back(told_of: Workspace, tmp_path: Path) -> None:
    export(told_of, tmp_path / "f.csv")
    frame = pd.read_csv(tmp_path / "f.csv", dtype={"subject": str})
    assert frame["subject"].tolist()[0] == "007"
    assert json.loads(frame["outcome"][0])["revenue"] == 12.5


def test_machines_get_the_counts(told_of: Workspace, tmp_path: Path) -> None:
    code, out, _ = export(told_of, tmp_path / "f.csv", "--json")
    document = json.loads(out)
    assert code == 0
    assert {name: document[name] for name in ("ok", "rows", "outcomes", "unmatched", "left_out")} == {
        "ok": True,
        "rows": 2,
        "outcomes": 2,
        "unmatched": 1,
        "left_out": 0,
    }


def test_without_feedback_the_file_is_empty_and_says_where_feedback_goes(
    new_workspace: Workspace, tmp_path: Path
) -> None:
    code, out, _ = export(new_workspace, tmp_path / "f.parquet")
    assert (code, pq.read_table(tmp_path / "f.parquet").num_rows) == (0, 0)
    assert "POST /v1/feedback" in out


@pytest.mark.parametrize("name", ["f.xlsx", "f", "nowhere/f.csv"])
def test_an_impossible_output_is_refused(new_workspace: Workspace, tmp_path: Path, name: str) -> None:
    code, _, err = export(new_workspace, tmp_path / name)
    assert code == 2
    assert "--output" in err
