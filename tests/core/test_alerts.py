"""An alert stays open until somebody closes it, and is not repeated while it is open."""

import pytest

from core.alerts import Alerts
from core.messages import Message
from core.workspace import Workspace


@pytest.fixture
def alerts(workspace: Workspace) -> Alerts:
    return Alerts(workspace)


def test_an_open_alert_is_renewed_not_repeated(alerts):
    first = alerts.append("mild", "drift", "churn/3", Message.plain("4 of 10 features drifted"))
    second = alerts.append("severe", "drift", "churn/3", Message.plain("9 of 10 features drifted"))
    (only,) = alerts.open()
    assert first == second == only.id
    assert (only.times, only.level, only.text) == (2, "severe", "9 of 10 features drifted")


def test_alerts_of_different_subjects_or_sources_stand_side_by_side(alerts):
    alerts.append("mild", "drift", "churn/3", Message.plain("a"))
    alerts.append("mild", "drift", "churn/4", Message.plain("b"))
    alerts.append("mild", "registry", "churn/3", Message.plain("c"))
    assert [alert.text for alert in alerts.open()] == ["c", "b", "a"]


def test_a_closed_alert_leaves_the_open_ones_and_may_come_back(alerts):
    alerts.append("mild", "drift", "churn/3", Message.plain("a"))
    assert alerts.close("drift", "churn/3", by="ada")
    assert alerts.open() == []
    assert not alerts.close("drift", "churn/3")
    alerts.append("mild", "drift", "churn/3", Message.plain("again"))
    assert [alert.text for alert in alerts.open()] == ["again"]
    assert {(alert.text, alert.closed_by) for alert in alerts.recent()} == {("again", None), ("a", "ada")}
