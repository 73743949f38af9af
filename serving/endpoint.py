"""What an endpoint is: where, who may, what goes in, what comes out, and who answers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import BaseModel

from core.keys import Key
from core.repeats import RequestToken
from serving.bodies import Body
from serving.runtime import Runtime

Handler = Callable[[Runtime, Any, Key], dict[str, Any]]
Taker = Callable[[Runtime, Any, Key, RequestToken | None], dict[str, Any]]


@dataclass(frozen=True)
class Endpoint:
    """One address. `handler(runtime, body, key)` gives an object of the shape `answer`.

    It runs in a thread, unless it is `quick`: well under a millisecond, and nothing that waits. `taker` is there
    instead where something is written: it waits for the disk among others of its kind, and is told the request's
    `Idempotency-Key`.
    """

    method: Literal["GET", "POST"]
    path: str
    right: str
    handler: Handler | None
    answer: type[BaseModel]
    summary: str
    body: type[Body] | None = None
    example: Any = None
    quick: bool = False
    taker: Taker | None = None
