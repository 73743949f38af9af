"""Whose answer changes between two versions is counted once, and nothing of a handful is told."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitoring.side_by_side import answer_changes

TIERS = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3), st.booleans()), min_size=1, max_size=80)


def tiers(rows):
    """By version a, and by version b."""
    frame = pd.DataFrame(rows, columns=["a", "b", "churned"])
    return [frame[["churned"]].assign(risk_tier=frame[side]) for side in ("a", "b")]


@given(TIERS)
def test_every_customer_stands_in_one_cell_and_moves_up_down_or_not_at_all(rows):
    found = answer_changes.of_tiers(*tiers(rows), 4)
    assert found.customers == len(rows)
    assert sum(move.share for move in found.tiers) == pytest.approx(1)
    assert found.up == sum(a > b for a, b, _ in rows)
    assert found.down == sum(a < b for a, b, _ in rows)


@given(TIERS)
def test_the_other_way_round_up_is_down(rows):
    a, b = tiers(rows)
    there, back = answer_changes.of_tiers(a, b, 4), answer_changes.of_tiers(b, a, 4)
    assert (there.up, there.down) == (back.down, back.up)


def test_how_many_left_is_not_told_of_a_handful():
    found = answer_changes.of_tiers(*tiers([(1, 0, True)] * 4 + [(0, 0, True), (0, 0, False)] * 3), 4)
    told = {(move.b, move.a): move.left for move in found.tiers if move.customers}
    assert told == {(0, 1): None, (0, 0): pytest.approx(0.5)}


def test_the_order_within_a_list_does_not_matter():
    found = answer_changes.of_lists([(1, 2, 3), (1, 2, 3)], [(3, 2, 1), (1, 8, 9)], 3)
    assert {each.products: each.lists for each in found.places} == {3: 1, 2: 0, 1: 1, 0: 0}
    assert found.shared == 2.0


def test_the_series_that_differ_most_stand_first_with_what_was_sold():
    def by(*errors):
        return pd.DataFrame({"error": np.array(errors), "sold": [10.0, 10.0, 10.0]}, index=["x", "y", "z"])

    found = answer_changes.of_series(by(1.0, 5.0, 0.0), by(0.0, -5.0, 0.0))
    assert [(each.series_id, each.a, each.b, each.sold) for each in found.series] == [
        ("y", 15.0, 5.0, 10.0),
        ("x", 11.0, 10.0, 10.0),
    ]
