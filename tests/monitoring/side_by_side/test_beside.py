"""What is known of two versions is put beside each other, what matters most first."""

from dataclasses import replace
from datetime import date

from models.fairness_result import FairnessResult, GroupFigure
from monitoring.side_by_side import beside

FIGURE = GroupFigure("age_band", "35-44", "selection rate", 200, 0.3, 0.3, 1.0, 0.9, 1.1, "ok")
DAYS = (date(2024, 7, 4), date(2024, 8, 1))


def measured(*figures):
    return FairnessResult("churn", *DAYS, figures)


def test_the_ratio_farthest_from_even_by_either_version_stands_first():
    mild, low = replace(FIGURE, ratio=1.3), replace(FIGURE, group="45-54", ratio=0.5)
    found = beside.fairness(measured(mild, replace(low, ratio=1.0)), measured(FIGURE, low))
    assert [each.figure.group for each in found] == ["45-54", "35-44"]


def test_what_nobody_can_judge_comes_after_what_can_be_judged():
    few = replace(FIGURE, group="65+", ratio=9.0, verdict="too few to judge")
    found = beside.fairness(measured(few, FIGURE), measured(few, FIGURE))
    assert [each.figure.group for each in found] == ["35-44", "65+"]


def test_a_version_that_was_not_measured_leaves_its_side_empty():
    (found,) = beside.fairness(measured(FIGURE), None)
    assert (found.a, found.b) == (FIGURE, None)


def test_inputs_on_which_both_lean_alike_are_left_out():
    found = beside.inputs({"days_away": 0.5, "visits": 0.2}, {"days_away": 0.5, "visits": 0.1, "spend": 0.4})
    assert [(each.name, each.a, each.b) for each in found] == [("spend", 0.0, 0.4), ("visits", 0.2, 0.1)]
