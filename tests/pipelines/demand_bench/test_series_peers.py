"""The peers on series whose course is known: they find it, from the past alone, and know of closures."""

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest

from core.errors import NotReady, UsageError
from pipelines.bench.contests import naming
from pipelines.bench.demand import demand_bench, series_contest, series_peers
from pipelines.bench.demand.demand_task import DemandTask
from pipelines.bench.demand.said import Said
from pipelines.bench.demand.series_peers.long_frames import day_frame, long_frame

ORIGIN = date(2024, 7, 1)
PERIODS, HORIZON = 140, 14
WEEK = np.array([1.0, 1.0, 1.0, 1.2, 1.6, 2.2, 0.6])
LEVELS = np.array([4.0, 9.0, 20.0, 40.0])


def course(origin: date, periods: int) -> np.ndarray:
    """What the series sell on average: a level times the weekday."""
    days = [(origin + timedelta(days=step)).weekday() for step in range(periods)]
    return LEVELS[:, None] * WEEK[days]


def task(seed: int = 1) -> DemandTask:
    """Poisson sales around the course; the third day ahead is closed."""
    units = np.random.default_rng(seed).poisson(course(ORIGIN - timedelta(days=PERIODS), PERIODS)).astype(float)
    ids = tuple(f"s{number}" for number in range(len(LEVELS)))
    closed = frozenset({ORIGIN + timedelta(days=2)})
    return DemandTask(ids, ORIGIN, 1, units, np.zeros(4, dtype=np.int64), HORIZON, frozenset(), closed, 1, 1)


def assert_finds_the_course(said: Said) -> None:
    off = np.abs(said.mean - course(ORIGIN, HORIZON)).mean(1) / LEVELS
    assert (off < 0.4).all()
    assert said.quantiles.shape == (4, HORIZON, 5)
    assert (said.quantiles[:, :, 0] <= said.quantiles[:, :, 4]).all()


def test_trees_on_lags_find_the_course(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipelines.bench.demand.series_peers.lagged_trees._ROUNDS", 60)
    assert_finds_the_course(series_peers.PEERS["xgboost"](task()))


@pytest.mark.long
@pytest.mark.parametrize("name", ["auto_ets", "auto_theta", "mlforecast"])
def test_a_library_finds_the_course_too(name: str) -> None:
    assert_finds_the_course(series_peers.PEERS[name](task()))


@pytest.mark.long
@pytest.mark.parametrize("name", ["xgboost", "auto_ets", "auto_theta", "mlforecast"])
def test_a_peer_forecasts_weeks_and_series_that_began_lately(name: str) -> None:
    weekly = replace(task(), days=7, horizon=4, started=np.array([0, 50, 120, 138]))
    assert series_peers.PEERS[name](weekly).quantiles.shape == (4, 4, 5)


def test_series_are_told_from_their_first_sale_on_or_some_time_back() -> None:
    frame = long_frame(replace(task(), started=np.array([0, 100, 130, 139])), least=20)
    assert frame.groupby("unique_id").size().tolist() == [140, 40, 20, 20]
    assert frame["ds"].max().date() == ORIGIN - timedelta(days=1)


def test_closures_ahead_are_told_by_day() -> None:
    assert day_frame(task(), 0, 4)["closed"].tolist() == [0.0, 0.0, 1.0, 0.0]


def test_weekly_series_have_one_period_a_week_and_a_share_of_open_days() -> None:
    weekly = replace(task(), days=7, horizon=2)
    assert weekly.season == 1
    assert weekly.open == pytest.approx([6 / 7, 1.0])
    assert weekly.first_days(-1, 2) == [ORIGIN - timedelta(days=7), ORIGIN]


def test_an_earlier_task_knows_nothing_of_what_came() -> None:
    whole = task()
    before = whole.earlier(10)
    assert before.origin == ORIGIN - timedelta(days=10)
    sold = whole.sold_after(before)
    assert (sold[:, :10] == whole.units[:, -10:]).all()
    assert np.isnan(sold[:, 10:]).all()


def test_a_peer_that_raises_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    def breaks(_: DemandTask) -> Said:
        raise ValueError("too short")

    monkeypatch.setattr(series_contest, "task_of", lambda *_: task())
    monkeypatch.setattr(series_contest, "PEERS", {"xgboost": breaks})
    assert series_contest._of_peers("invented", None, ORIGIN, ("xgboost",)) == {}  # type: ignore[arg-type]


def test_a_library_that_is_not_there_is_said_before_anything_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(naming, "find_spec", lambda name: None)
    monkeypatch.setattr(series_peers, "LIBRARIES", {"xgboost": ("a_library",)})
    series_peers.require(["naive"])
    with pytest.raises(NotReady, match="regulars\\[bench\\]"):
        series_peers.require(["xgboost"])


def test_a_peer_that_is_not_there_is_named_with_the_nearest() -> None:
    with pytest.raises(UsageError, match="seasonal_naive"):
        demand_bench.peers_named(["seasonal_nave"])
