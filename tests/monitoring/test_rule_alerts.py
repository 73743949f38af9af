"""An alert is renewed while it lasts, raised anew where much worse, and closed when over."""

from datetime import date

import pytest

from core.alerts import Alerts
from core.messages import Message
from monitoring import rule_alerts
from monitoring.results import MonitorReport, RuleState, Touched

TODAY = date(2024, 7, 1)


def report(status, level=2, size=0.1):
    rule = RuleState(
        "data",
        "guests",
        None,
        status,
        Message.plain("20% name no customer"),
        Message.plain("mend the source"),
        level=level,
        since=TODAY,
        touched=Touched(customers=1204, revenue_share=0.2),
        size=size,
    )
    return MonitorReport(TODAY, "2024-07-01T00:00:00+00:00", 28, (), (), (), (rule,))


@pytest.fixture
def alerts(new_workspace):
    rule_alerts.keep(new_workspace, report("alert"))
    return Alerts(new_workspace)


def test_it_says_what_since_when_whom_and_what_next(alerts):
    (alert,) = alerts.open()
    assert alert.text == (
        "20% name no customer; since 2024-07-01; touches 1,204 customers; touches 20.0% of the revenue; mend the source"
    )


def test_the_same_is_folded(alerts, new_workspace):
    rule_alerts.keep(new_workspace, report("alert", size=0.12))
    (alert,) = alerts.open()
    assert alert.times == 2


@pytest.mark.parametrize("worse", [{"level": 3}, {"size": 0.2}])
def test_much_worse_is_a_new_alert(alerts, new_workspace, worse):
    (before,) = alerts.open()
    rule_alerts.keep(new_workspace, report("alert", **worse))
    (after,) = alerts.open()
    assert (after.id != before.id, after.times) == (True, 1)


def test_it_creeps_up_no_further_than_half_before_it_is_new(alerts, new_workspace):
    for size in (0.14, 0.16):
        rule_alerts.keep(new_workspace, report("alert", size=size))
    assert len(alerts.recent()) == 2


@pytest.mark.parametrize(("status", "left"), [("ok", 0), ("unknown", 1)])
def test_it_closes_itself_when_over_and_not_where_nobody_can_tell(alerts, new_workspace, status, left):
    rule_alerts.keep(new_workspace, report(status))
    assert len(alerts.open()) == left
