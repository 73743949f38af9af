"""Rows of the store are columns and numbers at will, of several views side by side."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from core.packed_rows import Layout, PackedRow
from feature_repo.packed.feature_rows import FeatureRows
from tests.core.test_packed_rows import LAYOUT, values

OTHER = Layout((("h", "float"), ("i", "text")))
others = st.fixed_dictionaries({"h": st.none() | st.floats(allow_nan=False), "i": st.none() | st.just("x")})
NAMES = ("g", "a", "i", "h", "nowhere", "c")
nothing = dict.fromkeys((*LAYOUT.names, *OTHER.names))


def packed(row: tuple[dict[str, Any] | None, dict[str, Any] | None]) -> tuple[bytes | None, ...]:
    layouts = (LAYOUT, OTHER)
    return tuple(None if each is None else of.pack(PackedRow(each, 0)) for of, each in zip(layouts, row, strict=True))


def whole(row: tuple[dict[str, Any] | None, dict[str, Any] | None]) -> dict[str, Any]:
    return nothing | (row[0] or {}) | (row[1] or {})


several = st.lists(st.tuples(st.none() | values, st.none() | others), max_size=4)


@given(several)
def test_they_are_the_columns_of_all_views(asked: list[Any]) -> None:
    rows = FeatureRows([LAYOUT, OTHER], [packed(each) for each in asked])
    assert dict(rows) == {name: [whole(each)[name] for each in asked] for name in nothing}
    assert rows.is_known == [any(value is not None for value in whole(each).values()) for each in asked]


@given(several)
def test_their_numbers_are_a_matrix_in_the_order_asked(asked: list[Any]) -> None:
    rows = FeatureRows([LAYOUT, OTHER], [packed(each) for each in asked])
    expected = [
        [
            math.nan if name in {"i", "nowhere"} or whole(each)[name] is None else float(whole(each)[name])
            for name in NAMES
        ]
        for each in asked
    ]
    found = rows.numbers(NAMES)
    assert found.flags.c_contiguous  # sums are then the same to the last digit as those of any other matrix
    np.testing.assert_array_equal(found, np.array(expected).reshape(len(asked), len(NAMES)))


@given(several)
def test_one_row_is_told_whole_and_some_columns_of_all(asked: list[Any]) -> None:
    rows = FeatureRows([LAYOUT, OTHER], [packed(each) for each in asked])
    for place, each in enumerate(asked):
        told = rows.values_of(place)
        assert {name: value.tolist() if isinstance(value, np.ndarray) else value for name, value in told.items()} == (
            whole(each)
        )
    names = ["f", "a", "d"]
    assert rows.some(names) == [rows[name] for name in names]


def test_some_of_them_are_taken_in_the_order_asked() -> None:
    rows = FeatureRows([OTHER], [(OTHER.pack(PackedRow({"h": float(each)}, 0)),) for each in range(3)])
    assert rows.take([2, 0])["h"] == [2.0, 0.0]


def test_a_row_of_another_release_is_none() -> None:
    renamed = Layout((("j", "float"), ("k", "text")))
    rows = FeatureRows([OTHER], [(renamed.pack(PackedRow({"j": 1.0}, 0)),)])
    assert (rows["h"], rows.is_known) == ([None], [False])
