"""A reviewer accepts a forecast once, for one version and one date, and the audit log knows why."""

from __future__ import annotations

from datetime import date

import pytest

from core.audit import AuditLog
from core.errors import UsageError
from core.workspace import Workspace
from models.demand.acceptance import Acceptances

D = date(2024, 7, 1)


def test_an_acceptance_holds_for_its_version_and_date(workspace: Workspace) -> None:
    acceptances = Acceptances(workspace)
    assert acceptances.accept("3", D, ["BEER", "ICE"], "maria", "a hot summer") == 2
    assert acceptances.accepted("3", D) == {"BEER", "ICE"}
    assert acceptances.accepted("4", D) == frozenset()
    assert acceptances.accepted("3", date(2024, 7, 2)) == frozenset()


def test_accepted_twice_counts_once(workspace: Workspace) -> None:
    acceptances = Acceptances(workspace)
    acceptances.accept("3", D, ["BEER"], "maria", "a hot summer")
    assert acceptances.accept("3", D, ["BEER", "ICE"], "jo", "seen, too") == 1
    assert acceptances.accepted("3", D) == {"BEER", "ICE"}


def test_the_audit_log_keeps_who_which_and_why(workspace: Workspace) -> None:
    Acceptances(workspace).accept("3", D, ["ICE", "BEER"], "maria", "a hot summer")
    [entry] = AuditLog(workspace).entries("demand/3")
    assert (entry.action, entry.who) == ("accept forecasts", "maria")
    assert entry.details == {"as_of": "2024-07-01", "series": ["BEER", "ICE"], "reason": "a hot summer"}


@pytest.mark.parametrize(("series", "reason"), [([], "fine"), (["BEER"], "  ")])
def test_nothing_or_no_reason_is_not_accepted(workspace: Workspace, series: list[str], reason: str) -> None:
    with pytest.raises(UsageError):
        Acceptances(workspace).accept("3", D, series, "maria", reason)
    assert Acceptances(workspace).accepted("3", D) == frozenset()
