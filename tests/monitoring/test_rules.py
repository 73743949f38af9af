"""The rules of the house, each with what makes it speak and what keeps it quiet."""

from datetime import date, timedelta

import pandas as pd
import pytest

from core.messages import Message
from core.settings import Rules
from models.fairness_result import FairnessResult, GroupFigure
from models.intervals import Interval
from models.segments.group_month import GroupMonth
from monitoring import exposure, rules
from monitoring.business import Figure
from monitoring.leaving.left_over_expected import LeftOverExpected
from monitoring.leaving.own_rhythm import StayingAway
from monitoring.results import (
    ColumnDrift,
    DriftResult,
    ModelReport,
    Performance,
    QualityCheck,
    Rival,
    Touched,
    WaitingForecast,
)

RULES = Rules()
TODAY = date(2024, 7, 1)


def drifted(count, total):
    columns = tuple(
        ColumnDrift(f"f{i}", "feature", "location", 1.0, 0.4, 0.1, i < count, change=1.0, touched=9)
        for i in range(total)
    )
    return DriftResult(columns, (TODAY,), 100, 100)


@pytest.mark.parametrize(
    ("count", "status", "level"), [(0, "ok", 0), (1, "alert", 2), (3, "alert", 2), (4, "alert", 3)]
)
def test_drift_speaks_of_a_single_column_and_more_severely_above_three_tenths_of_them(count, status, level):
    found = rules.drift("churn", drifted(count, 10), RULES)
    assert (found.status, found.level) == (status, level)
    assert f"{count} of 10 columns moved" in str(found.says)


def test_without_anything_to_compare_drift_is_unknown():
    assert rules.drift("churn", None, RULES).status == "unknown"


def performance(value, floor=0.7, half_width=0.01, **more):
    difference = Interval(value - floor, value - floor - half_width, value - floor + half_width)
    p = 0.5 if difference.value >= 0 else 1e-9
    rival = Rival("recency", floor, *vars(difference).values(), p)
    values = (value, value - half_width, value + half_width)
    return Performance("auc", True, *values, floor, "recency", TODAY, TODAY, 100, TODAY, rivals=(rival,), **more)


def left(ratio, more=1e-9, fewer=1e-9):
    return LeftOverExpected(1000, round(100 * ratio), 100.0, ratio, ratio - 0.1, ratio + 0.1, more, fewer)


@pytest.mark.parametrize(
    ("ratio", "more", "status", "level"),
    [(2.0, 1e-9, "alert", 3), (1.3, 1e-9, "alert", 2), (1.2, 1e-9, "ok", 0), (2.0, 1e-3, "ok", 0), (0.9, 1.0, "ok", 0)],
)
def test_more_customers_who_left_than_expected_alert_where_it_is_sure_and_matters(ratio, more, status, level):
    found = performance(0.8, left=left(ratio, more, 1.0))
    (state,) = rules.left_over_expected("churn", found, RULES, 1e-4)
    assert (state.status, state.level) == (status, level)
    assert f"{round(100 * ratio)} left" in str(state.says)
    if status == "alert":
        assert state.touched == Touched(customers=round(100 * (ratio - 1)))
        assert state.since == found.as_of
        assert "Segments" in str(state.effect)


def test_fewer_who_left_than_expected_ask_for_other_probabilities():
    (state,) = rules.left_over_expected("churn", performance(0.8, left=left(0.5, more=1.0)), RULES, 1e-4)
    assert (state.status, state.level) == ("alert", 2)
    assert str(state.effect).endswith("regulars train churn")


def test_left_over_expected_says_how_many_outcomes_are_missing_and_nothing_of_other_kinds():
    (state,) = rules.left_over_expected("churn", performance(0.8, left=left(2.0), more_needed=12), RULES, 1e-4)
    assert state.status == "unknown"
    assert "12 more outcomes" in str(state.says)
    assert rules.left_over_expected("demand", performance(0.8), RULES, 1e-4) == []
    assert rules.left_over_expected("churn", None, RULES, 1e-4) == []


def away(share, p):
    return StayingAway(2, 730, 140, 90.0, share, share - 0.02, share + 0.02, p)


