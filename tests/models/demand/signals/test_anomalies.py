"""A signal as what is unusual about it; one that stops, has gaps or mistakes moves nothing."""

import numpy as np
import pytest

from models.demand.signals.anomalies import Anomalies
from tests.support.planted import wandering

PERIODS, AHEAD = 200, 28


def signal(memory: float = 0.8, seed: int = 1) -> np.ndarray:
    return 20 + 5 * wandering(np.random.default_rng(seed), PERIODS + AHEAD, memory)


def anomalies(values: np.ndarray) -> Anomalies:
    return Anomalies.of(values[None], PERIODS, "D")


def test_anomalies_follow_the_signal_and_not_its_unit():
    celsius = signal()
    np.testing.assert_allclose(anomalies(celsius).ahead, anomalies(celsius * 1.8 + 32).ahead, atol=1e-9)
    assert np.corrcoef(anomalies(celsius).past[0, :PERIODS], celsius[:PERIODS])[0, 1] > 0.9


@pytest.mark.parametrize("values", [np.full(PERIODS + AHEAD, 7.0), np.full(PERIODS + AHEAD, np.nan)])
def test_a_constant_one_and_an_empty_one_tell_nothing(values):
    assert not anomalies(values).told


def test_one_that_began_lately_tells_nothing_yet():
    values = signal()
    values[: PERIODS - 10] = np.nan
    assert not anomalies(values).told


def test_one_that_stops_at_the_origin_fades_from_its_last_value():
    values = signal()
    values[PERIODS - 1] = values.max()
    values[PERIODS:] = np.nan
    ahead = anomalies(values).ahead[0, PERIODS:]
    assert ahead[0] > 0.5
    assert (np.diff(ahead) <= 0).all()
    assert ahead[-1] < 0.1 * ahead[0]


def test_one_that_stopped_long_ago_tells_nothing_of_the_days_ahead():
    values = signal(memory=0.99)
    values[PERIODS - 30 :] = np.nan
    assert not anomalies(values).ahead[0, PERIODS:].any()


def test_one_that_stops_within_the_horizon_is_followed_until_then():
    values, whole = signal(memory=0.0), signal(memory=0.0)
    values[PERIODS + 7 :] = np.nan
    np.testing.assert_allclose(anomalies(values).ahead[0, : PERIODS + 7], anomalies(whole).ahead[0, : PERIODS + 7])
    assert np.abs(anomalies(values).ahead[0, PERIODS + 8 :]).max() < 0.5


def test_gaps_hide_no_more_than_themselves():
    values, whole = signal(), signal()
    gaps = np.random.default_rng(3).random(PERIODS + AHEAD) < 0.2
    values[gaps] = np.nan
    left = ~gaps[:PERIODS]
    seen, true = anomalies(values).past[0, :PERIODS][left], anomalies(whole).past[0, :PERIODS][left]
    assert np.corrcoef(seen, true)[0, 1] > 0.95
    assert not anomalies(values).past[0, :PERIODS][~left].any()


def test_a_typing_error_is_as_high_as_the_highest():
    values, whole = signal(), signal()
    values[150] = 100_017.0
    seen, true = anomalies(values).ahead[0], anomalies(whole).ahead[0]
    assert seen[150] < 6
    assert np.abs(seen[PERIODS:] - true[PERIODS:]).max() < 0.5


def test_what_a_lag_tells_of_the_days_ahead_ends_with_it():
    values = signal()
    values[PERIODS:] = np.nan
    assert [anomalies(values).shifted(lag).reach for lag in (0, 3)] == [0, 3]


def test_a_lag_looks_back_and_a_lead_ahead():
    found = anomalies(signal())
    np.testing.assert_array_equal(found.shifted(3).ahead[0, 3:], found.ahead[0, :-3])
    np.testing.assert_array_equal(found.shifted(-2).ahead[0, :-2], found.ahead[0, 2:])
    assert not found.shifted(3).ahead[0, :3].any()
