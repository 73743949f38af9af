"""ASGI middleware that stands before BentoML's own addresses and answers all of them.

It is light: the process that supervises the workers imports the service too, and needs no models for that. The
worker opens what answers when BentoML makes the service.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.types import ASGIApp, Receive, Scope, Send

if TYPE_CHECKING:
    from core.workspace import Workspace
    from serving.http import Answering


class Front:
    """Passes each request to what `open` made."""

    answering: Answering | None = None

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; BentoML's start and end of the process pass through."""
        if scope["type"] == "http" and Front.answering is not None:
            await Front.answering(scope, receive, send)
        else:
            await self.app(scope, receive, send)

    @classmethod
    def open(cls, workspace: Workspace) -> None:
        """Open the runtime, and begin to load the models."""
        from serving.http import Answering
        from serving.runtime import Runtime

        runtime = Runtime(workspace)
        cls.answering = Answering(runtime)
        runtime.start()

    @classmethod
    def close(cls) -> None:
        """Write what is queued."""
        if cls.answering is not None:
            cls.answering.runtime.close()
            cls.answering = None
