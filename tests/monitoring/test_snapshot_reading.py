"""The columns of a snapshot, of the entities that a kind of model is about."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from monitoring.drift.reading import ENTRIES, SnapshotColumns

KEPT = np.array([True, False, True, True, False, True])


@pytest.fixture
def columns(tmp_path):
    table = {
        "spend": pa.array([1.0, 2.0, None, 4.0, 5.0, 6.0]),
        "segment": pa.array(["a", "b", None, "a", "b", "c"]),
        "recent": pa.array([[1], [], [1, 2], None, [3], []], pa.list_(pa.int64())),
    }
    pq.write_table(pa.table(table), tmp_path / "snapshot.parquet", row_group_size=2)
    return SnapshotColumns(pq.ParquetFile(tmp_path / "snapshot.parquet"), KEPT, frozenset({"recent"}))


def test_a_column_has_the_entities_that_count_in_their_order(columns):
    pd.testing.assert_series_equal(columns["spend"], pd.Series([1.0, np.nan, 4.0, 6.0]), check_names=False)
    assert columns["segment"].tolist() == ["a", None, "a", "c"]


def test_of_a_packed_feature_the_entries_are_counted(columns):
    pd.testing.assert_series_equal(columns[f"recent{ENTRIES}"], pd.Series([1.0, 2.0, np.nan, 0.0]), check_names=False)


@pytest.mark.parametrize("cells", [1, 4_000_000])
def test_drawn_rows_are_those_of_the_columns_however_many_are_read_at_once(columns, monkeypatch, cells):
    monkeypatch.setattr("monitoring.drift.reading.CELLS", cells)
    places, names = np.array([3, 0, 1]), ["spend", "segment", f"recent{ENTRIES}"]
    expected = pd.DataFrame({name: columns[name].iloc[places].reset_index(drop=True) for name in names})
    pd.testing.assert_frame_equal(columns.rows(names, places), expected)
