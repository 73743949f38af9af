"""What answers in place of BentoML's own addresses.

`serving.protocol` hands each request straight to it; under another server than uvicorn it is ASGI middleware.

It is light: the process that supervises the workers imports the service too, and needs no models for that. The
worker opens what answers when BentoML makes the service.
"""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, cast

from starlette.types import ASGIApp, Receive, Scope, Send

if TYPE_CHECKING:
    from core.settings import Serving
    from core.workspace import Workspace
    from serving.http import Answering


LOOK_SECONDS = 0.02


class Front:
    """Passes each request to what `open` made."""

    answering: Answering | None = None
    application: ASGIApp | None = None
    """The same behind what the settings put before it: CORS, and proxies that say whom they speak for."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; BentoML's start and end of the process pass through."""
        if scope["type"] != "lifespan" and Front.application is not None:
            await Front.application(scope, receive, send)
        else:
            await self.app(scope, receive, send)

    @classmethod
    def open(cls, workspace: Workspace) -> None:
        """Open the runtime, and begin to load the models."""
        from serving.at_once import AtOnce
        from serving.http import Answering
        from serving.protocol import GuardedProtocol
        from serving.runtime import Runtime
        from serving.traces import Traces
        from serving.warm_up import warm_up

        Traces.open(workspace.settings.serving)
        GuardedProtocol.limits = workspace.settings.serving
        runtime = Runtime(workspace)
        cls.answering = Answering(runtime)
        with suppress(RuntimeError):  # opened by a test, without a loop
            cls.answering.loop = asyncio.get_running_loop()
        runtime.before_ready = partial(warm_up, runtime, cls.answering.in_every_thread)
        cls.application = _wrapped(cls.answering, workspace.settings.serving)
        GuardedProtocol.at_once = AtOnce(cls.answering)
        runtime.start()

    @classmethod
    async def wait_loaded(cls, seconds: float) -> None:
        """Return once everything is loaded, so long at most; at once where no other worker could answer meanwhile."""
        until = time.monotonic() + seconds
        while (
            not cls.is_draining()
            and cls.answering is not None
            and cls.answering.settings.workers > 1
            and not cls.answering.runtime.loaded
            and time.monotonic() < until
        ):
            await asyncio.sleep(LOOK_SECONDS)

    @classmethod
    def is_draining(cls) -> bool:
        """Whether the process was told to end, or has nothing to answer with."""
        return cls.answering is None or cls.answering.draining

    @classmethod
    def drain(cls) -> float:
        """Say from now on that the process is about to end; how long it still answers, in seconds."""
        from serving.protocol import GuardedProtocol

        if cls.answering is None:
            return 0.0
        cls.answering.draining = GuardedProtocol.draining = True
        return cls.answering.settings.drain_seconds

    @classmethod
    def close(cls) -> None:
        """Write what is queued."""
        if cls.answering is not None:
            cls.answering.close()
            cls.answering.runtime.close()
            cls.answering = cls.application = None

            from serving.protocol import GuardedProtocol
            from serving.traces import Traces

            GuardedProtocol.at_once = None

            Traces.close()


def _wrapped(application: ASGIApp, settings: Serving) -> ASGIApp:
    if settings.cors_origins:
        from starlette.middleware.cors import CORSMiddleware

        application = CORSMiddleware(
            application,
            allow_origins=settings.cors_origins,
            allow_methods=["GET", "POST", "DELETE"],
            allow_headers=["Authorization", "Content-Type", "Idempotency-Key", "X-Request-Id", "Traceparent"],
            expose_headers=["Retry-After", "RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset", "X-Request-Id"],
        )
    if settings.trusted_proxies:
        from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

        proxied = ProxyHeadersMiddleware(application, list(settings.trusted_proxies))  # type: ignore[arg-type]
        return cast(ASGIApp, proxied)
    return application
