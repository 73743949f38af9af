"""Two versions are compared on the same later time, unit by unit."""

from datetime import date

import pytest

from core.errors import UsageError
from models import comparison
from models.kinds import kind


def compare(workspace, of_kind, a, b):
    """Both scored, and compared."""
    return comparison.compare(workspace, comparison.sides(workspace, of_kind, a, b))


def test_the_better_version_is_named_with_the_interval_of_the_difference(workspace, train):
    train(1.0)
    train(1.4)
    found = compare(workspace, kind("churn"), "1", "2")
    assert found.verdict.startswith("version 1 is better on error")
    row = next(row for row in found.rows if row.statistic == "error")
    assert row.certain
    assert row.difference.value == pytest.approx(row.a.value - row.b.value)
    assert found.units == 400


def test_comparing_the_other_way_round_gives_the_opposite(workspace, train):
    train(1.0)
    train(1.4)
    there, back = compare(workspace, kind("churn"), "1", "2"), compare(workspace, kind("churn"), "2", "1")
    for row, opposite in zip(there.rows, back.rows, strict=True):
        assert row.difference.low == pytest.approx(-opposite.difference.high)
        assert row.difference.value == pytest.approx(-opposite.difference.value)


def test_versions_that_hardly_differ_are_not_told_apart(workspace, train):
    train(1.001)
    train(1.0)
    assert compare(workspace, kind("churn"), "1", "2").verdict.startswith("no certain difference")


def test_neither_version_has_seen_the_window(workspace, train):
    train(1.0, as_of=date(2024, 7, 1))
    train(1.0, as_of=date(2024, 8, 1))
    assert compare(workspace, kind("churn"), "1", "2").as_of == date(2024, 7, 4)


def test_every_statistic_has_an_interval_and_machines_get_the_same(workspace, train):
    train(1.0)
    train(1.4)
    found = compare(workspace, kind("churn"), "challenger", "1").as_dict()
    assert (found["a"], found["b"]) == ("2", "1")
    assert [row["statistic"] for row in found["statistics"]] == ["error", "bias"]
    for row in found["statistics"]:
        for side in ("a", "b", "difference"):
            assert row[side]["low"] <= row[side]["value"] <= row[side]["high"]


def test_a_version_is_not_compared_with_itself(workspace, train):
    train(1.0)
    with pytest.raises(UsageError, match="same churn version"):
        compare(workspace, kind("churn"), "challenger", "1")