@pytest.mark.parametrize(
    ("share", "p", "since", "status", "level"),
    [
        (0.08, 1e-6, None, "alert", 2),
        (0.12, 1e-6, None, "alert", 3),
        (0.02, 1e-6, None, "ok", 0),
        (0.08, 1e-2, None, "ok", 0),
        (0.08, 1e-2, TODAY - timedelta(days=21), "alert", 2),
        (0.08, 0.2, TODAY - timedelta(days=21), "ok", 0),
    ],
)
def test_customers_who_stay_away_alert_where_it_is_sure_and_as_long_as_it_lasts(share, p, since, status, level):
    state = rules.staying_away(away(share, p), RULES, 1e-4, TODAY, since)
    assert (state.status, state.level) == (status, level)
    assert "140 of 730 customers who come regularly" in str(state.says)
    if status == "alert":
        assert state.since == (since or TODAY - timedelta(days=14))
        assert state.touched == Touched(customers=50)


def test_who_stays_away_is_carried_on_from_the_look_before_that_said_so():
    alert, calm = (rules.staying_away(away(0.08, p), RULES, 1e-4, TODAY) for p in (1e-6, 0.5))
    assert rules.said_before([alert]) == TODAY - timedelta(days=14)
    assert rules.said_before([calm]) is None
    assert rules.staying_away(None, RULES, 1e-4, TODAY).status == "unknown"


@pytest.mark.parametrize(("value", "days", "status"), [(0.8, 0, "ok"), (0.66, 6, "ok"), (0.66, 7, "alert")])
def test_retraining_is_requested_after_seven_days_of_data_below_the_floor(value, days, status):
    state = rules.quality("churn", performance(value), days, RULES, level=1e-4)
    assert state.status == status
    assert ("retraining is requested" in str(state.effect)) == (status == "alert")


def test_below_the_floor_means_the_whole_paired_interval():
    state = rules.quality("churn", performance(0.69, half_width=0.02), 7, RULES)
    assert state.status == "ok"
    assert not state.flagged


def test_below_for_seven_days_and_still_within_what_the_error_budget_allows_is_watched():
    state = rules.quality("churn", performance(0.66), 7, RULES, level=1e-12)
    assert (state.status, state.flagged, str(state.effect)) == ("ok", True, "watch")


@pytest.mark.parametrize(
    "found",
    [performance(0.6), performance(0.595, floor=0.58, expected=0.85, expected_low=0.8)],
    ids=["far below its floor", "fallen with its baseline, far from its promise"],
)
def test_what_has_fallen_far_is_an_alert_at_once_and_says_whom_it_touches(found):
    state = rules.quality("churn", found, 1, RULES, level=1e-12)
    assert (state.status, state.level, state.touched) == ("alert", 3, Touched(customers=100))


def test_too_few_outcomes_are_a_state_of_their_own():
    state = rules.quality("churn", performance(0.6, more_needed=41), 7, RULES)
    assert state.status == "unknown"
    assert "41 more outcomes" in str(state.says)


def test_before_the_first_window_is_complete_the_rule_says_when_it_will_be():
    state = rules.quality("churn", None, 0, RULES, opens="2024-07-29")
    assert (state.status, "2024-07-29" in str(state.says)) == ("unknown", True)


def check(name="guests", **more):
    says = Message("check.share", {"now": 0.3, "before": 0.1})
    return QualityCheck(name, 0.3, 0.1, 0.05, says=says, **{"passed": False, **more})


def test_a_check_that_fails_is_an_alert_with_its_day_and_what_it_touches():
    (state,) = rules.data([check(since=TODAY, touched=Touched(revenue_share=0.25))])
    assert (state.status, state.level, state.since) == ("alert", 3, TODAY)
    assert str(state.says) == "lines without a customer: 30.0% in the last 7 days, 10.0% in the weeks before"


def test_a_check_that_can_not_be_judged_stays_with_its_reason():
    (state,) = rules.data([check(passed=True, judged=False)])
    assert state.status == "unknown"


def test_inputs_that_went_missing_are_an_alert_of_their_model():
    says = Message("check.named", {"names": ["a"], "columns": 3, "view": "v"})
    state = rules.inputs("churn", [QualityCheck("went_missing", 1.0, 0.0, 0.0, False, says)])
    assert (state.status, state.kind) == ("alert", "churn")
    assert rules.inputs("churn", []).status == "unknown"


def test_a_version_that_can_not_be_looked_at_stays_on_the_page_as_an_alert():
    lost = ModelReport("churn", "3", Message("watch.not_possible", {"reason": "no customer can be scored"}))
    state = rules.watched(lost)
    assert (state.status, "no customer" in str(state.says)) == ("alert", True)
    assert rules.watched(ModelReport("churn", "3")).status == "ok"


