"""Which line of an answer an outcome tells of, and what."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitoring.served.outcome_keys import Told, read

KEYS = ("category", "region")
CHURN = [{"subject": "007", "item": None}, {"subject": "8", "item": None}]
LIST = [{"subject": "007", "item": product} for product in ("a", "b", "c")]
SERIES = [{"subject": "BEER|north", "item": None}, {"subject": "ICE|north", "item": None}]


def said(told: list[Told]) -> list[tuple[Any, ...]]:
    return [(each.line and each.line["subject"], each.item, each.bought, each.units) for each in told]


@pytest.mark.parametrize(
    ("kind", "lines", "outcome", "expected"),
    [
        ("churn", CHURN[:1], {"bought": True}, [("007", None, True, None)]),
        ("churn", CHURN, {"bought": False, "customer_id": "8"}, [("8", None, False, None)]),
        ("churn", CHURN, {"bought": True}, [(None, None, True, None)]),  # of whom?
        ("churn", CHURN, {"bought": True, "customer_id": "9"}, [(None, None, True, None)]),
        ("churn", CHURN[:1], {"bought": "yes"}, [("007", None, None, None)]),
        ("recommendations", LIST, {"bought": False}, [("007", i, False, None) for i in "abc"]),
        ("recommendations", LIST, {"bought": True}, [(None, None, True, None)]),
        ("recommendations", LIST, {"bought": True, "product_id": "b"}, [("007", "b", True, None)]),
        ("recommendations", LIST, {"bought": True, "product_id": "z"}, [(None, "z", True, None)]),
        (
            "similar",
            LIST,
            {"bought": ["b", "z"]},
            [("007", "a", False, None), ("007", "b", True, None), ("007", "c", False, None), (None, "z", True, None)],
        ),
        ("recommendations", LIST, {"clicked": 1}, [(None, None, None, None)]),
        ("demand", SERIES[:1], {"units": 12}, [("BEER|north", None, None, 12.0)]),
        (
            "demand",
            SERIES,
            {"units": 3.5, "series": {"region": "north", "category": "ICE"}},
            [("ICE|north", None, None, 3.5)],
        ),
        ("demand", SERIES, {"units": True, "series": "ICE|north"}, [("ICE|north", None, None, None)]),
        ("other", LIST, {"bought": True}, [(None, None, None, None)]),
    ],
)
def test_an_outcome_tells_of_its_line(
    kind: str, lines: list[dict[str, Any]], outcome: dict[str, Any], expected: list[tuple[Any, ...]]
) -> None:
    assert said(read(kind, outcome, lines, KEYS)) == expected


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
outcomes = st.dictionaries(
    st.sampled_from(["bought", "product_id", "customer_id", "series", "units", "note"]), json_values, min_size=1
)


@given(st.sampled_from(["churn", "recommendations", "similar", "demand", "other"]), outcomes)
def test_whatever_json_comes_something_is_told_and_of_lines_of_the_answer_only(
    kind: str, outcome: dict[str, Any]
) -> None:
    for lines in ([], LIST, CHURN):
        told = read(kind, outcome, lines, KEYS)
        assert told
        assert all(each.line is None or each.line in lines for each in told)
