"""The body of a request: its bytes as far as they may go, and what they say."""

from __future__ import annotations

from collections.abc import Iterable

from pydantic import ValidationError
from starlette.requests import ClientDisconnect
from starlette.types import Receive

from core.repeats import LONGEST_TOKEN
from serving import strict_json
from serving.bodies import Body
from serving.endpoint import Endpoint
from serving.problems import InvalidHeader, TooLarge, from_validation, names_of


async def whole(receive: Receive, most: int) -> bytes:
    """All of it.

    Raises:
        TooLarge: it is longer than it may be.
        ClientDisconnect: nobody is there any more.
    """
    message = await receive()
    if message["type"] == "http.request" and not message.get("more_body"):
        content: bytes = message.get("body", b"")  # all of it at once, as nearly always
    else:
        pieces = bytearray()
        while True:
            if message["type"] != "http.request":
                raise ClientDisconnect
            pieces += message.get("body", b"")
            if len(pieces) > most:
                raise too_large(most)
            if not message.get("more_body"):
                break
            message = await receive()
        content = bytes(pieces)
    if len(content) > most:
        raise too_large(most)
    return content


def too_large(most: int) -> TooLarge:
    """What to say of a longer one."""
    return TooLarge(f"a body has at most {most:,} bytes", headers={"Connection": "close"})


def body_of(endpoint: Endpoint, raw: bytes) -> Body | None:
    """What the bytes say; None where the endpoint takes no body.

    Raises:
        InvalidBody: it is not as it must be.
    """
    return None if endpoint.body is None else _read(endpoint.body, raw)


def _read(model: type[Body], raw: bytes) -> Body:
    strict_json.refuse_loose(raw, f"an object with {names_of(model)}")
    try:
        return model.model_validate_json(raw)
    except ValidationError as error:
        raise from_validation(model, error) from None


def idempotency_key(headers: Iterable[tuple[bytes, bytes]]) -> str | None:
    """The header `Idempotency-Key`, or None.

    Raises:
        InvalidHeader: it can't be one, or there are two.
    """
    given = [value.decode("latin-1") for name, value in headers if name == b"idempotency-key"]
    if not given:
        return None
    if len(given) == 1 and 0 < len(given[0]) <= LONGEST_TOKEN and given[0].isascii() and given[0].isprintable():
        return given[0]
    raise InvalidHeader(f"Idempotency-Key: allowed is one of 1 to {LONGEST_TOKEN} printable ASCII characters")
