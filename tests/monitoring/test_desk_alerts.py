"""Alerts on the desk: what the page shows of each, and what an answer does."""

from __future__ import annotations

import re

import pytest
from starlette.testclient import TestClient

from core.alerts import Alerts
from core.audit import AuditLog
from core.keys import KeyStore
from core.messages import Message
from core.workspace import Workspace
from monitoring.desk import app

HOME = "http://127.0.0.1:3001"


@pytest.fixture
def number(shop: Workspace) -> int:
    """Of an alert that waits."""
    return raised(shop, "mild")


@pytest.fixture
def desk(shop: Workspace) -> TestClient:
    """A browser that maria has signed in with."""
    client = TestClient(app.build(shop), base_url=HOME)
    key = KeyStore(shop).create("maria", ["review"])
    client.post("/signin", data={"csrf": hidden(client.get("/signin").text, "csrf"), "key": key})
    return client


def raised(shop: Workspace, level: str) -> int:
    return Alerts(shop).append(level, "registry", "churn 1", Message("alert.registry_down", {"reason": "<b>gone"}))


def hidden(text: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', text)
    assert found, f"no field {name}"
    return found[1]


def answer(desk: TestClient, number: int, **changes: str) -> str:
    """Send the form of the page; returns the page that comes back."""
    text = desk.get("/alerts").text
    form = {"csrf": hidden(text, "csrf"), "level": hidden(text, "level"), "days": "7", "reason": "known: the fair"}
    return desk.post(f"/alerts/{number}", data=form | changes).text


def test_an_alert_says_what_since_when_and_waits_for_an_answer(desk, number):
    text = desk.get("/alerts").text
    assert "1 alert open" in text
    assert f'action="/alerts/{number}"' in text
    assert "&lt;b&gt;gone" in text, "what comes from outside is text"
    assert "Answer by" in text


def test_the_overview_leads_to_the_answer(desk, number):
    assert 'href="/alerts"' in desk.get("/").text


def test_closing_one_closes_it_with_the_reason_under_the_name_of_the_key(desk, shop, number):
    text = answer(desk, number, verdict="close")
    assert f"Alert {number} is closed" in text
    assert "No alert is open" in text
    assert Alerts(shop).open() == []
    entry = AuditLog(shop).entries()[-1]
    assert (entry.action, entry.who, entry.details["reason"]) == ("close alert", "maria", "known: the fair")
    assert "maria" in desk.get("/alerts").text, "who closed it stays on the page"


@pytest.mark.parametrize(("days", "said"), [("1", "1 day,"), ("30", "30 days,")])
def test_silencing_one_keeps_it_open_and_silent_for_the_days(desk, shop, number, days, said):
    assert f"is silent for {said}" in answer(desk, number, verdict="silence", days=days)
    (alert,) = Alerts(shop).open()
    assert alert.is_silent
    assert alert.silence.who == "maria"
    assert "known: the fair" in desk.get("/alerts").text


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"verdict": "close", "reason": ""}, "a reason is needed"),
        ({"verdict": "close", "reason": "x" * 2001}, "is too long"),
        ({"verdict": "silence", "days": "3650"}, "that is no answer to an alert"),
        ({"verdict": "silence", "days": "7.5"}, "that is no answer to an alert"),
        ({"verdict": "delete"}, "that is no answer to an alert"),
        ({}, "that is no answer to an alert"),
    ],
)
def test_an_answer_that_is_none_changes_nothing_and_says_so(desk, shop, number, changes, said):
    text = answer(desk, number, **changes)
    assert said in text
    (alert,) = Alerts(shop).open()
    assert not alert.is_silent
    assert 'class="decide" open' in text, "the form is where it was"


def test_what_was_written_is_not_lost_where_the_answer_is_not_taken(desk, number):
    assert "known: the fair</textarea>" in answer(desk, number, verdict="delete")


def test_an_alert_that_got_worse_since_the_page_was_opened_is_not_answered(desk, shop, number):
    raised(shop, "severe")
    assert "the alert is severe now" in answer(desk, number, verdict="silence", level="mild")
    (alert,) = Alerts(shop).open()
    assert not alert.is_silent


def test_an_alert_that_another_closed_meanwhile_says_so(desk, shop, number):
    text = desk.get("/alerts").text
    form = {"csrf": hidden(text, "csrf"), "level": "mild", "reason": "dealt with", "verdict": "close"}
    Alerts(shop).close("registry", "churn 1", by="noor")
    page = desk.post(f"/alerts/{number}", data=form)
    assert page.status_code == 400
    assert f"alert {number} was closed at" in page.text


def test_the_form_answers_once_however_often_the_page_is_loaded(desk, shop, number):
    answer(desk, number, verdict="close")
    desk.get("/alerts")
    assert [entry.action for entry in AuditLog(shop).entries()].count("close alert") == 1


@pytest.mark.parametrize("token", ["", "wrong"])
def test_an_answer_without_the_token_of_the_page_is_refused(desk, shop, number, token):
    form = {"csrf": token, "level": "mild", "reason": "dealt with", "verdict": "close"}
    assert desk.post(f"/alerts/{number}", data=form).status_code == 403
    assert len(Alerts(shop).open()) == 1