def test_days_in_a_row_are_counted_over_daily_runs():
    earlier = {TODAY - timedelta(days=back): back != 4 for back in range(1, 10)}
    assert rules.days_in_a_row(TODAY, True, earlier) == 4
    assert rules.days_in_a_row(TODAY, False, earlier) == 0
    assert rules.days_in_a_row(TODAY, True, {}) == 1


def test_a_weekly_run_speaks_for_its_week_and_a_longer_gap_ends_the_chain():
    assert rules.days_in_a_row(TODAY, True, {TODAY - timedelta(days=7): True}) == 8
    assert rules.days_in_a_row(TODAY, True, {TODAY - timedelta(days=8): True}) == 1


def figures(*changes, name="revenue"):
    days = [TODAY - timedelta(days=back) for back in reversed(range(len(changes)))]
    return [Figure(name, day, 100.0 * (1 + change), 100.0) for day, change in zip(days, changes, strict=True)]


@pytest.mark.parametrize(
    ("changes", "status", "level"),
    [
        ((-0.1, -0.1, -0.1), "ok", 0),
        ((0.0, -0.3, -0.3), "ok", 0),
        ((-0.3, -0.3, -0.3), "alert", 1),
        ((-0.4, -0.4, -0.36), "alert", 2),
        ((0.6, 0.7, 0.5), "alert", 3),
        ((-0.6, -0.6, -0.25), "alert", 1),
    ],
)
def test_a_business_figure_speaks_after_three_days_off_by_a_fifth(changes, status, level):
    (state,) = rules.business(figures(*changes), RULES)
    assert (state.status, state.level) == (status, level)


def test_without_an_earlier_window_a_business_figure_is_unknown():
    (state,) = rules.business([Figure("orders", TODAY, 5.0, None)], RULES)
    assert state.status == "unknown"


def test_a_flagged_group_asks_for_a_review():
    figure = GroupFigure("age", "65+", "selection rate", 90, 0.5, 0.2, 2.5, 1.9, 3.2, "flagged")
    state = rules.fairness("churn", FairnessResult("churn", TODAY, TODAY, (figure,)), RULES)
    assert (state.status, state.level) == ("alert", 3)
    assert "65+" in str(state.says)
    assert "regulars approve churn" in str(state.effect)


def test_no_measurement_is_unknown_not_fair():
    assert rules.fairness("churn", None, RULES).status == "unknown"
    assert (
        rules.fairness(
            "demand", FairnessResult("demand", TODAY, TODAY, (), Message("fairness.no_region")), RULES
        ).status
        == "unknown"
    )


def test_customers_without_an_attribute_who_are_far_from_the_rest_are_named_and_nobody_is_asked_for():
    known = GroupFigure("age", "65+", "selection rate", 90, 0.04, 0.04, 1.0, 0.9, 1.1, "ok")
    unknown = GroupFigure("age", "unknown", "selection rate", 900, 0.44, 0.04, 10.7, 7.1, 16.2, "not judged")
    state = rules.fairness("churn", FairnessResult("churn", TODAY, TODAY, (known, unknown)), RULES)
    assert (state.status, state.flagged) == ("ok", True)
    assert "far from those with it: selection rate of age = unknown: 10.70 times" in str(state.says)


def test_a_disparity_that_is_not_certain_yet_is_said_and_alerts_nobody():
    figure = GroupFigure("age", "65+", "selection rate", 90, 0.5, 0.2, 2.5, 1.3, 4.8, "not certain yet", p=0.002)
    state = rules.fairness("churn", FairnessResult("churn", TODAY, TODAY, (figure,)), RULES)
    assert state.status == "ok"
    assert "not certain yet: selection rate of age = 65+" in str(state.says)


def test_a_surge_is_a_flag_that_names_the_series_and_asks_for_nobody():
    state = rules.surge("demand", ["BEER", "ICE"], 40, RULES)
    assert state.status == "ok"
    assert state.items == ("BEER", "ICE")


def test_a_forecast_waits_until_a_reviewer_accepts_it():
    forecasts = [WaitingForecast(name, name, 2000.0, 1900.0, False) for name in ("BEER", "ICE")]
    state = rules.review("demand", forecasts, {"ICE"}, RULES)
    assert state.items == ("BEER",)
    assert "1 of them accepted" in str(state.says)
    assert rules.review("demand", forecasts, {"BEER", "ICE"}, RULES).items == ()


