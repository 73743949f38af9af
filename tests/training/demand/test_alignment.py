"""How far forecasts are drawn to the shop's total: chosen on past windows, held to the usual strength."""

import numpy as np
import pytest

from models.demand.adjustments import UNADJUSTED, Word
from models.demand.day_totals import STRENGTH
from models.demand.forecast import LEVELS
from models.demand.plans import Plans
from tests.models.demand.conftest import make_histories
from training.demand.alignment import strength
from training.demand.forecast_windows import ForecastWindow


def window(sold_like_the_total: bool, seed: int) -> ForecastWindow:
    known = make_histories(seed=seed)
    flat = np.repeat(known.units[:, -28:].mean(1, keepdims=True), 28, axis=1)
    rhythm = 1 + 0.4 * np.sin(2 * np.pi * ((200 + np.arange(28)) % 7) / 7)
    word = Word.of(known, Plans(), flat, np.repeat(flat[:, :, None], len(LEVELS), axis=2), np.ones(28))
    return ForecastWindow(word, flat * rhythm if sold_like_the_total else flat)


def test_where_the_total_was_right_it_is_followed_further_than_usual() -> None:
    assert strength([window(True, 1), window(True, 2)], UNADJUSTED) == pytest.approx((1 + STRENGTH) / 2)


def test_where_the_series_were_right_they_are_followed_further_than_usual() -> None:
    assert strength([window(False, 1), window(False, 2)], UNADJUSTED) == pytest.approx(STRENGTH / 2)


def test_one_window_moves_it_less_than_two() -> None:
    one, two = [window(False, 1)], [window(False, 1), window(False, 2)]
    assert STRENGTH > strength(one, UNADJUSTED) > strength(two, UNADJUSTED)


def test_without_a_past_it_is_the_usual_one() -> None:
    assert strength([], UNADJUSTED) == STRENGTH
