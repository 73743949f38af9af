"""Movements account for everybody once, and months for every group."""

from __future__ import annotations

from datetime import date

import pandas as pd
import pytest

from core.workspace import Workspace
from models.segments.group_history import group_history, month_days, months_moved
from models.segments.movements import ARRIVED, UNPROFILED, moved, movements
from tests.support.shop import FIRST_DAY

BEFORE = pd.DataFrame({"customer_id": ["a", "b", "c", "refused"], "group": ["new", "new", "loyal", "lost"]})
AFTER = pd.DataFrame({"customer_id": [*"abcde"], "group": ["loyal", "new", "loyal", "new", "lost"]})
KNOWN = {"a", "b", "c", "refused", "e"}
SPENT = pd.Series({"a": 10.0, "c": 5.0, "guest of none": 9.0})


def test_everybody_moves_once_and_shares_are_of_the_origin() -> None:
    rows = movements(BEFORE, AFTER, SPENT, KNOWN)
    told = {(row.origin, row.target): (row.customers, row.share, row.revenue) for row in rows.itertuples()}
    assert told == {
        ("loyal", "loyal"): (1, 1.0, 5.0),
        ("new", "loyal"): (1, 0.5, 10.0),
        ("new", "new"): (1, 0.5, 0.0),
        ("lost", UNPROFILED): (1, 1.0, 0.0),
        (ARRIVED, "new"): (1, 1.0, 0.0),
        (UNPROFILED, "lost"): (1, 1.0, 0.0),
    }


def test_who_was_in_no_group_before_or_is_in_none_now_has_not_moved() -> None:
    assert moved(movements(BEFORE, AFTER, SPENT, KNOWN)) == (1, 3)


def test_nobody_moves_where_nobody_is() -> None:
    assert movements(BEFORE[:0], AFTER[:0], SPENT, KNOWN).empty


def test_days_of_months_are_months_apart_and_after_the_first_order() -> None:
    days = month_days(date(2024, 3, 31), date(2023, 11, 30), 12)
    assert days == [date(2023, 12, 31), date(2024, 1, 31), date(2024, 2, 29), date(2024, 3, 31)]


@pytest.mark.parametrize("by", ["group", "stage"])
def test_groups_of_a_month_are_all_customers_and_what_left_them_arrived(small_shop_readonly: Workspace, by) -> None:
    days = month_days(FIRST_DAY.replace(month=7), FIRST_DAY, 2)
    months, members = group_history(small_shop_readonly, days)
    for day in days:
        own = [month for month in months if (month.as_of, month.by) == (day, by)]
        assert sum(month.customers for month in own) == len(members[day])
        assert sum(month.share for month in own) == pytest.approx(1)
        judged = [month for month in own if month.active]
        assert all((month.churn is None) == (day == days[-1]) for month in judged)
    rows = months_moved(small_shop_readonly, members, days[0], days[-1], by)
    assert rows["customers"].sum() == len(members[days[-1]])
    assert rows[rows["origin"] != ARRIVED].groupby("origin")["share"].sum().to_list() == pytest.approx(
        [1.0] * rows[rows["origin"] != ARRIVED]["origin"].nunique()
    )
