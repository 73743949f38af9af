"""The bench of monitoring: what is planted is what is said to be planted, and it is counted as it came out."""

import numpy as np
import pytest
from scipy.stats import wasserstein_distance

from monitoring.drift.judgement import JOINTLY
from pipelines.bench.quiet_years import monitoring_bench, watchers
from pipelines.bench.quiet_years.invented_year import CODE, JOINED, names, weeks
from pipelines.bench.quiet_years.monitoring_bench import QuietYears
from pipelines.bench.quiet_years.planted_changes import CHANGES
from pipelines.bench.quiet_years.watchers import BEFORE


@pytest.fixture(scope="module")
def shop():
    return list(weeks(5, BEFORE + 1, 600))


def test_the_same_seed_gives_the_same_weeks(shop):
    assert next(weeks(5, 1, 600)).equals(shop[0])


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_touches_its_own_columns_alone(shop, change):
    plant, own = CHANGES[change]
    before, after = shop[-1], plant(shop[-1], np.random.default_rng(1))
    touched = {name for name in names() if not before[name].equals(after[name])}
    assert touched == ({JOINED[1]} if change.startswith("a joint") else own - {JOINTLY})


def test_the_product_finds_a_broken_unit_at_the_first_look_and_nothing_in_the_week_as_it_was(shop):
    ours = watchers.trained(shop[:BEFORE])
    assert ours.look(shop[-1], keep=False) == frozenset()
    assert ours.look(CHANGES["a unit changed (x 100)"][0](shop[-1], np.random.default_rng(1))) == {"f10"}


def test_the_rivals_see_what_they_look_at(shop):
    raise_any, beyond = (watchers.alarms(shop[0])[name] for name in (watchers.SINGLE, watchers.RANGE))
    unit = CHANGES["a unit changed (x 100)"][0](shop[0], np.random.default_rng(1))
    assert raise_any(unit) == beyond(unit) == {"f10"}
    assert CODE not in beyond(shop[0])


@pytest.mark.parametrize("sizes", [(5, 5), (7, 3), (100, 40), (1, 9)])
def test_the_distance_is_that_of_wasserstein(sizes):
    rng = np.random.default_rng(sizes[0])
    one, two = (rng.choice([0.0, 1.5, 2.0, rng.normal()], size) for size in sizes)
    assert watchers.distance(one, two) == pytest.approx(wasserstein_distance(one, two))


def test_the_interval_of_the_share_of_alarmed_years_is_exact():
    low, high = QuietYears("it", 100, 0, 0.1).interval()
    assert (low, high) == (0.0, pytest.approx(0.0362, abs=1e-3))


def test_the_verdict_counts_what_was_found_within_a_week():
    found = monitoring_bench.unfair(3, 1)
    said = monitoring_bench.verdict([QuietYears(watchers.OURS, 2, 0, 0.1)], found)
    assert said.startswith("an alarm in 0 of 2 years")
    assert "of 2 changes found" in said
