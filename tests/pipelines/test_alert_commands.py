"""`regulars alerts`: what has to be answered, and the answers, as a person types them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from core.alerts import Alerts
from core.messages import Message
from core.workspace import Workspace
from pipelines import status
from pipelines.cli import main
from tests.support.ports import own_port
from tests.support.shop import empty_workspace


@pytest.fixture
def shop(tmp_path: Path) -> Workspace:
    """A workspace with one alert, and a channel that nobody listens at."""
    settings = {"owner": "ada", "channels": {"team": f"json://127.0.0.1:{own_port()}"}, "send_s": 5.0}
    space = empty_workspace(tmp_path / "shop", alerts=settings)
    Alerts(space).append("severe", "monitoring", "business: revenue", Message.plain("9,000 is 55% below"))
    return space


def alerts(space: Workspace, *words: str, code: int = 0, as_json: bool = True) -> Any:
    asked = ["alerts", *words, "-w", str(space.root), *(["--json"] if as_json else [])]
    done = CliRunner().invoke(main.build(), asked)
    assert done.exit_code == code, done.output
    return json.loads(done.stdout) if as_json else done.output


def test_the_list_says_who_answers_until_when_and_who_was_told(shop: Workspace) -> None:
    sent = alerts(shop, "send")
    assert list(sent["delivery"]["failed"]) == ["team"]
    text = alerts(shop, "list", as_json=False)
    for part in ("severe", "monitoring: business: revenue", "ada", "9,000 is 55% below", "team: raised, waiting"):
        assert part in text
    (alert,) = alerts(shop, "list")["alerts"]
    assert (alert["owner"], alert["overdue"], alert["deliveries"][0]["state"]) == ("ada", False, "waiting")
    state = status.collect(shop)
    assert "ada, answer by" in state.alerts[0]
    assert "waiting after 1 tries" in state.undelivered[0]


def test_an_alert_is_silenced_and_closed_with_a_reason(shop: Workspace) -> None:
    assert "Missing option" in alerts(shop, "close", "1", code=2, as_json=False)
    until = alerts(shop, "silence", "1", "--for", "7d", "--reason", "the fair")["silence"]["until"]
    assert f"silent until {until}" in status.collect(shop).alerts[0]
    assert "is silent" not in alerts(shop, "list", as_json=False)
    alerts(shop, "close", "1", "--reason", "it is back")
    assert alerts(shop, "list")["message"] == "no alert is open"
    (closed,) = alerts(shop, "list", "--all")["alerts"]
    assert closed["closed_at"]
    assert "there is no alert 9" in alerts(shop, "close", "9", "--reason", "why", code=2, as_json=False)


def test_a_channel_that_takes_no_message_is_said_with_exit_code_1(shop: Workspace) -> None:
    tested = alerts(shop, "test", code=1)
    assert list(tested["failed"]) == ["team"]
    assert "did you mean 'team'" in alerts(shop, "test", "taem", code=2)["todo"]
