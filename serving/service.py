"""The BentoML service: `regulars serve`, or `bentoml serve serving.service:Regulars`.

BentoML runs the workers and their sockets; `serving.front` answers.
"""

from __future__ import annotations

import logging
import sys

from core import telemetry

telemetry.switch_off()

import bentoml  # noqa: E402
from uvicorn.config import HTTP_PROTOCOLS  # noqa: E402

from core import logs  # noqa: E402
from core.errors import RegularsError  # noqa: E402
from core.workspace import Workspace  # noqa: E402
from serving.draining import drain_on_signals  # noqa: E402
from serving.front import Front  # noqa: E402
from serving.orphans import cannot_start, end_with_parent  # noqa: E402
from serving.supervisor import tell_taking  # noqa: E402

# BentoML's worker leaves the choice of the protocol to uvicorn, and names none of its limits.
HTTP_PROTOCOLS["auto"] = "serving.protocol:GuardedProtocol"
# serving.http keeps the time limit, and says so as a problem; BentoML's own must not come first.
TIMEOUT_SECONDS = 120
SWITCH_SECONDS = 0.0001
LOADING_SECONDS = 30.0
"""A worker that loads for longer takes requests before: it says what it waits for."""


@bentoml.service(
    name="regulars",
    workers=1,
    traffic={"timeout": TIMEOUT_SECONDS},
    logging={"access": {"enabled": False}},
    metrics={"enabled": False},
)
class Regulars:
    """Customer machine learning for shops over HTTP."""

    def __init__(self) -> None:
        end_with_parent()
        logs.configure(logging.INFO)
        # A long request (thousands of ids) must not keep a short one waiting for Python's 5 ms turns.
        sys.setswitchinterval(SWITCH_SECONDS)
        try:
            Front.open(Workspace.open())
        except Exception as error:
            cannot_start(error)
        drain_on_signals()

    @bentoml.on_startup  # type: ignore[untyped-decorator]
    async def take_requests(self) -> None:
        """Uvicorn listens once this has returned: no request comes to a worker that loads beside one that answers."""
        await Front.wait_loaded(LOADING_SECONDS)
        tell_taking()

    @bentoml.on_deployment  # type: ignore[untyped-decorator]
    @staticmethod
    def check() -> None:
        """Say what is wrong with the workspace once, before any worker starts."""
        try:
            Workspace.open()
        except RegularsError as error:
            raise SystemExit(f"error: {error}") from None

    @bentoml.on_shutdown  # type: ignore[untyped-decorator]
    def close(self) -> None:
        """Write what is queued."""
        Front.close()


Regulars.add_asgi_middleware(Front)  # type: ignore[attr-defined]
