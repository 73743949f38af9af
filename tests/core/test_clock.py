"""The clock: the shop's present, and its days' borders."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from core import clock
from core.errors import DataError, UsageError
from core.workspace import Workspace


def test_with_the_data_clock_the_present_is_the_day_after_the_last_order(small_shop_readonly: Workspace) -> None:
    assert clock.present(small_shop_readonly) == small_shop_readonly.tables.last_day() + timedelta(days=1)


def test_with_the_wall_clock_the_present_is_today_in_the_shops_zone(
    small_shop_readonly: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REGULARS_CLOCK", "wall")
    workspace = Workspace.open(small_shop_readonly.root)
    zone = ZoneInfo(workspace.tables.timezone)
    before = datetime.now(zone).date()
    assert before <= clock.present(workspace) <= datetime.now(zone).date()


def test_a_day_starts_at_midnight_of_the_shop_also_in_summer() -> None:
    assert clock.day_start(date(2017, 7, 1), "America/New_York") == datetime(2017, 7, 1, 4, tzinfo=UTC)
    assert clock.day_start(date(2017, 1, 1), "America/New_York") == datetime(2017, 1, 1, 5, tzinfo=UTC)


def test_as_of_before_any_data_names_the_earliest_date(small_shop_readonly: Workspace) -> None:
    earliest = small_shop_readonly.tables.first_day() + timedelta(days=1)
    with pytest.raises(DataError, match=str(earliest)):
        clock.resolve_as_of(small_shop_readonly, "1999-01-01")
    assert clock.resolve_as_of(small_shop_readonly, str(earliest)) == earliest


def test_as_of_after_the_present_names_the_latest_date(small_shop_readonly: Workspace) -> None:
    with pytest.raises(DataError, match=str(clock.present(small_shop_readonly))):
        clock.resolve_as_of(small_shop_readonly, "2999-01-01")


def test_as_of_that_is_no_date_is_refused(small_shop_readonly: Workspace) -> None:
    with pytest.raises(UsageError, match="YYYY-MM-DD"):
        clock.resolve_as_of(small_shop_readonly, "yesterday")
