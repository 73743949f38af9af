"""Feature values come out of the log as they were, whichever way they lay when they went in."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from core import feature_values
from core.packed_rows import Layout, PackedRow
from feature_repo.packed.feature_rows import FeatureRows
from tests.core.test_packed_rows import LAYOUT, values

OTHER = Layout((("h", "float"), ("i", "text")))


def logged(columns, place):
    return feature_values.unpack(feature_values.list_of(columns), feature_values.pack(columns, place))


@given(st.lists(st.tuples(values, st.booleans()), min_size=1, max_size=3))
def test_a_row_of_the_store_comes_back_as_it_lay_there(told) -> None:
    other = OTHER.pack(PackedRow({"h": 0.5, "i": "x"}, 0))
    rows = FeatureRows(
        [LAYOUT, OTHER], [(LAYOUT.pack(PackedRow(row, 0)), other if both else None) for row, both in told]
    )
    for place in range(len(told)):
        found = logged(rows, place)
        assert list(found) == list(rows)
        assert found == {name: feature_values._a_number_or_none(rows[name][place]) for name in rows}


def test_which_orders_events_opened_is_not_logged() -> None:
    plain, opened = (LAYOUT.pack(PackedRow({"a": 1.5, "b": "x"}, 7, 3, orders)) for orders in ((), (5, 6)))
    assert LAYOUT.without_orders(opened) == LAYOUT.without_orders(plain) == plain
    assert logged(FeatureRows([LAYOUT], [(opened,)]), 0) == logged(FeatureRows([LAYOUT], [(plain,)]), 0)


def test_columns_that_were_at_hand_come_back_as_numbers_text_and_nothing() -> None:
    moment = datetime(2017, 3, 1, 12, tzinfo=UTC)
    columns = {"a": [1.5, float("nan")], "b": np.array([3, 4]), "c": ["x", None], "d": [moment, moment]}
    assert logged(columns, 0) == {"a": 1.5, "b": 3, "c": "x", "d": moment.isoformat()}
    assert logged(columns, 1) == {"a": None, "b": 4, "c": None, "d": moment.isoformat()}


def test_a_list_is_called_the_same_as_long_as_it_is_the_same() -> None:
    one, same, other = (feature_values.list_of(FeatureRows([each], [])) for each in (LAYOUT, LAYOUT, OTHER))
    assert feature_values.list_id(one) == feature_values.list_id(same) != feature_values.list_id(other)
    assert feature_values.names(one) == tuple(LAYOUT.names)


def test_what_an_earlier_release_logged_is_still_read() -> None:
    listed = '["a", "b"]'
    assert feature_values.unpack(listed, feature_values.pack({"a": [1.25], "b": ["x"]}, 0)) == {"a": 1.25, "b": "x"}
