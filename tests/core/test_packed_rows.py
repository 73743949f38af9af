"""A packed row gives back exactly what was put into it; many packed as columns are the same bytes."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from feast.infra.key_encoding_utils import serialize_entity_key
from feast.protos.feast.types.EntityKey_pb2 import EntityKey
from feast.protos.feast.types.Value_pb2 import Value
from hypothesis import given
from hypothesis import strategies as st

from core.packed_rows import Layout, PackedRow, matrix
from feature_repo import catalog
from feature_repo.packed.column_batches import pack_batch
from feature_repo.packed.entity_keys import entity_keys
from feature_repo.packed.view_tables import layout_of

COLUMNS = (("a", "float"), ("b", "text"), ("c", "int"), ("d", "floats"), ("e", "ints"), ("f", "texts"), ("g", "float"))
LAYOUT = Layout(COLUMNS)  # type: ignore[arg-type]
ARROW = {"float": pa.float64(), "int": pa.int64(), "text": pa.string()}
ARROW |= {f"{kind}s": pa.list_(arrow) for kind, arrow in ARROW.items()}

floats = st.floats(allow_nan=False)
ints = st.integers(-(2**63), 2**63 - 1)
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
KINDS: dict[str, st.SearchStrategy[Any]] = {"float": floats, "int": ints, "text": texts}
KINDS |= {f"{kind}s": st.lists(values, max_size=4) for kind, values in KINDS.items()}
values = st.fixed_dictionaries({name: st.none() | KINDS[kind] for name, kind in COLUMNS})
rows = st.builds(
    PackedRow, values, ints, st.integers(0, 2**62), st.lists(st.integers(0, 2**64 - 1), max_size=3).map(tuple)
)


@given(rows)
def test_a_row_is_read_back_as_it_was_written(row: PackedRow) -> None:
    packed = LAYOUT.pack(row)
    assert LAYOUT.unpack(packed) == row
    assert LAYOUT.timestamp(packed) == row.timestamp
    assert LAYOUT.unpack_columns([packed]) == {name: [value] for name, value in row.values.items()}


@given(rows, st.lists(st.integers(0, len(COLUMNS) - 1), min_size=1, unique=True))
def test_some_columns_are_read_without_the_others(row: PackedRow, places: list[int]) -> None:
    assert LAYOUT.some_cells(LAYOUT.pack(row), places) == [row.values[COLUMNS[place][0]] for place in places]


@given(st.lists(values, max_size=5), st.integers(0, 2**50))
def test_columns_are_packed_as_rows_are(several: list[dict[str, Any]], timestamp: int) -> None:
    columns = {name: pa.array([row[name] for row in several], ARROW[kind]) for name, kind in COLUMNS}
    packed = pack_batch(LAYOUT, pa.RecordBatch.from_pydict(columns), timestamp)
    assert packed == [LAYOUT.pack(PackedRow(row, timestamp)) for row in several]


@given(st.lists(values, min_size=1, max_size=5))
def test_the_numbers_of_many_rows_are_one_matrix(several: list[dict[str, Any]]) -> None:
    found = matrix(LAYOUT, [LAYOUT.pack(PackedRow(row, 0)) for row in several])
    expected = [[math.nan if row[name] is None else float(row[name]) for name in ("a", "c", "g")] for row in several]
    np.testing.assert_array_equal(found, expected)


def test_a_number_that_is_not_one_is_missing_in_a_batch_as_in_feast() -> None:
    batch = pa.RecordBatch.from_pydict({"a": pa.array([math.nan, 1.0])})
    layout = Layout((("a", "float"),))
    assert layout.unpack_columns(pack_batch(layout, batch, 0)) == {"a": [None, 1.0]}


def test_a_row_of_other_columns_is_not_read() -> None:
    renamed = Layout((("h", "float"), *LAYOUT.columns[1:]))
    packed = LAYOUT.pack(PackedRow({}, 0))
    assert LAYOUT.knows(packed)
    assert not renamed.knows(packed)
    assert renamed.unpack_columns([packed, None])["h"] == [None, None]


@given(st.lists(texts, max_size=4))
def test_keys_are_those_of_feast(ids: list[str]) -> None:
    def feasts(each: str) -> bytes:
        key = EntityKey(join_keys=["customer_id"], entity_values=[Value(string_val=each)])
        return bytes(serialize_entity_key(key, entity_key_serialization_version=3))

    assert entity_keys("customer_id", ids) == list(map(feasts, ids))


@pytest.mark.parametrize("view", list(catalog.VIEWS))
def test_every_view_has_a_layout_of_its_own(view: str) -> None:
    layout = layout_of(catalog.view(view))
    assert layout.names == [feature.name for feature in catalog.view(view).features]
    assert [layout_of(catalog.view(other)).fingerprint for other in catalog.VIEWS].count(layout.fingerprint) == 1
