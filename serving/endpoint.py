"""What an endpoint is: where, who may, what goes in, what comes out, and who answers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Literal

from pydantic import BaseModel

from core.keys import Key
from core.repeats import RequestToken
from serving.bodies import Body
from serving.runtime import Runtime

LARGE_BYTES: Final = 16_384
"""Of a longer body the answer takes its time: about a thousand ids."""
QUICK_BYTES: Final = 4_096
"""A longer body is not looked at before it has a thread."""
LaneName = Literal["loop", "alone", "small", "large", "writing"]
"""Where a handler runs: at once, without any thread, or in one of the lanes of `serving.lanes`.

What only calculates for a few milliseconds runs `alone`, one after the other: threads that calculate at once wait for
each other in turns of a tenth of a millisecond, and each answer takes as long as all of them, and a third more CPU."""
LaneRule = Callable[[Runtime, int, Any], LaneName]
"""The lane by the body: its bytes, and what it says, or None where it is too long to be looked at before."""
Handler = Callable[[Runtime, Any, Key], Any]
Taker = Callable[[Runtime, Any, Key, RequestToken | None], dict[str, Any]]


def by_size(_runtime: Runtime, size: int, _body: Any) -> LaneName:
    """Who asks for one does not stand behind who asks for thousands."""
    return "large" if size > LARGE_BYTES else "small"


def calculating(runtime: Runtime, size: int, is_short: bool) -> LaneName:
    """Of one that takes a few milliseconds where `is_short`, and all of them on the processor unless a network store
    keeps it waiting."""
    local = runtime.features.is_local and runtime.features.answers
    return "alone" if is_short and local else by_size(runtime, size, None)


def writing(_runtime: Runtime, _size: int, _body: Any) -> LaneName:
    """Of one that waits for the disk among others of its kind."""
    return "writing"


@dataclass(frozen=True)
class Endpoint:
    """One address. `handler(runtime, body, key)` gives an object of the shape `answer`.

    It runs where `lane` says. `taker` is there instead where something is written: it is told the request's
    `Idempotency-Key`.
    """

    method: Literal["GET", "POST", "DELETE"]
    path: str
    right: str
    handler: Handler | None
    answer: type[BaseModel]
    summary: str
    body: type[Body] | None = None
    example: Any = None
    lane: LaneRule = by_size
    taker: Taker | None = None
    name: str = ""
    """Of the operation in the OpenAPI document, after its verb; else it is the last part of the address."""
    place: type[Body] | None = None
    """What the address has in braces, such as `/v1/jobs/{job_id}`: the handler is given it as its body."""
    download: bool = False
    """The handler gives a file (`serving.downloads.Download`) instead of an object."""
