from dataclasses import replace
from datetime import date, timedelta

from pandas import DataFrame

from core.workspace import Workspace
from models.demand.plans import Calendar, Day, calendar, quiet_holidays
from tests.models.demand.conftest import ORIGIN
from tests.support.shop import FIRST_DAY, commit


def test_what_is_not_announced_yet_is_not_known():
    near, far = ORIGIN + timedelta(days=27), ORIGIN + timedelta(days=28)
    known = Calendar((Day(near, True), Day(far, True))).known(ORIGIN, 28)
    assert known.closed == {near}


def test_known_from_decides_where_it_is_given():
    day = ORIGIN + timedelta(days=5)
    late, early = Day(day, True, ORIGIN + timedelta(days=1)), Day(day, True, ORIGIN)
    assert not Calendar((late,)).known(ORIGIN, 28).closed
    assert Calendar((early,)).known(ORIGIN, 28).closed == {day}


def test_a_holiday_with_few_sales_counts_as_closing(histories):
    holiday = ORIGIN - timedelta(days=20)
    units = histories.units.copy()
    days = Calendar((Day(holiday, False), Day(ORIGIN - timedelta(days=50), False)))
    assert quiet_holidays(histories, days) == ()
    units[:, -20] *= 0.4
    assert quiet_holidays(replace(histories, units=units), days) == (holiday,)


def test_the_shops_calendar_is_read(small_shop_readonly):
    found = calendar(small_shop_readonly)
    assert found.days
    assert not any(day.closure for day in found.days)


def test_names_that_are_no_holidays_and_no_closures_are_signals(small_shop):
    days = [FIRST_DAY + timedelta(days=place) for place in range(240)]
    rows = [(day, "temperature", place % 7 / 2) for place, day in enumerate(days)]
    rows += [(day, "term", 1.0) for day in days[:100]]
    rows += [(days[50], "Closed", 1.0), (days[60], "Easter", 1.0), (days[61], "Easter (observed)", 1.0)]
    commit(small_shop, {"calendar": DataFrame(rows, columns=["date", "name", "value"])})
    found = calendar(small_shop)
    assert [(each.day, each.closure) for each in found.days] == [(days[50], True), (days[60], False)]
    assert found.signals.names == ("temperature", "term")
    assert [each.listed for each in found.signals.each] == [False, True]


def test_a_day_that_comes_back_each_month_is_a_holiday_and_a_signal(small_shop):
    days = [FIRST_DAY + timedelta(days=place) for place in range(0, 240, 15)]
    rows = [(day, "pay day", 1.0) for day in days] + [(days[3], "Easter", 1.0)]
    commit(small_shop, {"calendar": DataFrame(rows, columns=["date", "name", "value"])})
    found = calendar(small_shop)
    assert {each.day for each in found.days} == set(days)
    assert found.signals.names == ("pay day",)


def test_of_a_closure_that_was_told_twice_the_last_telling_counts(small_shop):
    day, told = FIRST_DAY + timedelta(days=50), [FIRST_DAY, FIRST_DAY + timedelta(days=9)]
    rows = [(day, "closure", value, known) for value, known in zip((1.0, 0.0), told, strict=True)]
    commit(small_shop, {"calendar": DataFrame(rows, columns=["date", "name", "value", "known_from"])})
    assert calendar(small_shop).days == ()


def test_the_public_holidays_of_named_places_count_beside_the_calendar(small_shop, monkeypatch):
    told = calendar(small_shop).days
    monkeypatch.setenv("REGULARS_DEMAND__HOLIDAYS", '["GB-SCT", "US"]')
    found = calendar(Workspace.open(small_shop.root))
    assert set(told) < set(found.days)
    days = {each.day for each in found.days if not each.closure}
    assert {date(2024, 1, 2), date(2024, 7, 4), date(2024, 11, 28)} < days


def test_a_shop_without_calendar_has_no_plans(new_workspace):
    assert calendar(new_workspace).known(date(2024, 1, 1), 28).holidays == ()


def test_feasts_to_come_are_expected_to_be_quiet_until_one_was_loud(histories):
    seen, ahead = ORIGIN - timedelta(days=20), ORIGIN + timedelta(days=5)
    days = Calendar((Day(seen, False, feast=True), Day(ahead, False, feast=True)))
    assert quiet_holidays(histories, Calendar(days.days[1:])) == (ahead,)
    assert quiet_holidays(histories, days) == ()
    units = histories.units.copy()
    units[:, -20] *= 0.4
    assert quiet_holidays(replace(histories, units=units), days) == (seen, ahead)


def test_a_feast_is_known_by_its_name(small_shop):
    feast = FIRST_DAY + timedelta(days=100)
    rows = [(feast, "Easter Sunday", 1.0), (feast + timedelta(days=30), "Labor Day", 1.0)]
    commit(small_shop, {"calendar": DataFrame(rows, columns=["date", "name", "value"])})
    assert [day.day for day in calendar(small_shop).days if day.feast] == [feast]
