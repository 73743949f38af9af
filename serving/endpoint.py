"""What an endpoint is: where, who may, what goes in, what comes out, and who answers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import BaseModel

from core.keys import Key
from serving.bodies import Body
from serving.runtime import Runtime

Handler = Callable[[Runtime, Any, Key], dict[str, Any]]


@dataclass(frozen=True)
class Endpoint:
    """One address. `handler(runtime, body, key)` gives an object of the shape `answer`.

    It runs in a thread, unless it is `quick`: well under a millisecond, and nothing that waits.
    """

    method: Literal["GET", "POST"]
    path: str
    right: str
    handler: Handler
    answer: type[BaseModel]
    summary: str
    body: type[Body] | None = None
    example: Any = None
    quick: bool = False
