from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import DataError
from training import splits

FIRST = date(2017, 3, 1)


@given(
    length=st.integers(0, 400),
    horizon=st.integers(1, 60),
    step=st.integers(1, 30),
    folds=st.integers(1, 6),
    every=st.integers(1, 6),
)
def test_no_training_label_reaches_the_evaluation(length: int, horizon: int, step: int, folds: int, every: int) -> None:
    until = FIRST + timedelta(days=length)
    candidates = splits.origins(FIRST, until, horizon, step)
    window = timedelta(days=horizon)
    assert all(origin >= FIRST and origin + window <= until for origin in candidates)
    for split in splits.rolling(candidates, horizon, folds, every * step):
        assert split.train
        assert all(origin + window <= split.evaluate for origin in split.train)


def test_origins_count_back_from_the_newest_known_labels() -> None:
    found = splits.origins(date(2017, 1, 1), date(2017, 3, 1), horizon_days=28, step_days=7)
    assert found[-1] == date(2017, 2, 1)
    assert found[0] == date(2017, 1, 4)
    assert len(found) == 5


def test_the_newest_split_comes_last() -> None:
    candidates = splits.origins(FIRST, date(2017, 11, 1), 28, 7)
    found = splits.rolling(candidates, 28, folds=3, fold_step_days=28)
    assert [split.evaluate for split in found] == [date(2017, 8, 9), date(2017, 9, 6), date(2017, 10, 4)]


def test_too_short_a_history_names_the_earliest_date() -> None:
    splits.require_history(FIRST, date(2017, 4, 30), 60, "train churn")
    with pytest.raises(DataError, match="earliest possible --as-of is 2017-04-30"):
        splits.require_history(FIRST, date(2017, 4, 29), 60, "train churn")
