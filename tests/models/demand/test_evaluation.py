from dataclasses import replace

import numpy as np
import pytest

from models.demand.evaluation import score_series
from models.demand.forecast import LEVELS, tidy
from models.demand.metrics import STATISTICS


def exact(histories, sold):
    return tidy(histories, sold, np.repeat(sold[:, :, None], 5, axis=2))


def test_the_truth_has_no_error(histories):
    sold = histories.units[:, -28:]
    frame = score_series(exact(histories, sold), sold, histories)
    values = {name: statistic(frame) for name, statistic in STATISTICS.items()}
    assert values.pop("coverage 90%") == 1
    assert all(value == 0 for value in values.values())


def test_the_measures_equal_their_definitions(histories):
    rng = np.random.default_rng(0)
    sold = rng.poisson(10, (6, 28)).astype(float)
    mean, spread = rng.uniform(5, 15, (6, 28)), np.sort(rng.uniform(0, 30, (6, 28, 5)), axis=2)
    frame = score_series(tidy(histories, mean, spread), sold, histories)
    weight = histories.revenue / histories.revenue.sum()
    wrmsse = wspl = 0.0
    for row in range(6):
        past = histories.units[row]
        squared = sum((past[i] - past[i - 1]) ** 2 for i in range(1, len(past))) / (len(past) - 1)
        absolute = sum(abs(past[i] - past[i - 1]) for i in range(1, len(past))) / (len(past) - 1)
        wrmsse += weight[row] * (sum((sold[row] - mean[row]) ** 2) / 28 / squared) ** 0.5
        losses = [
            max(level * (y - q), (level - 1) * (y - q))
            for y, of_day in zip(sold[row], spread[row], strict=True)
            for level, q in zip(LEVELS, of_day, strict=True)
        ]
        wspl += weight[row] * sum(losses) / len(losses) / absolute
    assert STATISTICS["WRMSSE"](frame) == pytest.approx(wrmsse)
    assert STATISTICS["WSPL"](frame) == pytest.approx(wspl)
    assert STATISTICS["bias"](frame) == pytest.approx((mean - sold).sum() / sold.sum())


def test_scales_begin_with_the_first_sale(histories):
    late = histories.units.copy()
    late[0, :100] = 0.0
    started = histories.started.copy()
    started[0] = 100
    sold = np.full((6, 28), 9.0)
    cut = replace(histories, units=late[:, 100:], started=np.zeros(6, dtype=int))
    whole = replace(histories, units=late, started=started)
    one, two = (score_series(exact(h, sold + 1), sold, h)["rmsse"].iloc[0] for h in (whole, cut))
    assert one == pytest.approx(two)


def test_a_series_that_sells_the_same_every_day_is_judged_against_a_tenth_of_its_mean(histories):
    units = histories.units.copy()
    units[0] = 5.0
    sold = np.full((6, 28), 5.0)
    wrong = tidy(histories, sold - 4, np.repeat(sold[:, :, None] - 4, 5, axis=2))
    frame = score_series(wrong, sold, replace(histories, units=units))
    assert frame["weight"].iloc[0] == histories.revenue[0]
    assert frame["rmsse"].iloc[0] == pytest.approx(4 / (0.2 * 5))
    assert frame["mase"].iloc[0] == pytest.approx(4 / (0.1 * 5))
    assert frame["weighted_spl"].iloc[0] == pytest.approx(histories.revenue[0] * 4 * 0.5 / (0.1 * 5))
    assert np.isfinite(STATISTICS["WRMSSE"](frame))
