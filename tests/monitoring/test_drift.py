"""Drift: what was planted shows in its column alone, and a year of seasons, tenures and chance shows nothing."""

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest
from scipy.stats import rankdata
from scipy.stats import t as student

from core.settings import Rules
from monitoring.drift import classifier, drawn_columns, expectation, judgement, tracks
from monitoring.drift.classifier import Side
from monitoring.drift.expectation import SeriesVerdicts
from monitoring.drift.judgement import Asked, TableHistory
from monitoring.drift.reference import Reference, TableReference
from monitoring.drift.sketches import Grid, Sketch, ranks

CODES = frozenset({"segment"})
NAMES = ["revenue", "visits", "discount_share", "recency", "tenure", "segment", "seldom", "budget"]
LEVEL = 0.05 * 0.4 / 5 * 7 / 365
FIRST = date(2024, 1, 1)
WEEKS, ROWS = 24, 1500


def shop(rng, week, n=ROWS):
    """Features as a shop has them: heavy tails, counts, shares with many zeros, a code, one that grows by itself."""
    season = 1 + 0.1 * np.sin(week / 4)
    spend = rng.lognormal(3, 1.2, n)
    return pd.DataFrame(
        {
            "revenue": spend * season,
            "visits": rng.poisson(3 * season, n).astype(float),
            "discount_share": np.where(rng.random(n) < 0.6, 0.0, rng.beta(2, 5, n)),
            "recency": rng.exponential(20, n),
            "tenure": rng.gamma(9, 10, n) + 7.0 * week,
            "segment": rng.choice(["loyal", "new", "at risk"], n, p=[0.5, 0.2, 0.3]),
            "seldom": np.where(rng.random(n) < 0.05, rng.random(n), np.nan),
            "budget": spend * rng.lognormal(0, 0.3, n),
        }
    )


def days(weeks=WEEKS):
    return [FIRST + timedelta(days=7 * week) for week in range(weeks)]


@pytest.fixture(scope="module")
def past():
    """All weeks but the last, the bins that they fix, and the last as it is without any change."""
    rng = np.random.default_rng(1)
    frames = [shop(rng, week) for week in range(WEEKS)]
    grid = Grid.of(frames[-2], NAMES, CODES, {})
    return grid, [Sketch.of(frame, grid) for frame in frames[:-1]], frames[-1]


def looked(past, current, **asked):
    grid, sketches, _ = past
    history = TableHistory(grid, days(), [*sketches, Sketch.of(current, grid)], "feature", CODES)
    return judgement.judge([history], Asked(Rules(), LEVEL, **asked))[0]


def moved(past, current):
    return {each.column for each in looked(past, current) if each.moved}


def test_nothing_has_moved_where_nothing_was_planted(past):
    assert moved(past, past[2]) == set()


@pytest.mark.parametrize("column", ["revenue", "visits", "discount_share", "recency", "tenure"])
def test_a_shift_of_three_tenths_of_a_standard_deviation_shows_in_its_column_alone(past, column):
    current = past[2].copy()
    current[column] += 0.3 * current[column].std() if column != "tenure" else 2 * current[column].std()
    assert moved(past, current) == {column}


def test_a_unit_that_changed_shows_in_its_column_alone(past):
    assert moved(past, past[2].assign(recency=past[2]["recency"] * 100)) == {"recency"}


def test_one_entity_that_is_far_off_is_no_drift_of_a_column(past):
    current = past[2].copy()
    current.loc[5, "budget"] = current["budget"].sum()
    assert moved(past, current) == set()


def test_a_day_that_an_earlier_release_counted_tells_no_sampling_error_and_is_judged_all_the_same(past):
    grid, sketches, now = past
    old = [replace(each, squares={}) for each in sketches]
    assert moved((grid, old, now), now) == set()
    assert moved((grid, old, now), now.assign(recency=now["recency"] * 100)) == {"recency"}


def test_nulls_are_a_value(past):
    current = past[2].copy()
    current.loc[current.sample(frac=0.2, random_state=1).index, "visits"] = np.nan
    found = {each.column: each.statistic for each in looked(past, current) if each.moved}
    assert found == {"visits": "nulls"}


def test_a_category_that_is_gone_and_one_that_is_new_show(past):
    gone = past[2].assign(segment=past[2]["segment"].replace("new", "loyal"))
    new = past[2].assign(segment=past[2]["segment"].replace("new", "unheard of"))
    assert moved(past, gone) == moved(past, new) == {"segment"}


def test_a_column_that_vanished_has_moved(past):
    found = {each.column: each.statistic for each in looked(past, past[2].drop(columns="visits")) if each.moved}
    assert found == {"visits": "vanished"}


def test_a_joint_change_that_leaves_the_margins_alone_shows_as_such(past):
    shuffled = past[2]["budget"].sample(frac=1, random_state=3).to_numpy()
    found = [each for each in looked(past, past[2].assign(budget=shuffled)) if each.moved]
    assert [(each.column, each.value) for each in found] == [(judgement.JOINTLY, "revenue & budget")]


