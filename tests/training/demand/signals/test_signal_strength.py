"""How far signals are followed is learnt on what boosters said of past windows."""

from dataclasses import replace

import numpy as np
import pytest

from models.demand.adjustments import UNADJUSTED, Word
from models.demand.seasonal_level import seasonal_level
from models.demand.signals.use import UNUSED, Term
from tests.support.planted import HORIZON, ORIGIN, planted_shop
from training.demand.forecast_windows import ForecastWindow
from training.demand.signals import signal_strength

WEATHER = (Term("weather"),)


@pytest.fixture(scope="module")
def windows() -> list[ForecastWindow]:
    """Boosters that know the level and the week, and no weather."""
    found = []
    for seed in (1, 2):
        shop = planted_shop(seed)
        plans = shop.days.known(ORIGIN, HORIZON)
        found.append(
            ForecastWindow(
                Word.of(shop.histories, plans, *seasonal_level(shop.histories, HORIZON), np.ones(HORIZON)), shop.came
            )
        )
    return found


def test_what_boosters_do_not_know_is_followed(windows):
    assert signal_strength.followed(windows, UNADJUSTED, WEATHER).strength > 0.5


def test_a_window_is_better_with_it(windows):
    use = signal_strength.followed(windows[:1], UNADJUSTED, WEATHER)
    before, after = windows[1].scores(UNADJUSTED), windows[1].scores(replace(UNADJUSTED, signals=use))
    for loss in ("weighted_rmsse", "weighted_spl"):
        assert after[loss].sum() < 0.99 * before[loss].sum()


def test_what_boosters_said_already_is_not_said_again(windows):
    knowing = [replace(window, word=replace(window.word, mean=window.sold)) for window in windows]
    assert signal_strength.followed(knowing, UNADJUSTED, WEATHER) == UNUSED


def test_nothing_found_is_nothing_followed(windows):
    assert signal_strength.followed(windows, UNADJUSTED, ()) == UNUSED
    assert signal_strength.followed([], UNADJUSTED, WEATHER).strength == signal_strength.USUAL
