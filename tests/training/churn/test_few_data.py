"""Few data and odd data: a churn training says what is missing, and odd columns and customers stop nothing."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from core.errors import DataError
from core.workspace import Workspace
from feature_repo.facts import DrawnRows
from feature_repo.families import frequency, money, recency, tenure
from models.churn import bgnbd, dataset
from models.churn.inputs import Inputs
from models.churn.linear import Linear
from models.kinds import Budget
from tests.support.shop import FIRST_DAY
from training.churn import linear_booster, tuning
from training.churn.examples import Examples, collect, require_evaluable

LATER = FIRST_DAY + timedelta(days=200)
UNTIL = date(2024, 6, 1)
FEATURES = (
    recency.DAYS_SINCE_LAST_VISIT,
    frequency.VISIT_DAYS[84],
    money.REVENUE[84],
    tenure.REPEAT_VISITS,
    tenure.VISIT_SPAN,
)


def window(left: int, stayed: int) -> Examples:
    """The customers of a window, and what became of them."""
    rows = pd.DataFrame({"churned": [1] * left + [0] * stayed})
    return Examples(UNTIL, rows, rows, 28)


@pytest.mark.parametrize(("left", "stayed"), [(0, 300), (300, 0), (4, 300), (1, 1)])
def test_a_window_in_which_hardly_anybody_left_or_stayed_is_no_evaluation(left: int, stayed: int) -> None:
    with pytest.raises(DataError, match=f"{left} left and {stayed} stayed") as caught:
        require_evaluable(window(left, stayed))
    assert "at least 5 who left and 5 who stayed" in str(caught.value.why)
    assert "churn.horizon_days" in str(caught.value.todo)


def test_five_of_each_are_enough() -> None:
    require_evaluable(window(5, 5))


@pytest.mark.parametrize("active", [[], ["c1"]])
def test_a_shop_that_sells_no_more_is_told_that_nobody_is_active(
    active: list[str], small_shop_readonly: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dataset, "some_labelled", lambda *_: DrawnRows(pd.DataFrame({"churned": []}), 0))
    monkeypatch.setattr(dataset, "unlabelled", lambda *_: pd.DataFrame({"customer_id": active}))
    with pytest.raises(DataError, match="nobody is active as of") as caught:
        collect(small_shop_readonly, LATER)
    assert "in the 60 days before" in str(caught.value.why)


def test_without_two_windows_that_tell_apart_nothing_is_tuned(small_shop_readonly: Workspace) -> None:
    """Everybody left in every window but the last."""
    days = [UNTIL - timedelta(days=28 * n) for n in (3, 2, 1)]
    rows = pd.DataFrame({"as_of": np.repeat(days, 40), "churned": [1] * 80 + [1, 0] * 20})
    rows = rows.assign(**{feature.name: np.arange(120.0) for feature in FEATURES})
    with pytest.raises(DataError, match="no two windows") as caught:
        tuning.tune(small_shop_readonly, Examples(UNTIL, rows, rows, 28), Inputs.of(FEATURES, rows), Budget(1, 60))
    assert "later date" in str(caught.value.todo)


def test_constant_and_missing_columns_are_no_inputs() -> None:
    rows = pd.DataFrame({each.name: [1.0, 1.0, 1.0] for each in FEATURES})
    rows[FEATURES[1].name] = np.nan
    rows[FEATURES[2].name] = [1.0, 2.0, np.nan]
    assert Inputs.of(FEATURES, rows).names == [FEATURES[2].name]


@pytest.mark.parametrize("huge", [np.inf, -np.inf, 1e39])
def test_a_number_too_large_counts_as_missing(huge: float) -> None:
    columns = {FEATURES[0].name: [1.0, huge]}
    inputs = Inputs(FEATURES[:1], {})
    for given in (columns, pd.DataFrame(columns)):
        assert np.isnan(inputs.matrix(given)).tolist() == [[False], [True]]


def odd_rows() -> tuple[np.ndarray, np.ndarray]:
    """A column that tells, a constant one, one that is all missing, one nearly so, and enormous numbers."""
    rng = np.random.default_rng(0)
    matrix = rng.normal(size=(300, 5)).astype(np.float32)
    left = (matrix[:, 0] + rng.normal(size=300) > 0).astype("int64")
    matrix[:, 1], matrix[:, 2] = 3.0, np.nan
    matrix[rng.random(300) < 0.99, 3] = np.nan
    matrix[:, 4] *= 1e30
    return matrix, left


def test_linear_members_stand_odd_columns_and_repeated_rows() -> None:
    matrix, left = odd_rows()
    for rows, churned in ((matrix, left), (np.vstack([matrix, matrix]), np.tile(left, 2))):
        for fitted in (Linear.fit(rows, churned, 0.01), linear_booster.fit(rows, churned, 1)):
            margins = fitted.margins(rows)
            assert np.isfinite(margins).all()
            assert margins[churned == 1].mean() > margins[churned == 0].mean()


AGES = np.random.default_rng(0).uniform(30, 400, 300)


@pytest.mark.parametrize(
    ("x", "t_x", "age"),
    [
        pytest.param(np.zeros(300), np.zeros(300), AGES, id="everybody bought once"),
        pytest.param(np.zeros(300), np.zeros(300), np.ones(300), id="all on one day"),
        pytest.param(np.floor(AGES / 30.4), np.floor(AGES / 30.4) * 30.4, AGES, id="one purchase a month"),
        pytest.param(np.r_[10_000.0, np.ones(299)], AGES * 0.9, AGES, id="ten thousand orders"),
        pytest.param(np.ones(1), np.full(1, 5.0), np.full(1, 30.0), id="one customer"),
    ],
)
def test_bgnbd_answers_for_odd_shops(x: np.ndarray, t_x: np.ndarray, age: np.ndarray) -> None:
    chance = bgnbd.probability_of_no_purchase(bgnbd.fit(x, t_x, age), x, t_x, age, 28)
    assert ((chance >= 0) & (chance <= 1)).all()
