"""An alert stays open until somebody closes it, is not repeated while it is open, and has to be answered in time."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from core import alert_answers, utc
from core.actors import of_account
from core.alert_levels import Level
from core.alerts import Alert, Alerts, severest
from core.audit import AuditLog
from core.errors import UsageError
from core.messages import Message
from core.workspace import Workspace
from tests.support.shop import empty_workspace


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


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Sets the present to so many hours after noon of 1 September 2025; it is noon."""

    def hours(later: float) -> None:
        moment = datetime(2025, 9, 1, 12, tzinfo=UTC) + timedelta(hours=later)
        monkeypatch.setattr(utc, "now", lambda: moment)

    hours(0)
    return hours


@pytest.fixture
def shop(tmp_path: Path) -> Workspace:
    """A workspace with two channels, one of which wants to hear of severe alerts only."""
    settings = {
        "owner": "ada",
        "owners": {"churn": "grace", "registry": "operations"},
        "channels": {"team": "json://127.0.0.1:1", "pager": "json://127.0.0.1:2"},
        "levels": {"pager": "severe"},
    }
    return empty_workspace(tmp_path / "shop", alerts=settings)


def raised(shop: Workspace, level: Level = "mild", subject: str = "revenue", kind: str | None = None) -> Alert:
    Alerts(shop).append(level, "monitoring", subject, Message.plain("20% below"), kind)
    return next(alert for alert in Alerts(shop).open() if alert.subject == subject)


def told(shop: Workspace) -> list[tuple[str, str]]:
    """What each channel has to be told so far."""
    return [(each.channel, each.news) for each in Alerts(shop).undelivered()]


@pytest.mark.parametrize(("level", "hours"), [("mild", 168), ("moderate", 72), ("severe", 48)])
def test_the_worse_an_alert_the_sooner_it_has_to_be_answered(shop, clock, level, hours):
    alert = raised(shop, level)
    assert utc.parse(alert.due_at) == utc.now() + timedelta(hours=hours)
    assert not alert.is_overdue


def test_nobody_has_to_answer_what_is_only_said(shop, clock):
    assert (raised(shop, "info").due_at, told(shop)) == (None, [])


def test_an_alert_is_its_model_s_owner_s_else_its_part_s_else_the_shop_s(shop):
    assert raised(shop, kind="churn").owner == "grace"
    assert raised(shop, subject="orders", kind="demand").owner == "ada"
    Alerts(shop).append("mild", "registry", "demand", Message.plain("away"), "demand")
    assert [alert.owner for alert in Alerts(shop).open() if alert.source == "registry"] == ["operations"]


def test_a_renewed_alert_is_told_again_only_if_it_got_worse(shop, clock):
    raised(shop)
    raised(shop)
    assert told(shop) == [("team", "raised")]
    raised(shop, "severe")
    raised(shop, "mild")
    raised(shop, "severe")
    assert told(shop) == [("team", "raised"), ("team", "worse"), ("pager", "worse")]
    assert raised(shop, "severe").due_at == utc.text(utc.now() + timedelta(hours=48))


def test_what_nobody_answers_rises_a_level_at_a_time_and_stays_overdue_at_the_last(shop, clock):
    raised(shop)
    seen = []
    for hours in (0, 167, 169, 170, 169 + 73, 169 + 73 + 49, 2000):
        clock(hours)
        seen.append((len(Alerts(shop).escalate()), Alerts(shop).open()[0].urgency))
        raised(shop)  # a look in between changes nothing of it
    assert seen == [
        (0, "mild"),
        (0, "mild"),
        (1, "moderate"),
        (0, "moderate"),
        (1, "severe"),
        (1, "severe"),
        (0, "severe"),
    ]
    (alert,) = Alerts(shop).open()
    assert list(alert.escalated) == ["mild", "moderate", "severe"]
    assert alert.is_overdue
    assert [each for each in told(shop) if each[0] == "pager"] == [("pager", "overdue")] * 2


def test_two_that_escalate_at_once_do_so_once(shop, clock):
    raised(shop)
    clock(200)
    with ThreadPoolExecutor(4) as pool:
        counts = list(pool.map(lambda _: len(Alerts(shop).escalate()), range(8)))
    assert sum(counts) == 1


def test_a_silenced_alert_is_told_to_nobody_and_is_overdue_when_the_silence_ends(shop, clock):
    alert = raised(shop)
    alert_answers.silence(shop, alert.id, of_account("ada"), "the fair", utc.now() + timedelta(days=10))
    assert told(shop) == []  # what waited is taken back
    clock(9 * 24)
    assert Alerts(shop).escalate() == []
    assert raised(shop).state == "silent"
    clock(10 * 24 + 1)
    assert raised(shop).is_overdue
    assert len(Alerts(shop).escalate()) == 1


def test_a_silence_outlives_the_alert_and_holds_until_it_gets_worse(shop, clock):
    alert = raised(shop)
    alert_answers.silence(shop, alert.id, of_account("ada"), "the fair", utc.now() + timedelta(days=10))
    Alerts(shop).close("monitoring", "revenue")
    assert raised(shop).is_silent
    assert told(shop) == []
    assert raised(shop, "moderate").is_silent is False
    assert told(shop) == [("team", "raised")]


def test_who_answered_and_why_stands_in_the_audit_log(shop):
    first, second = raised(shop), raised(shop, subject="orders")
    until = utc.now() + timedelta(days=1)
    alert_answers.silence(shop, first.id, of_account("ada"), "known: <b>fair</b>", until)
    alert_answers.close(shop, second.id, of_account("grace"), "the feed is back")
    entries = AuditLog(shop).entries()
    assert [(each.action, each.who, each.subject, each.details["reason"]) for each in entries] == [
        ("silence alert", "ada", "monitoring: revenue", "known: <b>fair</b>"),
        ("close alert", "grace", "monitoring: orders", "the feed is back"),
    ]
    assert entries[0].details["until"] == utc.text(until)
    assert [alert.subject for alert in Alerts(shop).open()] == ["revenue"]


@pytest.mark.parametrize(
    ("days", "reason", "number", "says"),
    [
        (1, " ", 1, "a reason is needed"),
        (1, "x" * 60_000, 1, "too long"),
        (-1, "why", 1, "is not possible"),
        (400, "why", 1, "in the next 366 days"),
        (1, "why not", 7, "open are: 1"),
    ],
)
def test_a_silence_needs_a_reason_an_end_and_an_open_alert(shop, days, reason, number, says):
    raised(shop)
    with pytest.raises(UsageError, match=says):
        alert_answers.silence(shop, number, of_account("ada"), reason, utc.now() + timedelta(days=days))


def test_an_alert_that_is_over_before_anybody_heard_of_it_is_told_to_nobody(shop):
    raised(shop)
    Alerts(shop).close("monitoring", "revenue")
    assert told(shop) == []


def test_alerts_are_in_the_order_in_which_they_want_an_answer(shop, clock):
    raised(shop, "mild", "a")
    raised(shop, "severe", "b")
    silent = raised(shop, "severe", "c")
    clock(1)
    raised(shop, "severe", "d")
    alert_answers.silence(shop, silent.id, of_account("ada"), "known", utc.now() + timedelta(days=1))
    assert [alert.subject for alert in severest(Alerts(shop).open())] == ["b", "d", "a", "c"]
