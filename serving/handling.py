"""The handler of an endpoint, called: the answer as JSON, measured and traced."""

from __future__ import annotations

from typing import Any

from core.keys import Key
from core.repeats import RequestToken, TokenReused
from serving import prometheus, stopwatch, strict_json, traces
from serving.bodies import Body
from serving.body_reading import body_of
from serving.endpoint import Endpoint, Taker
from serving.problems import KeyReused
from serving.runtime import Runtime


def answer(runtime: Runtime, endpoint: Endpoint, raw: bytes, key: Key, once: str | None = None) -> bytes:
    """The answer as JSON; `once` is the `Idempotency-Key`.

    Raises:
        Problem: the body is not as it must be, or the handler can't answer it.
    """
    return answered(runtime, endpoint, body_of(endpoint, raw), key, once)


def answered(runtime: Runtime, endpoint: Endpoint, body: Body | None, key: Key, once: str | None = None) -> bytes:
    """The same of a body that was read.

    Raises:
        Problem: the handler can't answer it.
    """
    prometheus.begin_predicting()
    if endpoint.taker is not None and body is not None:
        return strict_json.encode(_taken(runtime, endpoint.taker, body, key, (endpoint.path, once)))
    assert endpoint.handler is not None
    stopwatch.start()
    with traces.span("predict"):
        return strict_json.encode(endpoint.handler(runtime, body, key))


def answered_place(runtime: Runtime, endpoint: Endpoint, place: Body, key: Key) -> bytes | Any:
    """What stands at an address with braces, as JSON or as a file."""
    assert endpoint.handler is not None
    found = endpoint.handler(runtime, place, key)
    return found if endpoint.download else strict_json.encode(found)


def _taken(runtime: Runtime, taker: Taker, body: Body, key: Key, named: tuple[str, str | None]) -> dict[str, Any]:
    path, once = named
    repeat = RequestToken.of(key.id, path, once, body.model_dump_json()) if once else None
    try:
        return taker(runtime, body, key, repeat)
    except TokenReused as error:
        raise KeyReused(str(error)) from None
