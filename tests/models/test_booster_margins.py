"""Margins by XGBoost's C interface are those of `inplace_predict`, to the last digit."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import xgboost as xgb

from models import booster_margins
from models.arrays import Float32Array


@pytest.fixture(scope="module")
def rows() -> Float32Array:
    drawn = np.random.default_rng(3)
    rows = drawn.normal(size=(200, 7)).astype(np.float32)
    rows[drawn.random(rows.shape) < 0.2] = np.nan
    return rows


@pytest.fixture(scope="module")
def booster(rows: Float32Array) -> xgb.Booster:
    target = np.nan_to_num(rows[:, 0]) + np.nan_to_num(rows[:, 1]) > 0
    return xgb.train({"objective": "binary:logistic", "nthread": 1}, xgb.DMatrix(rows, target), 20)


def public(booster: xgb.Booster, rows: Float32Array, start: np.ndarray | None = None) -> list[float]:
    told = booster.inplace_predict(rows, predict_type="margin", base_margin=start, validate_features=False)
    return np.asarray(told, dtype=float).tolist()


@pytest.mark.parametrize("count", [0, 1, 200])
def test_it_is_what_inplace_predict_says(booster: xgb.Booster, rows: Float32Array, count: int) -> None:
    start = np.linspace(-1, 1, count)
    assert booster_margins._DIRECT  # the version that is pinned
    assert booster_margins.booster_margins(booster, rows[:count]).tolist() == public(booster, rows[:count])
    assert booster_margins.booster_margins(booster, rows[:count], start).tolist() == public(
        booster, rows[:count], start
    )


def test_columns_may_lie_anywhere_in_memory(booster: xgb.Booster, rows: Float32Array) -> None:
    for turned in (np.asfortranarray(rows), rows[::2], rows[:, ::-1]):
        assert booster_margins.booster_margins(booster, turned).tolist() == public(
            booster, np.ascontiguousarray(turned)
        )


def test_threads_do_not_see_each_other_s_answers(booster: xgb.Booster, rows: Float32Array) -> None:
    expected = public(booster, rows)
    with ThreadPoolExecutor(4) as pool:
        found = pool.map(lambda place: booster_margins.booster_margins(booster, rows[place : place + 1])[0], range(200))
    assert list(found) == expected


def test_without_that_interface_it_is_the_public_one(
    booster: xgb.Booster, rows: Float32Array, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(booster_margins, "_DIRECT", False)
    assert booster_margins.booster_margins(booster, rows).tolist() == public(booster, rows)


def test_what_the_library_refuses_is_an_error(booster: xgb.Booster, rows: Float32Array) -> None:
    with pytest.raises(xgb.core.XGBoostError):
        booster_margins.booster_margins(booster, rows[:, :3])
