"""A quantity that can't be meant counts for no more than what is usual beside it; all others count as they are."""

from __future__ import annotations

import ibis
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feature_repo.families.clipping import FENCE, clipped

QUANTILE = 0.999
engine = ibis.duckdb.connect()


def lines(quantities, series="a", category="A"):
    columns = {"series_id": series, "category": category, "quantity": [float(value) for value in quantities]}
    return pd.DataFrame(columns).assign(revenue=lambda frame: 2 * frame["quantity"], line=range(len(quantities)))


def clip(frame, known=None, quantile=QUANTILE):
    table, before = (ibis.memtable(each) for each in (frame, frame if known is None else known))
    found = engine.execute(clipped(table, before, quantile))
    return found.sort_values(["series_id", "line"], ignore_index=True)


def usual(count, seed=1):
    return np.random.default_rng(seed).poisson(8, count).clip(1)


@settings(max_examples=8)
@given(st.floats(1_000, 1e9), st.integers(30, 400))
def test_a_typo_counts_as_a_large_order_at_most(typo, count):
    found = clip(lines([typo, *usual(count)]))
    assert found["units"].iloc[0] <= FENCE * 16
    assert found["revenue"].iloc[0] == pytest.approx(2 * found["units"].iloc[0])


@settings(max_examples=8)
@given(st.floats(1, 1e9))
def test_a_typo_in_one_series_changes_nothing_in_another(typo):
    frame = pd.concat([lines([8, *usual(100)]), lines(usual(100, 2), "b", "B")])
    wrong = frame.assign(quantity=frame["quantity"].where((frame["series_id"] != "a") | (frame["line"] > 0), typo))
    one, other = (clip(each).query("series_id == 'b'").reset_index(drop=True) for each in (frame, wrong))
    assert len(one) == 100
    pd.testing.assert_frame_equal(one, other)


def test_what_is_usual_is_that_of_the_line_s_own_series():
    bulk = lines(1_000 + usual(300), "screws")
    found = clip(pd.concat([bulk, lines([1_000, *usual(100)], "doors")]))
    assert found.query("series_id == 'doors'")["units"].max() < 200
    assert found.query("series_id == 'screws'")["units"].min() > 1_000


@pytest.mark.parametrize("count", [40, 5_000])
def test_quantities_in_the_usual_range_are_clipped_by_the_quantile_alone(count):
    frame = lines(np.random.default_rng(3).lognormal(1, 0.8, count).round().clip(1))
    found = clip(frame)
    expected = np.minimum(frame["quantity"], max(np.quantile(frame["quantity"], QUANTILE), 1))
    np.testing.assert_allclose(found["units"], expected)
    np.testing.assert_array_equal(found["revenue"], frame["revenue"])


def test_a_wholesaler_who_orders_regularly_is_no_typo():
    found = clip(lines([500] * 10 + [1] * 90))
    assert (found["units"] == found["quantity"]).all()


def test_the_quantile_one_clips_nothing():
    assert clip(lines([1e6, *usual(50)]), quantile=1.0)["units"].max() == 1e6


def test_later_lines_are_clipped_by_the_earlier_ones():
    found = clip(lines([1e6, 5]), known=lines(usual(50)))
    assert found["units"].iloc[0] < 200
    assert found["units"].iloc[1] == 5
    assert clip(lines([1e6], "new", "N"), known=lines(usual(50)))["units"].tolist() == [1e6]
