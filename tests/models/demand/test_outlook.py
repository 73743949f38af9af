from datetime import timedelta

import pandas as pd
import pytest

from core.errors import DataError, UsageError
from models.demand import KIND, baselines
from models.demand.plans import Calendar, Day
from tests.models.demand.conftest import ORIGIN
from tests.models.demand.test_series import features


def shop(as_of=ORIGIN):
    days = list(range(1, 101))
    rows = [
        features(series_id=name, sold_days=days, sold_units=[units] * 100) for name, units in (("a", 2.0), ("b", 5.0))
    ]
    return pd.concat(rows, ignore_index=True).assign(as_of=as_of)


def test_a_baseline_answers_a_plain_frame_with_the_calendar_it_kept():
    closed = ORIGIN + timedelta(days=3)
    naive = baselines.fitted(ORIGIN, ("category",), "D", 28, Calendar((Day(closed, True),)))["naive"]
    said = KIND.answer(naive, shop())
    assert list(said) == KIND.signature(naive)["outputs"]
    assert len(said) == 2 * 28
    assert said.loc[said["date"] == closed, "mean"].tolist() == [0.0, 0.0]
    assert said.loc[said["date"] == ORIGIN, "mean"].tolist() == [2.0, 5.0]


def test_one_date_is_forecast_from():
    naive = baselines.fitted(ORIGIN, ("category",), "D", 28)["naive"]
    two = pd.concat([shop(), shop(ORIGIN + timedelta(days=1))])
    with pytest.raises(UsageError, match="each date by itself"):
        KIND.answer(naive, two)


def test_weeks_are_forecast_from_a_monday():
    naive = baselines.fitted(ORIGIN, ("category",), "W", 4)["naive"]
    with pytest.raises(UsageError, match=str(ORIGIN)):
        KIND.answer(naive, shop(ORIGIN + timedelta(days=2)))


def test_a_shop_without_series_is_said():
    naive = baselines.fitted(ORIGIN, ("category",), "D", 28)["naive"]
    with pytest.raises(DataError, match="no series"):
        KIND.answer(naive, shop().iloc[:0])
