"""A flaky server, and both clients of it."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flaky_server import KEY, QUICKLY, Flaky

from regulars_client import AsyncRegulars, Regulars


@pytest.fixture
def flaky() -> Iterator[Flaky]:
    server = Flaky()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture(params=["waiting", "awaited"])
def ask(request: pytest.FixtureRequest, flaky: Flaky) -> Callable[..., Any]:
    """`ask(lambda client: client.churn(...), **options)` with each client in turn."""

    def waiting(call: Callable[[Any], Any], **options: Any) -> Any:
        with Regulars(options.pop("url", flaky.url), KEY, **{"retry": QUICKLY, **options}) as client:
            return call(client)

    def awaited(call: Callable[[Any], Any], **options: Any) -> Any:
        async def run() -> Any:
            async with AsyncRegulars(options.pop("url", flaky.url), KEY, **{"retry": QUICKLY, **options}) as client:
                answer = call(client)
                return await answer if inspect.isawaitable(answer) else answer

        return asyncio.run(run())

    return waiting if request.param == "waiting" else awaited
