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


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_parts_are_written_as_one_table(tmp_path: Path, suffix: str) -> None:
    table = pa.table({"id": ["007", "=1", "b"], "n": [1, 2, 3]})
    output.write(table, tmp_path / f"whole{suffix}")
    rows = output.write_parts([table.slice(0, 1), table.slice(1)], tmp_path / f"parts{suffix}")
    assert rows == 3
    if suffix == ".csv":
        assert (tmp_path / "parts.csv").read_bytes() == (tmp_path / "whole.csv").read_bytes()
    else:
        assert pq.read_table(tmp_path / "parts.parquet").equals(table)


def test_a_part_that_fails_leaves_no_file(tmp_path: Path) -> None:
    def parts():
        yield pa.table({"n": [1]})
        raise ValueError("no second part")

    with pytest.raises(ValueError, match="no second part"):
        output.write_parts(parts(), tmp_path / "x.parquet")
    assert not list(tmp_path.iterdir())
