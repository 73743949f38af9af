"""A reviewer accepts a forecast once; it lasts while its total stays near, and the audit log knows why."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from core.audit import AuditLog
from core.errors import UsageError
from core.state.schema import ACCEPTED_FORECASTS
from core.workspace import Workspace
from models.demand.acceptance import Acceptances, Totals

D = date(2024, 7, 1)
SHOP = Totals("3", D, 28, {"BEER": 2000.0, "ICE": 1500.0, "TEA": 12.0})


def later(days: int = 1, version: str = "4", **units: float) -> Totals:
    return replace(SHOP, version=version, as_of=D + timedelta(days=days), units={**SHOP.units, **units})


@pytest.fixture
def acceptances(new_workspace: Workspace) -> Acceptances:
    found = Acceptances(new_workspace)
    assert found.accept(SHOP, ["BEER", "ICE"], "maria", "a hot summer") == 2
    return found


def test_an_acceptance_outlives_its_version_and_date(acceptances: Acceptances) -> None:
    assert acceptances.accepted(SHOP) == {"BEER", "ICE"}
    assert acceptances.accepted(later()) == {"BEER", "ICE"}


def test_it_lasts_while_the_total_stays_within_a_fifth(acceptances: Acceptances) -> None:
    assert acceptances.accepted(later(BEER=2400.0, ICE=1200.0)) == {"BEER", "ICE"}
    assert acceptances.accepted(later(BEER=2401.0, ICE=1199.0)) == frozenset()


def test_small_steps_do_not_lead_away_from_what_was_accepted(acceptances: Acceptances) -> None:
    for day, units in enumerate((2200.0, 2390.0), start=1):
        assert "BEER" in acceptances.accepted(later(day, BEER=units))
    assert "BEER" not in acceptances.accepted(later(3, BEER=2500.0))


def test_what_was_accepted_last_counts(acceptances: Acceptances) -> None:
    assert acceptances.accept(later(BEER=3000.0), ["BEER"], "jo", "a festival") == 1
    assert "BEER" in acceptances.accepted(later(2, BEER=3100.0))
    assert "BEER" not in acceptances.accepted(later(2, BEER=2000.0))


def test_a_total_that_moved_on_the_same_day_is_accepted_anew(acceptances: Acceptances) -> None:
    moved = replace(SHOP, units={**SHOP.units, "BEER": 3000.0})
    assert acceptances.accept(moved, ["BEER"], "jo", "a late order") == 1
    assert "BEER" in acceptances.accepted(moved)
    assert "BEER" not in acceptances.accepted(SHOP)


def test_new_series_and_other_horizons_wait(acceptances: Acceptances) -> None:
    assert acceptances.accepted(later(WINE=2000.0)) == {"BEER", "ICE"}
    assert acceptances.accepted(replace(SHOP, horizon_days=14)) == frozenset()


def test_a_few_units_more_are_no_change(acceptances: Acceptances) -> None:
    acceptances.accept(replace(SHOP, units={"TEA": 0.4}), ["TEA"], "maria", "hardly any")
    assert "TEA" in acceptances.accepted(later(TEA=1.3))
    assert "TEA" not in acceptances.accepted(later(TEA=1.5))


def test_accepted_twice_counts_once(acceptances: Acceptances) -> None:
    assert acceptances.accept(later(), ["BEER", "TEA"], "jo", "seen, too") == 1


def test_what_a_release_without_totals_accepted_holds_for_its_version_and_date(new_workspace: Workspace) -> None:
    old = {"version": "3", "as_of": D.isoformat(), "series_id": "BEER", "who": "maria", "at": "2024-07-01T08:00:00"}
    with new_workspace.database.begin() as connection:
        connection.execute(ACCEPTED_FORECASTS.insert(), old)
    assert Acceptances(new_workspace).accepted(SHOP) == {"BEER"}
    assert Acceptances(new_workspace).accepted(later()) == frozenset()


def test_the_audit_log_keeps_who_which_how_much_and_why(acceptances: Acceptances, new_workspace: Workspace) -> None:
    [entry] = AuditLog(new_workspace).entries("demand/3")
    assert (entry.action, entry.who) == ("accept forecasts", "maria")
    assert entry.details == {
        "as_of": "2024-07-01", "horizon_days": 28, "units": {"BEER": 2000.0, "ICE": 1500.0}, "reason": "a hot summer",
    }  # fmt: skip


@pytest.mark.parametrize(("series", "reason"), [([], "fine"), (["BEER"], "  ")])
def test_nothing_or_no_reason_is_not_accepted(new_workspace: Workspace, series: list[str], reason: str) -> None:
    with pytest.raises(UsageError):
        Acceptances(new_workspace).accept(SHOP, series, "maria", reason)
    assert Acceptances(new_workspace).accepted(SHOP) == frozenset()
