"""Channels are told of alerts once, together and in words that are no markup; what fails is tried again, in no time."""

from __future__ import annotations

import email
import email.policy
import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from aiosmtpd.controller import Controller

from core import utc
from core.alert_channels import Channel, NotDelivered
from core.alert_delivery import Notified, deliver
from core.alerts import Alerts
from core.audit import AuditLog
from core.errors import SettingsError
from core.messages import Message
from core.workspace import Workspace
from tests.support.ports import own_port
from tests.support.shop import empty_workspace

MARKUP = "<script>alert(1)</script> <!channel> *bold* [link](http://evil.example) {{ 7*7 }} a&b\r\nBcc: x@evil.example"


@dataclass
class Web:
    """A web server that keeps what it is sent, and answers with `status` after `wait` seconds."""

    status: int = 200
    wait: float = 0
    paths: list[str] = field(default_factory=list)
    bodies: list[dict[str, Any]] = field(default_factory=list)
    port: int = 0


@pytest.fixture
def web() -> Iterator[Web]:
    kept, ended = Web(), threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            ended.wait(kept.wait)
            kept.paths.append(self.path)
            kept.bodies.append(json.loads(body))
            self.send_response(kept.status)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    kept.port = server.server_address[1]
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    yield kept
    ended.set()
    server.shutdown()
    server.server_close()


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Sets the present to so many minutes after noon of 1 September 2025; it is noon."""

    def minutes(later: float) -> None:
        moment = datetime(2025, 9, 1, 12, tzinfo=UTC) + timedelta(minutes=later)
        monkeypatch.setattr(utc, "now", lambda: moment)

    minutes(0)
    return minutes


def shop(tmp_path: Path, channels: dict[str, str], **settings: Any) -> Workspace:
    return empty_workspace(tmp_path / "shop", alerts={"channels": channels, **settings})


def raise_alert(space: Workspace, subject: str = "revenue", text: str = "20% below", level: Any = "moderate") -> None:
    Alerts(space).append(level, "monitoring", subject, Message.plain(text))


def states(space: Workspace) -> list[tuple[str, int]]:
    return [(each.state, each.tries) for alert in Alerts(space).recent() for each in alert.deliveries]


def test_a_webhook_is_told_once_of_what_is_raised_and_of_its_end(tmp_path: Path, web: Web) -> None:
    space = shop(tmp_path, {"hook": f"json://127.0.0.1:{web.port}/alerts"}, owner="ada")
    raise_alert(space)
    assert deliver(space) == Notified(sent=("hook",))
    raise_alert(space)
    assert deliver(space) == Notified()
    Alerts(space).close("monitoring", "revenue")
    deliver(space)
    first, last = web.bodies
    assert web.paths == ["/alerts"] * 2
    assert first["title"] == "Regulars, shop: moderate: revenue"
    for part in ("moderate, raised: revenue: 20% below", "number 1", "ada", "answer by", "regulars alerts close"):
        assert part in first["message"]
    assert last["title"] == "Regulars, shop: over: revenue"
    assert states(space) == [("sent", 1), ("sent", 1)]


def test_an_alert_whose_place_another_takes_is_not_told_to_be_over(tmp_path: Path, web: Web) -> None:
    space = shop(tmp_path, {"hook": f"json://127.0.0.1:{web.port}"})
    raise_alert(space)
    deliver(space)
    Alerts(space).close("monitoring", "revenue")
    raise_alert(space, level="severe")
    deliver(space)
    assert [body["title"] for body in web.bodies[1:]] == ["Regulars, shop: severe: revenue"]


def test_a_title_holds_no_markup_at_all(tmp_path: Path, web: Web) -> None:
    space = shop(tmp_path, {"hook": f"json://127.0.0.1:{web.port}"})
    raise_alert(space, subject=MARKUP)
    deliver(space)
    assert not set("<>*[]!{}&@\r\n") & set(web.bodies[0]["title"])


def test_what_waits_goes_out_as_one_message_the_most_urgent_first(tmp_path: Path, web: Web) -> None:
    space = shop(tmp_path, {"hook": f"json://127.0.0.1:{web.port}"})
    for number in range(30):
        raise_alert(space, f"figure {number}", level="mild")
    raise_alert(space, "sales", level="severe")
    deliver(space)
    (body,) = web.bodies
    assert body["title"] == "Regulars, shop: 31 alerts"
    assert body["message"].startswith("severe, raised: sales")
    assert "and 11 more" in body["message"]


def test_a_channel_gets_so_many_messages_an_hour_and_the_rest_together(tmp_path: Path, web: Web, clock: Any) -> None:
    space = shop(tmp_path, {"hook": f"json://127.0.0.1:{web.port}"}, per_hour=2)
    for number in range(5):
        clock(number)
        raise_alert(space, f"figure {number}")
        deliver(space)
    assert deliver(space).held == ("hook",)
    assert len(web.bodies) == 2
    clock(61.5)
    deliver(space)
    assert web.bodies[2]["title"] == "Regulars, shop: 3 alerts"


def test_what_fails_is_tried_again_after_ever_longer_times_and_given_up(tmp_path: Path, web: Web, clock: Any) -> None:
    space = shop(tmp_path, {"hook": f"json://127.0.0.1:{web.port}"}, give_up_hours=4)
    web.status = 503
    raise_alert(space)
    tried = []
    for minute in range(6 * 60):
        clock(minute)
        if deliver(space).failed:
            tried.append(minute)
    assert tried == [0, 1, 3, 7, 15, 31, 63, 127, 255]
    (delivery,) = Alerts(space).undelivered()
    assert (delivery.state, delivery.tries) == ("given up", 9)
    assert "503" in str(delivery)


def test_what_failed_arrives_when_the_channel_is_back(tmp_path: Path, web: Web, clock: Any) -> None:
    port = own_port()
    space = shop(tmp_path, {"hook": f"json://127.0.0.1:{port}", "other": f"json://127.0.0.1:{web.port}"})
    raise_alert(space)
    told = deliver(space)
    assert (told.sent, list(told.failed)) == (("other",), ["hook"])  # one that is away holds up nobody else
    clock(2)
    reopened = Workspace.open(space.root)  # as in the next command
    object.__setattr__(reopened.settings.alerts, "channels", {"hook": f"json://127.0.0.1:{web.port}"})
    assert deliver(reopened).sent == ("hook",)
    assert len(web.bodies) == 2


def test_a_webhook_that_hangs_holds_nobody_beyond_the_limit(tmp_path: Path, web: Web) -> None:
    web.wait = 60
    space = shop(tmp_path, {"hook": f"json://127.0.0.1:{web.port}"}, send_s=0.3)
    raise_alert(space)
    began = time.thread_time()
    told = deliver(space)
    assert list(told.failed) == ["hook"]
    assert time.thread_time() - began < 5
    assert web.bodies == []  # it hangs still
    assert states(space) == [("waiting", 1)]


def test_of_two_processes_that_deliver_at_once_one_sends(tmp_path: Path, web: Web) -> None:
    space = shop(tmp_path, {"hook": f"json://127.0.0.1:{web.port}"})
    raise_alert(space)
    threads = [threading.Thread(target=deliver, args=(Workspace.open(space.root),)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(web.bodies) == 1


def test_one_that_ended_while_it_sent_is_made_up_for(tmp_path: Path, web: Web, clock: Any) -> None:
    from core import alert_queue

    space = shop(tmp_path, {"hook": f"json://127.0.0.1:{web.port}"})
    raise_alert(space)
    with space.database.begin() as connection:
        alert_queue.take(connection, "hook", 70)  # and then its process ended
    assert deliver(space) == Notified()
    clock(10**7)
    assert deliver(space).sent == ("hook",)


def test_delivery_fails_no_command_whatever_is_wrong(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    space = shop(tmp_path, {"hook": "${NOBODY_SET_THIS}", "typo": "jsn://${NOBODY_SET_THIS}/x", "who": "json://"})
    raise_alert(space)
    told = deliver(space)
    assert "${NOBODY_SET_THIS} is not set" in told.failed["hook"]
    monkeypatch.setenv("NOBODY_SET_THIS", "sekret")
    with pytest.raises(SettingsError, match=r"alerts\.channels\.typo is no address of a channel") as refused:
        Channel("typo", "jsn://${NOBODY_SET_THIS}/x").send("a", "b", 1)
    assert "sekret" not in str(refused.value)
    monkeypatch.setattr(Alerts, "escalate", lambda _: 1 / 0)
    assert deliver(space) == Notified()


def test_a_secret_is_filled_in_and_appears_in_no_error_and_in_no_row(
    tmp_path: Path, web: Web, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, capfd: Any
) -> None:
    monkeypatch.setenv("HOOK_PASSWORD", "hunter2/&@")
    monkeypatch.setenv("HOOK", f"http://127.0.0.1:{web.port}/secret-path-of-the-hook")
    web.status = 500
    space = shop(tmp_path, {"a": f"json://ada:${{HOOK_PASSWORD}}@127.0.0.1:{web.port}/x", "b": "${HOOK}"})
    raise_alert(space)
    told = deliver(space)
    assert sorted(web.paths) == ["/secret-path-of-the-hook", "/x"]
    rows = json.dumps([vars(each) for each in Alerts(space).undelivered()])
    said = f"{told} {rows} {caplog.text} {''.join(capfd.readouterr())}"
    for secret in ("hunter2", "secret-path-of-the-hook"):
        assert secret not in said
    assert "500" in said


@pytest.mark.parametrize(
    "address",
    [
        "slack://T0/B0/C0/#ops",
        "https://hooks.slack.com/services/T0/B0/C0",
        "json://ada:hunter2@127.0.0.1",
        "mailtos://ada:hunter2@mail.example",
        "mailtos://mail.example?user=ada&pass=hunter2",
    ],
)
def test_a_secret_in_the_settings_is_refused_without_being_repeated(tmp_path: Path, address: str) -> None:
    with pytest.raises(SettingsError, match=r"alerts\.channels\.ops holds a password or a token") as refused:
        shop(tmp_path, {"ops": address})
    assert not any(part in str(refused.value) for part in ("hunter2", "B0"))


def test_a_mail_server_is_told_and_markup_stays_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Mailbox:
        def __init__(self) -> None:
            self.mails: list[Any] = []

        async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
            self.mails.append(
                (envelope.rcpt_tos, email.message_from_bytes(envelope.content, policy=email.policy.default))
            )
            return "250 taken"

    mailbox = Mailbox()
    server = Controller(mailbox, hostname="127.0.0.1", port=own_port())
    server.start()
    try:
        address = f"mailto://127.0.0.1:{server.port}?mode=insecure&from=regulars@shop.example&to=ada@shop.example"
        space = shop(tmp_path, {"mail": address})
        raise_alert(space, subject=f"sales {MARKUP}", text=MARKUP)
        assert deliver(space).sent == ("mail",)
    finally:
        server.stop()
    ((to, mail),) = mailbox.mails
    assert to == ["ada@shop.example"]
    assert mail["Bcc"] is None
    assert "\n" not in mail["Subject"]
    for part in mail.walk():
        if part.get_content_type() == "text/html":
            assert "<script>" not in part.get_content()
            assert "&lt;script&gt;" in part.get_content()
            break
    else:
        assert [part.get_content_type() for part in mail.walk()] == ["text/plain"]


@pytest.mark.parametrize(
    "address",
    [
        "slack://T12345678/B12345678/abcdefghijklmnopqrstuvwx/#ops",
        "workflows://prod-1.westeurope.logic.azure.com:443/643e69f83c8944/4h2Jq1kY8n5t6Qy8X2Zs3Uv5Wx7Yz9Ab1Cd2Ef3Gh4",
    ],
)
def test_a_chat_gets_markup_as_text(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    sent = []

    def answer(_self: object, request: Any, **_: Any) -> Any:
        sent.append(request.body.decode() if isinstance(request.body, bytes) else request.body)
        return SimpleNamespace(status_code=200, content=b"ok", text="ok", headers={})

    monkeypatch.setattr("requests.Session.send", answer)
    monkeypatch.setenv("CHAT", address)
    Channel("chat", "${CHAT}").send("title", MARKUP, 1)
    (text,) = sent
    assert "<!channel>" not in text
    assert "[link](http" not in text or address.startswith("slack")  # Slack's own links are <...>
    assert "github" not in text  # nothing that a reader's machine would fetch from elsewhere


def test_what_nobody_answered_is_told_again_and_stands_in_the_audit_log(tmp_path: Path, web: Web, clock: Any) -> None:
    space = shop(tmp_path, {"hook": f"json://127.0.0.1:{web.port}"}, owner="ada")
    raise_alert(space)
    deliver(space)
    clock(73 * 60)
    assert deliver(space) == Notified(escalated=1, sent=("hook",))
    assert web.bodies[1]["title"] == "Regulars, shop: severe: revenue (overdue)"
    (entry,) = AuditLog(space).entries()
    assert (entry.action, entry.who, entry.details["owner"]) == ("escalate alert", "regulars", "ada")


def test_a_channel_that_left_the_settings_is_given_up(tmp_path: Path, web: Web) -> None:
    space = shop(tmp_path, {"hook": f"json://127.0.0.1:{web.port}"})
    raise_alert(space)
    object.__setattr__(space.settings.alerts, "channels", {})
    assert deliver(space) == Notified()
    assert [state for state, _ in states(space)] == ["given up"]


def test_a_channel_that_refuses_says_why() -> None:
    with pytest.raises(NotDelivered):
        Channel("hook", f"json://127.0.0.1:{own_port()}").send("a", "b", 1)