def test_what_has_moved_stays_so_while_it_lasts_since_the_day_it_did(past):
    current = past[2].copy()
    current["recency"] += 0.3 * current["recency"].std()
    since = {"feature recency": days()[-2]}
    found = next(each for each in looked(past, current, moved_since=since) if each.column == "recency")
    assert (found.moved, found.since) == (True, days()[-2])
    again = next(each for each in looked(past, past[2], moved_since=since) if each.column == "recency")
    assert not again.moved


def test_a_year_of_weekly_looks_at_nothing_raises_nothing():
    rng = np.random.default_rng(7)
    frames = [shop(rng, week, 400) for week in range(24 + 52)]
    grid = Grid.of(frames[23], NAMES, CODES, {})
    sketches, when = [Sketch.of(frame, grid) for frame in frames], days(76)
    for now in range(24, 76):
        history = TableHistory(grid, when[: now + 1], sketches[: now + 1], "feature", CODES)
        assert [each for each in judgement.judge([history], Asked(Rules(), LEVEL))[0] if each.moved] == []


@pytest.mark.parametrize("rows", [0, 1, 20])
def test_a_window_with_next_to_no_rows_is_a_state_and_no_error(past, rows):
    assert all(each.p == each.p for each in looked(past, past[2].head(rows)))


def test_a_past_of_a_day_or_two_tells_nothing(past):
    grid, sketches, _ = past
    history = TableHistory(grid, days()[:3], sketches[:3], "feature", CODES)
    found, _ = judgement.judge([history], Asked(Rules(), 0.5))
    assert not any(each.moved for each in found)


def test_a_season_that_was_there_last_year_is_expected():
    when = np.array([day.toordinal() for day in days(70)])
    rng = np.random.default_rng(5)
    season = np.where((np.arange(70) % 52) == 16, 3.0, 0.0)
    values = np.column_stack([season + 0.05 * rng.normal(size=70) for _ in range(8)])
    floor, alike = np.full(8, 0.001), np.zeros(8, dtype="int64")
    verdict = expectation.judge(when[:69], values[:69], floor, alike)
    assert np.nanmin(verdict.p) > 1e-4


def test_the_reference_is_kept_without_a_row_and_read_back_as_it_was(past):
    grid, sketches, _ = past
    reference = Reference({"view": TableReference(grid, dict(zip(days(), sketches, strict=False)))})
    again = Reference.from_json(reference.to_json())
    assert again.to_json() == reference.to_json()
    assert len(again.tables["view"].days) == WEEKS - 1


def test_a_classifier_tells_a_joint_change_and_not_a_shift_of_the_margins(past):
    now = past[2]
    names = ("revenue", "budget", "recency")
    keys = np.arange(len(now)).astype(str)
    before = shop(np.random.default_rng(9), WEEKS - 1)

    def auc(current):
        found = classifier.tell_apart(
            Side(classifier.matrix(before, names), keys), Side(classifier.matrix(current, names), keys), 1
        )
        return found[0]

    assert auc(now.assign(revenue=now["revenue"] * 3)) == pytest.approx(0.5, abs=0.05)
    assert auc(now.assign(budget=now["budget"].sample(frac=1, random_state=2).to_numpy())) > 0.7


def test_ranks_are_the_mean_ranks_and_a_null_stands_in_the_middle():
    values = np.random.default_rng(4).choice([1.0, 2.0, 3.5, np.nan], 200)
    known = np.isfinite(values)
    assert ranks(values)[known] == pytest.approx(rankdata(values[known]) - (known.sum() + 1) / 2)
    assert not ranks(values)[~known].any()
    assert len(ranks(np.full(3, np.nan))) == 3


def test_what_is_needed_is_the_quantile_of_student_s_t():
    verdicts = SeriesVerdicts(*(np.array([each, 2.0]) for each in (0.0, 0.5, 0.1, 12.0, 0.0)))
    assert verdicts.needed(1e-9, 0) == pytest.approx(0.1 * student.isf(5e-10, 12))


def test_the_series_are_those_counted_day_by_day(past):
    grid, sketches, _ = past
    gone = Sketch(3, {}, {}, {}, np.zeros_like(sketches[0].pairs))
    found = tracks.of(grid, [*sketches, gone])
    of = {(each.column, each.statistic): found.values[:, i] for i, each in enumerate(found.series)}
    for day in (0, 9):
        counts = sketches[day].counts["revenue"]
        location, spread = grid.numbers["revenue"].scores @ counts / counts.sum()
        assert of["revenue", "location"][day] == pytest.approx(location)
        assert of["revenue", "spread"][day] == pytest.approx(spread)
        assert of["revenue", "level"][day] == pytest.approx(np.log(sketches[day].sums["revenue"] / counts.sum()))
    assert np.isnan(of["revenue", "location"][-1])
    assert np.isnan(of["segment", "code"][-1])


def test_a_sample_stands_for_a_million_rows():
    frame = pd.DataFrame({"x": np.arange(100_000.0)})
    small = drawn_columns.sampled(frame, 7)
    assert len(small) == drawn_columns.MOST_ROWS
    assert small.equals(drawn_columns.sampled(frame, 7))
