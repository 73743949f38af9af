"""Years drawn from a shop's own weeks: whole customers, whole weeks, and the season as it was."""

import numpy as np
import pandas as pd
import pytest

from core.errors import DataError
from pipelines.bench.quiet_years import quiet_fairness, quiet_visits, watchers
from pipelines.bench.quiet_years.invented_year import CODE, JOINED, names
from pipelines.bench.quiet_years.planted_changes import CHANGES
from pipelines.bench.quiet_years.resampled_year import (
    DEPARTMENTS,
    FACTS,
    NEAR,
    QUARTER,
    YEAR,
    WeeksToDraw,
    _as_they_ended,
)
from pipelines.bench.quiet_years.watchers import BEFORE

CUSTOMERS = 300


@pytest.fixture(scope="module")
def shop():
    rng = np.random.default_rng(3)
    rate = rng.gamma(1.0, 1.0, CUSTOMERS)[:, None] * (1 + 0.3 * np.sin(2 * np.pi * np.arange(YEAR) / YEAR))
    visits = rng.poisson(rate)
    lines = visits * rng.integers(1, 9, visits.shape)
    revenue = lines * rng.lognormal(1, 0.3, visits.shape)
    done = np.zeros((CUSTOMERS, YEAR, len(FACTS) + DEPARTMENTS), dtype=np.float32)
    done[:, :, : len(FACTS)] = np.stack(
        [revenue, visits, 2 * lines, revenue / 10, lines, lines, visits, visits // 2], axis=2
    )
    done[:, :, len(FACTS) :] = revenue[:, :, None] * rng.dirichlet(np.ones(DEPARTMENTS), CUSTOMERS)[:, None, :]
    groups = pd.DataFrame({"age_band": rng.choice(["one", "two", "three"], CUSTOMERS)})
    return WeeksToDraw(done, groups)


def test_the_same_seed_gives_the_same_weeks_of_the_columns_that_are_watched(shop):
    one, two = (next(shop.weeks(5, 1, 200)) for _ in range(2))
    assert one.equals(two)
    assert list(one) == names()
    assert len(one) == 200


def test_a_week_is_one_of_the_same_season_and_none_comes_twice(shop):
    weeks = shop._weeks_of_a_year(np.random.default_rng(1))
    assert np.abs(weeks - np.arange(YEAR)).max() <= 2 * NEAR
    assert sorted(weeks) == list(range(YEAR))


def test_at_the_turn_of_the_year_customers_go_on_as_they_were(shop):
    path = shop._path(np.random.default_rng(1), 2 * YEAR, 300)
    quarters = path[:, :, 1].reshape(300, -1, 4).sum(axis=2)
    along = [np.corrcoef(quarters[:, i], quarters[:, i + 1])[0, 1] for i in range(quarters.shape[1] - 1)]
    assert min(along) > 0.5 * np.median(along)


def test_people_change_at_the_turn_of_the_year_as_much_as_between_any_two_quarters(shop):
    visits = shop.done[:, :, FACTS.index("visits")]
    usual = [
        np.corrcoef(visits[:, week - QUARTER : week].sum(axis=1), visits[:, week : week + QUARTER].sum(axis=1))[0, 1]
        for week in range(QUARTER, YEAR - QUARTER)
    ]
    next_year = _as_they_ended(np.random.default_rng(1), shop.done, shop.done)
    assert sorted(next_year) == list(range(CUSTOMERS))
    ended, began = visits[:, -QUARTER:].sum(axis=1), visits[next_year, :QUARTER].sum(axis=1)
    assert np.corrcoef(ended, began)[0, 1] == pytest.approx(np.mean(usual), abs=0.05)


def test_a_customer_is_drawn_whole_so_that_a_months_lines_are_those_of_its_weeks(shop):
    table = next(shop.weeks(2, 1, 200))
    bought = table["f1"] > 0
    assert (table.loc[bought, "f4"] > 0).all()
    assert (table.loc[~bought, "f0"] == 0).all()
    assert (table["f0"] <= table["f10"] + 1e-6).all()
    assert table["f29"].between(0, QUARTER).all()


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_can_be_planted_in_it(shop, change):
    plant, own = CHANGES[change]
    before = next(shop.weeks(2, 1, 200))
    after = plant(before, np.random.default_rng(1))
    touched = {name for name in names() if not before[name].equals(after[name])}
    assert touched <= ({JOINED[1]} if change.startswith("a joint") else own)
    assert touched or change == "a category gone"


def test_who_stops_buying_is_known_week_by_week_and_no_sooner(shop):
    quiet, stopped = list(shop.weeks(2, 6)), list(shop.weeks_with_stops(2, 6, 2, 0.3))
    assert all(one.equals(two) for one, two in zip(quiet[:2], stopped[:2], strict=True))
    gone = [int((one["f55"].gt(0) & two["f55"].eq(0)).sum()) for one, two in zip(quiet, stopped, strict=True)]
    assert gone[:2] == [0, 0]
    assert min(gone[2:]) > 0


def test_the_weeks_that_who_stays_away_is_told_by_are_those_of_the_tables(shop):
    tables, visits = list(shop.weeks(2, 6)), shop.visits(2, 6)
    assert visits.shape[1] == QUARTER + 5
    assert (visits[:, -4:].sum(axis=1) == tables[-1]["f1"]).all()
    gone = shop.visits(2, 6, 2, 0.3)
    assert (gone[:, : QUARTER + 1] == visits[:, : QUARTER + 1]).all()
    assert gone[:, QUARTER + 1 :].sum() < 0.9 * visits[:, QUARTER + 1 :].sum()


def test_who_stays_away_raises_nothing_in_its_weeks_and_is_found_where_a_fifth_stopped(shop):
    assert quiet_visits.first(shop.visits(4, BEFORE + 4), 4) is None
    assert quiet_visits.first(shop.visits(4, BEFORE + 4, BEFORE, 0.2), 4) == 14


def test_nothing_is_raised_in_its_weeks_and_a_broken_unit_is_found_at_once(shop):
    weeks = list(shop.weeks(4, BEFORE + 1, 300))
    ours = watchers.trained(weeks[:BEFORE])
    assert ours.look(weeks[-1], keep=False) == frozenset()
    assert "f10" in ours.look(CHANGES["a unit changed (x 100)"][0](weeks[-1], np.random.default_rng(1)))


def test_groups_given_by_lot_are_treated_alike(shop):
    week = next(shop.year(6, 1, 300))
    assert week.at_risk.mean() == pytest.approx(0.2, abs=0.01)
    assert len(week.left) == len(week.groups) == len(week.table)
    assert not quiet_fairness.look(week, watchers.FIRST).flagged


def test_a_shop_without_a_year_is_refused(small_shop):
    with pytest.raises(DataError, match="whole weeks"):
        WeeksToDraw.of(small_shop)


def test_the_code_has_the_values_that_the_bench_knows(shop):
    assert set(next(shop.weeks(2, 1, 200))[CODE]) <= {"a", "b", "c", "d"}
