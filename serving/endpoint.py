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

FEW: Final = 1
Handler = Callable[[Runtime, Any, Key], Any]
Taker = Callable[[Runtime, Any, Key, RequestToken | None], dict[str, Any]]


def always(_runtime: Runtime, _body: Any) -> bool:
    """What `Endpoint.quick` is of an endpoint that only tells what is in memory."""
    return True


def few(runtime: Runtime, body: Any) -> bool:
    """Of one that reads the online store: one customer, and a store that no network can keep waiting, and answers."""
    near = runtime.features.is_local and runtime.features.answers
    return near and len(body.customer_ids) <= FEW and not getattr(body, "explain", False)


@dataclass(frozen=True)
class Endpoint:
    """One address. `handler(runtime, body, key)` gives an object of the shape `answer`.

    It runs in a thread, unless it is `quick(runtime, body)`: under a millisecond, and nothing that waits. `taker` is
    there instead where something is written: it waits for the disk among others of its kind, and is told the request's
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
    quick: Callable[[Runtime, Any], bool] | None = None
    taker: Taker | None = None
    name: str = ""
    """Of the operation in the OpenAPI document, after its verb; else it is the last part of the address."""
    place: type[Body] | None = None
    """What the address has in braces, such as `/v1/jobs/{job_id}`: the handler is given it as its body."""
    download: bool = False
    """The handler gives a file (`serving.downloads.Download`) instead of an object."""
