"""The service in process: real stores, real keys, requests through the whole way but the socket."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from starlette.responses import PlainTextResponse
from starlette.testclient import TestClient
from starlette.types import ASGIApp, Receive, Scope, Send

from core.keys import RIGHTS, KeyStore
from core.workspace import Workspace
from serving.http import Answering
from serving.runtime import Runtime


def as_application(answering: Answering) -> ASGIApp:
    """What BentoML makes of it: `/metrics` is BentoML's."""

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await answering(scope, receive, send, PlainTextResponse("figures"))
            return
        for moment in ("startup", "shutdown"):
            await receive()
            await send({"type": f"lifespan.{moment}.complete"})

    return application


class Shop:
    """Calls the service with a key that has every right, or with another."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime
        self.workspace = runtime.workspace
        self.keys = KeyStore(runtime.workspace)
        self.token = self.keys.create("test", RIGHTS)
        self.client = TestClient(as_application(Answering(runtime)), raise_server_exceptions=False)

    def headers(self, token: str | None) -> dict[str, str]:
        return {"Authorization": f"Bearer {token}"} if token else {}

    def post(self, path: str, body: Any = None, token: str | None = "", **more: Any) -> Any:
        content = more.pop("content", None)
        sent = {"content": content} if content is not None else {"json": body}
        headers = self.headers(self.token if token == "" else token) | more.pop("headers", {})
        return self.client.post(path, headers=headers, **sent, **more)

    def get(self, path: str, token: str | None = "", **more: Any) -> Any:
        return self.client.get(path, headers=self.headers(self.token if token == "" else token), **more)


def open_shop(workspace: Workspace) -> Iterator[Shop]:
    runtime = Runtime(workspace)
    runtime.background.round()
    shop = Shop(runtime)
    with shop.client:
        yield shop
    runtime.close()


@pytest.fixture
def bare(small_shop: Workspace) -> Iterator[Shop]:
    """The service of a shop that has trained nothing yet and filled no online store."""
    yield from open_shop(small_shop)
