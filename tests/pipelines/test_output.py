"""A CSV file that we write holds nothing that a spreadsheet would run."""

from __future__ import annotations

import csv
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipelines import output

IDS = [
    '=HYPERLINK("http://example.com","mug")',
    "+1+cmd|' /C calc'!A0",
    "@SUM(A1)",
    "-A1",
    "\tx",
    "007",
    "-12",
    "a=b",
    None,
]
SAFE = ["'" + text for text in IDS[:5]] + ["007", "-12", "a=b", ""]


def test_a_formula_in_a_text_is_written_as_text(tmp_path: Path) -> None:
    output.write(pa.table({"id": IDS, "n": range(9)}), tmp_path / "a.csv")
    with (tmp_path / "a.csv").open(newline="") as file:
        assert [row["id"] for row in csv.DictReader(file)] == SAFE


def test_parquet_keeps_texts_as_they_are(tmp_path: Path) -> None:
    output.write(pa.table({"id": IDS}), tmp_path / "a.parquet")
    assert pq.read_table(tmp_path / "a.parquet")["id"].to_pylist() == IDS


@pytest.mark.parametrize("type_", [pa.string(), pa.large_string()])
def test_a_column_without_texts_is_written(tmp_path: Path, type_: pa.DataType) -> None:
    output.write(pa.table({"id": pa.array([None, None], type_)}), tmp_path / "a.csv")
    assert (tmp_path / "a.csv").read_text().splitlines()[0] == '"id"'
