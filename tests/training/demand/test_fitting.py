import numpy as np

from training.demand.fitting import calibrate


def test_calibration_makes_quantiles_cover_what_they_say():
    rng = np.random.default_rng(3)
    ratio = rng.normal(1.0, 0.5, 20_000)
    raw = np.tile([0.6, 0.8, 1.0, 1.2, 1.4], (len(ratio), 1))  # too narrow
    shifted = raw + 0.8 * np.array(calibrate(raw, ratio))
    before, after = ((ratio[:, None] <= q).mean(0) for q in (raw, shifted))
    target = np.array([0.05, 0.25, 0.5, 0.75, 0.95])
    assert np.abs(after - target).max() < np.abs(before - target).max()
    assert abs(after[1] - 0.25) < 0.02
