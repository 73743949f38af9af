"""Adjustments are learnt on past windows: counting per class, the level, and all of them on top of each other."""

from dataclasses import replace

import numpy as np
import pytest

from models.demand.adjustments import CLASSES, UNADJUSTED, Word, classes
from models.demand.forecast import LEVELS
from models.demand.plans import Plans
from models.demand.series import Histories
from tests.models.demand.conftest import make_histories
from training.demand import counting_shares, level
from training.demand.adjusting import learn
from training.demand.forecast_windows import ForecastWindow

SERIES, DAYS = 60, 28


def rhythm(known: Histories) -> np.ndarray:
    """What series sell in truth on the days from the origin on, (S, 28)."""
    return known.units[:, -196:].reshape(SERIES, 7, 28).mean(1)


def window(said: float, came: float = 1.0, seed: int = 1, noise: float = 0.0) -> ForecastWindow:
    """Boosters that say `said` times the truth (and some noise), where `came` times the truth came."""
    known = make_histories(series=SERIES, seed=seed)
    truth = rhythm(known)
    mean = truth * said * (1 + noise * np.random.default_rng(seed).normal(size=truth.shape))
    mean = np.maximum(mean, 0.0)
    return ForecastWindow(
        Word.of(known, Plans(), mean, mean[:, :, None] * np.linspace(0.5, 1.5, 5), np.ones(DAYS)), truth * came
    )


def test_series_are_classed_by_how_often_they_sold_since_their_first_sale() -> None:
    known = make_histories(series=4, periods=200)
    units = np.zeros((4, 200))
    units[0, ::10] = units[1, ::3] = units[2, ::2] = units[3, 190:] = 1.0
    started = np.array([0, 0, 0, 190])
    named = [list(CLASSES)[place] for place in classes(replace(known, units=units, started=started))]
    assert named == ["rare", "intermittent", "frequent", "steady"]


def test_where_boosters_were_right_little_is_counted() -> None:
    steady = counting_shares.shares([window(1.0), window(1.0, seed=2)]).mean[-1]
    assert steady < counting_shares.USUAL_MEAN


def test_where_boosters_were_wild_counting_takes_over() -> None:
    wild = counting_shares.shares([window(1.0, noise=1.5), window(1.0, seed=2, noise=1.5)])
    assert wild.mean[-1] > 0.5
    assert wild.quantiles[-1] > 0.4


def test_a_class_without_a_past_counts_as_usual() -> None:
    found = counting_shares.shares([window(1.0)])
    assert found.mean[0] == counting_shares.USUAL_MEAN
    assert found.quantiles[0] == counting_shares.USUAL_QUANTILES


def test_a_level_that_was_off_each_time_is_corrected_in_part() -> None:
    once, thrice = [window(0.7)], [window(0.7, seed=seed) for seed in (1, 2, 3)]
    assert 1.0 < level.correction(once, UNADJUSTED) < level.correction(thrice, UNADJUSTED) < 1 / 0.7


def test_a_level_that_was_off_in_both_directions_is_left() -> None:
    assert level.correction([window(0.8), window(1.25, seed=2)], UNADJUSTED) == 1.0


def test_no_window_changes_the_level_by_more_than_half() -> None:
    assert level.correction([window(0.01, seed=seed) for seed in range(5)], UNADJUSTED) == pytest.approx(level.MOST)


def test_series_of_which_a_window_is_not_known_are_left_out() -> None:
    known = window(0.7)
    unknown = known.sold.copy()
    unknown[5] = np.nan
    unknown[4, 3] = np.nan  # without stock: judged on the other days
    scores = ForecastWindow(known.word, unknown).scores(UNADJUSTED)
    assert len(scores) == SERIES - 1
    assert "s5" not in scores.index
    assert scores.loc["s4", "periods"] == unknown.shape[1] - 1


def test_all_together_forecasts_are_better_than_the_boosters_own_word() -> None:
    windows = [window(0.7, noise=0.5, seed=seed) for seed in (1, 2, 3)]
    unseen, found = window(0.7, noise=0.5, seed=9), learn(windows)
    before, after = unseen.scores(UNADJUSTED), unseen.scores(found)
    for loss in ("weighted_rmsse", "weighted_spl"):
        assert after[loss].sum() < 0.9 * before[loss].sum()


def test_without_a_past_the_usual_shares_hold_and_nothing_else_is_changed() -> None:
    found = learn([])
    assert set(found.counting.mean) == {counting_shares.USUAL_MEAN}
    assert found.level == 1.0
    assert found.shifts == (0.0,) * len(LEVELS)
