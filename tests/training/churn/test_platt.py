import numpy as np
import pytest
from scipy.special import expit

from models.churn.calibration import Calibration
from training.churn import platt


def folds(slope: float, shift: float, count: int = 4, rows: int = 3000) -> list[platt.Scored]:
    """Margins, and labels of customers whose true log-odds are slope * margin + shift."""
    rng = np.random.default_rng(1)
    margins = [rng.normal(-2, 1.5, rows) for _ in range(count)]
    return [(m, (rng.random(rows) < expit(slope * m + shift)).astype(int)) for m in margins]


def test_margins_that_are_right_are_left_alone() -> None:
    assert platt.choose(folds(1, 0)) == Calibration()


def test_margins_that_are_too_sure_are_mended() -> None:
    chosen = platt.choose(folds(0.6, -0.3))
    assert chosen.slope == pytest.approx(0.6, abs=0.05)
    assert chosen.shift == pytest.approx(-0.3, abs=0.1)


def test_one_fold_can_say_nothing_about_another() -> None:
    assert platt.choose(folds(0.5, 1, count=1)) == Calibration()


def test_calibration_keeps_the_order() -> None:
    margins = np.linspace(-5, 5, 50)
    wrong_way = platt.fit(margins, (margins < 0).astype(int))
    assert (np.diff(wrong_way.margins(margins)) > 0).all()
    assert Calibration.from_dict(wrong_way.as_dict()) == wrong_way
