from dataclasses import replace

import numpy as np
import pytest

from models.demand.forecast import LEVELS, tidy
from tests.models.demand.conftest import make_histories
from training.demand import plots
from training.demand.worst_series import table, worst


@pytest.fixture
def judged():
    """Six series at prices of 1 to 6; the forecast of the second is off by 10 a period, of the last by 3."""
    histories = replace(make_histories(), units=np.full((6, 200), 10.0), revenue=280.0 * np.arange(1, 7))
    mean = np.full((6, 28), 10.0)
    forecast = tidy(histories, mean, np.repeat(mean[:, :, None], len(LEVELS), axis=2))
    sold = mean.copy()
    sold[1] += 10
    sold[5] -= 3
    return forecast, sold, histories


def test_series_are_ranked_by_the_money_they_were_off_by(judged):
    found = worst(*judged)
    assert [(each.series_id, each.money) for each in found] == [("s1", 28 * 10 * 2), ("s5", 28 * 3 * 6)]
    assert found[0].share == pytest.approx(560 / (560 + 504))
    assert table(found, "EUR").rows[0] == ("s1", "280", "560", "560.00", "52.6%")


def test_periods_that_are_not_known_count_for_nothing(judged):
    forecast, sold, histories = judged
    sold[1, :14] = np.nan
    assert worst(forecast, sold, histories)[0].series_id == "s5"


def test_the_worst_are_drawn_each_in_a_picture_of_its_own(judged):
    assert [axes.get_title() for axes in plots.worst_fans([1, 5], *judged).axes] == ["s1", "s5"]


def test_a_picture_of_parts_stacks_those_that_are_seen():
    parts = np.stack([np.full(28, 8.0), np.full(28, -3.0), np.zeros(28)], axis=1)
    axes = plots.parts_of(parts, ("level", "promotions", "signals"), parts.sum(1), "s1").axes[0]
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["mean", "level", "promotions"]