def test_tiers_name_their_win_back_actions_and_who_must_be_left_in_peace():
    state = rules.tiers("churn", {0: 70, 1: 16, 2: 10, 3: 4}, {0: 9, 2: 3}, ("none", "mail", "coupon", "call"))
    assert str(state.says) == "tier 1: 16 (mail); tier 2: 10 (coupon; 3 allow no contact); tier 3: 4 (call)"


def lists(products):
    return pd.DataFrame({"customer_id": [f"c{i}" for i in range(len(products))], "product_id": products})


def test_exposure_counts_places():
    bought = pd.DataFrame({"customer_id": ["c0", "c1", "c1"], "product_id": ["a", "b", "b"]})
    found = exposure.figures(lists(["a", "a", "b", "c"]), 10, bought)
    assert found["coverage"] == pytest.approx(0.3)
    assert found["concentration"] == 1.0
    assert found["repetition"] == pytest.approx(0.25)


def test_lists_grow_narrow_where_they_hold_one_category_or_leave_the_customer_s_mix():
    groups = pd.Series({"a": 0, "b": 0, "c": 1, "d": 2})
    shown = pd.DataFrame({"customer_id": ["c0", "c0", "c0", "c1"], "product_id": ["a", "b", "c", "d"]})
    bought = pd.DataFrame({"customer_id": ["c0", "c0", "c2"], "product_id": ["a", "c", "d"]})
    found = exposure.variety(shown, bought, groups)
    assert found["sameness"] == pytest.approx((1 / 3 + 0) / 2)
    assert found["off_mix"] == pytest.approx((abs(2 / 3 - 1 / 2) + abs(1 / 3 - 1 / 2)) / 2)
    before = {"sameness": 0.05, "off_mix": 0.05}
    states = rules.recommendations("recommendation", found, before, Rules())
    assert {state.subject: state.status for state in states} == {"sameness": "alert", "off_mix": "alert"}
    assert "of one category" in str(states[0].says)
    assert [state.about for state in states] == [
        "products of one category in a list",
        "places off the customer's own mix",
    ]


def test_a_filter_bubble_is_a_fall_from_what_it_was():
    before = {"coverage": 0.4, "concentration": 0.2, "repetition": 0.6}
    quiet = rules.recommendations(
        "recommendation", {"coverage": 0.3, "concentration": 0.3, "repetition": 0.7}, before, Rules()
    )
    loud = rules.recommendations(
        "recommendation", {"coverage": 0.1, "concentration": 0.5, "repetition": 0.9}, before, Rules()
    )
    assert {state.status for state in quiet} == {"ok"}
    assert {state.status for state in loud} == {"alert"}


def months(name, *churns, active=50):
    """A group over months, the last of which is not over."""
    known = [
        GroupMonth(TODAY + timedelta(days=30 * i), "group", name, active, 0.1, 1.0, active, churn)
        for i, churn in enumerate([*churns, None])
    ]
    return tuple(known)


@pytest.mark.parametrize(
    ("course", "raised"),
    [
        (months("loyal", 0.01, 0.06, 0.07, 0.08), ("loyal",)),
        (months("loyal", 0.06, 0.06, 0.06, 0.05), ()),
        (months("loyal", 0.06, 0.06), ()),
    ],
)
def test_a_group_raises_its_hand_after_three_months_above_a_twentieth_and_asks_for_nobody(course, raised):
    state = rules.segment_churn(course, RULES)
    assert (state.status, state.items, state.flagged) == ("ok", raised, bool(raised))


@pytest.mark.parametrize("course", [months("loyal", 0.06, 0.06, 0.06, active=29), months("lost", 0.9, 0.9, 0.9), ()])
def test_groups_with_too_few_active_members_and_the_lost_are_not_judged(course):
    assert rules.segment_churn(course, RULES).status == "unknown"


def test_a_group_that_raises_its_hand_is_named_with_its_latest_churn():
    course = months("at risk", 0.5, 0.25, 0.125) + months("loyal", 0.01, 0.01, 0.01)
    assert "1 of 2 groups lose more than 5%" in str(rules.segment_churn(course, RULES).says)
    assert str(rules.segment_churn(course, RULES).says).endswith("3 months in a row: at risk (12.5%)")
