"""Where a model loses to the best baseline: found where it is so, small groups together, told in card and picture."""

from datetime import date

import numpy as np
import pandas as pd
import pytest

from models import slices as sliced
from models.churn.kind import KIND
from models.slice_figure import SliceFigure
from tests.support import toy
from tests.support.shop import empty_workspace
from training import slice_report

DAY = date(2024, 6, 3)
NAN = float("nan")
FIGURES = (
    SliceFigure("region", "north", 200, 0.7, -0.1, -0.09, -0.12, -0.06, worse=True),
    SliceFigure("region", "south", 900, 0.8, 0.05, 0.04, 0.01, 0.07, worse=False),
)


@pytest.fixture
def sides():
    """800 customers in four groups; the model knows nothing of those of the second."""
    rng = np.random.default_rng(0)
    ids = pd.Index([f"c{i}" for i in range(800)], name="customer_id")
    churned = (rng.random(800) < 0.4).astype(float)
    told = churned * 0.6 + rng.random(800) * 0.4
    own = pd.DataFrame(
        {"probability": np.where(np.arange(800) % 4 == 1, rng.random(800), told), "churned": churned}, ids
    )
    return own, own.assign(probability=told * 0.5 + rng.random(800) * 0.5)


@pytest.fixture
def groups(monkeypatch):
    def attributes(workspace, as_of, units):
        number = pd.Series(range(len(units)), index=units)
        yield "quarter", (number % 4).astype(str)
        yield "odd", pd.Series("all", index=units)
        yield "size", (number // 40 * (number < 100)).clip(upper=99).mask(number.between(0, 30), 7).astype(str)

    monkeypatch.setattr(sliced, "_attributes", attributes)
    monkeypatch.setattr(sliced, "_deep", lambda *given: iter(()))


def test_the_group_in_which_it_loses_is_found_and_no_other(sides, groups, tmp_path):
    found = sliced.slices(empty_workspace(tmp_path / "workspace"), KIND, DAY, *sides, deep=True)
    assert {(each.attribute, each.group) for each in found if each.worse} == {("quarter", "1")}
    assert "odd" not in {each.attribute for each in found}


def test_small_groups_are_taken_together_and_said_to_be():
    groups = pd.Series(["a"] * 50 + ["b"] * 9 + ["c"] * 8)
    assert sliced._together(groups).value_counts().to_dict() == {"a": 50, "2 small ones together": 17}


def test_days_are_banded_with_the_unknown_apart():
    assert sliced._banded(pd.Series([3, 91, 92, 400, NAN]), (91, 364)).tolist() == [
        "up to 91", "up to 91", "92 to 364", "over 364", "unknown"
    ]  # fmt: skip


def test_the_card_shows_the_worst_first_and_the_picture_all():
    table = slice_report.table(FIGURES[::-1], KIND, "logistic")
    assert [row[1] for row in table.rows] == ["north", "south"]
    assert table.rows[0][-1] == "certainly worse"
    figure = slice_report.draw(FIGURES, KIND, "logistic")
    assert len(figure.axes[0].get_yticklabels()) == 2


def test_an_evaluation_of_neither_customers_nor_series_has_none(tmp_path):
    outcome = toy.outcome(tmp_path / "toy", 1.0, date(2024, 7, 1))
    assert slice_report.told(empty_workspace(tmp_path / "workspace"), toy.KIND, outcome) == outcome


def test_a_slice_for_machines_has_null_where_nothing_is_known():
    few = SliceFigure("region", "west", 4, NAN, NAN, NAN, NAN, NAN, worse=False, more_needed=26)
    assert few.as_dict()["value"] is None
