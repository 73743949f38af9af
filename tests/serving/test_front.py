"""What stands before the service by its settings: pages of other origins, and proxies that say whom they speak for."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
import structlog
from starlette.testclient import TestClient

from core.keys import RIGHTS, KeyStore
from core.settings import Serving
from core.workspace import Workspace
from serving.front import Front

OWN, OTHER = "https://shop.example", "https://elsewhere.example"
PROXY, STRANGER = ("10.1.2.3", 4711), ("198.51.100.9", 4711)
GUESS = "nobody-has-this-token"
LOCKING = {"LOCK_OUT_AFTER": "3"}
PROXIED = {"TRUSTED_PROXIES": '["10.0.0.0/8"]'}


class Opened:
    """The service behind its settings, and a key."""

    def __init__(self, workspace: Workspace) -> None:
        self.token = KeyStore(workspace).create("front", RIGHTS)
        Front.open(workspace)
        assert Front.application is not None
        self.application: Any = Front.application

    def ask(self, method: str, path: str, client: tuple[str, int] = STRANGER, **headers: str) -> Any:
        told = {name.replace("_", "-"): value for name, value in headers.items()}
        return TestClient(self.application, client=client).request(method, path, headers=told)

    def guess(self, client: tuple[str, int], claimed: str, number: int = 0) -> int:
        told = {"authorization": f"Bearer {GUESS}-{number}", "x_forwarded_for": claimed}
        return int(self.ask("GET", "/v1/models", client, **told).status_code)


@pytest.fixture
def opened(small_shop: Workspace, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Iterator[Opened]:
    for name, value in request.param.items():
        monkeypatch.setenv(f"REGULARS_SERVING__{name}", value)
    yield Opened(Workspace.open(small_shop.root))
    Front.close()


def with_settings(**settings: str) -> Any:
    return pytest.mark.parametrize("opened", [LOCKING | settings], indirect=True)


@with_settings(CORS_ORIGINS=f'["{OWN}"]')
def test_pages_of_the_origins_that_are_named_may_call_and_no_others(opened: Opened) -> None:
    asks = {"access_control_request_method": "POST", "access_control_request_headers": "authorization"}
    allowed = opened.ask("OPTIONS", "/v1/churn", origin=OWN, **asks)
    assert (allowed.status_code, allowed.headers["access-control-allow-origin"]) == (200, OWN)
    assert "authorization" in allowed.headers["access-control-allow-headers"].lower()
    refused = opened.ask("OPTIONS", "/v1/churn", origin=OTHER, **asks)
    assert refused.status_code == 400
    assert "access-control-allow-origin" not in refused.headers
    key = {"authorization": f"Bearer {opened.token}"}
    answered = opened.ask("GET", "/v1/models", origin=OWN, **key)
    assert (answered.status_code, answered.headers["access-control-allow-origin"]) == (200, OWN)
    assert "retry-after" in answered.headers["access-control-expose-headers"].lower()
    assert "access-control-allow-credentials" not in answered.headers
    assert "access-control-allow-origin" not in opened.ask("GET", "/v1/models", origin=OTHER, **key).headers


@with_settings()
def test_without_settings_no_page_of_another_origin_may_call(opened: Opened) -> None:
    asked = opened.ask("OPTIONS", "/v1/churn", origin=OWN, access_control_request_method="POST")
    assert asked.status_code == 405
    answered = opened.ask("GET", "/healthz", origin=OWN)
    assert not [name for name in (*asked.headers, *answered.headers) if name.startswith("access-control")]


@with_settings(**PROXIED)
def test_whom_a_trusted_proxy_speaks_for_is_held_responsible_and_not_the_proxy(opened: Opened) -> None:
    assert [opened.guess(PROXY, "203.0.113.7", n) for n in range(5)] == [401, 401, 401, 429, 429]
    assert opened.guess(PROXY, "203.0.113.8") == 401


@pytest.mark.parametrize("opened", [LOCKING | PROXIED, LOCKING], indirect=True)
def test_what_others_say_of_whom_they_speak_for_is_not_believed(opened: Opened) -> None:
    assert [opened.guess(STRANGER, f"203.0.113.{n}", n) for n in range(5)] == [401, 401, 401, 429, 429]
    assert opened.guess(("198.51.100.10", 1), "198.51.100.9") == 401


@with_settings(**PROXIED)
def test_the_log_names_the_address_that_is_locked_out_once_and_no_key(opened: Opened) -> None:
    with structlog.testing.capture_logs() as lines:
        for number in range(6):
            opened.guess(PROXY, "203.0.113.7", number)
    (line,) = [line for line in lines if line["event"] == "address_locked_out"]
    assert (line["address"], line["log_level"], line["seconds"]) == ("203.0.113.7", "warning", 60.0)
    assert GUESS not in repr(lines)


@pytest.mark.fault(
    "processes", "a worker that loads beside one that answers", "is given no request before it can answer"
)
@pytest.mark.parametrize(("workers", "waits"), [(1, False), (2, True)])
def test_a_worker_takes_requests_once_it_has_loaded_where_another_could_answer(workers: int, waits: bool) -> None:
    """Uvicorn listens after BentoML's hooks of the start, of which this is one."""
    runtime = SimpleNamespace(loaded=False)
    answering = SimpleNamespace(settings=Serving(workers=workers), runtime=runtime, draining=False)

    async def taken_while_loading() -> bool:
        waiting = asyncio.create_task(Front.wait_loaded(30))
        await asyncio.sleep(0.1)
        before = waiting.done()
        runtime.loaded = True
        await waiting
        return before

    Front.answering = answering  # type: ignore[assignment]
    try:
        assert asyncio.run(taken_while_loading()) is not waits
        runtime.loaded = False
        asyncio.run(Front.wait_loaded(0.05))
        answering.draining = True
        asyncio.run(Front.wait_loaded(30))
    finally:
        Front.answering = None
