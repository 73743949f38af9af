import numpy as np
import pytest
import xgboost as xgb

from models.churn.model import mean_margins
from training.churn.fitting import fit_boosters
from training.churn.merging import merged


@pytest.fixture(scope="module")
def rows() -> np.ndarray:
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(800, 6)).astype(np.float32)
    rows[rng.random(rows.shape) < 0.1] = np.nan
    return rows


@pytest.fixture(scope="module")
def boosters(rows: np.ndarray) -> list[xgb.Booster]:
    churned = (np.nan_to_num(rows[:, 0]) + np.nan_to_num(rows[:, 1]) > 0).astype(int)
    parameters = {"eta": 0.2, "max_depth": 3, "subsample": 0.7}
    return fit_boosters(rows, churned, parameters, 15, seed=1, count=3, threads=1)


def test_a_merged_booster_says_the_mean(rows: np.ndarray, boosters: list[xgb.Booster]) -> None:
    assert mean_margins([merged(boosters)], rows) == pytest.approx(mean_margins(boosters, rows), abs=1e-5)


def test_its_reasons_are_the_mean_of_theirs(rows: np.ndarray, boosters: list[xgb.Booster]) -> None:
    few = xgb.DMatrix(rows[:50])
    each = [booster.predict(few, pred_contribs=True) for booster in boosters]
    assert merged(boosters).predict(few, pred_contribs=True) == pytest.approx(np.mean(each, axis=0), abs=1e-4)


def test_merging_one_changes_nothing(rows: np.ndarray, boosters: list[xgb.Booster]) -> None:
    assert mean_margins([merged(boosters[:1])], rows) == pytest.approx(mean_margins(boosters[:1], rows), abs=1e-7)
