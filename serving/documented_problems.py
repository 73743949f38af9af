"""What can go wrong at each address, with an example of every problem as it is really said."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from core.repeats import LONGEST_TOKEN
from serving.answers import ProblemAnswer
from serving.endpoint import Endpoint
from serving.problems import (
    MEDIA_TYPE,
    BadHead,
    Broken,
    HeadTooLarge,
    InvalidBody,
    InvalidHeader,
    KeyReused,
    LockedOut,
    NoKey,
    NoModel,
    NoRight,
    NoRoom,
    NoSuchJob,
    NotDone,
    NotFound,
    NotYet,
    OverLimit,
    Problem,
    StoreDown,
    TooBusy,
    TooLarge,
    TooLate,
    TooManyConnections,
    TooSlow,
    WrongMethod,
)

ERRORS: Final = {
    "400": "A field of the body is not as it must be, or what came is no request",
    "401": "No key, or none that is valid",
    "403": "The key has not the right",
    "408": "The request was not whole in time",
    "409": "The job has no file, or none yet",
    "413": "The body is too large",
    "422": "The Idempotency-Key belongs to another request",
    "429": "Too many requests are under way, the key has asked more than it may, or its address guesses keys",
    "431": "The headers are too large",
    "500": "Something went wrong here",
    "503": "There is no model to answer from yet, or a store does not answer",
    "504": "The answer took too long",
    "507": "There is no room to keep it",
}
ELSEWHERE: Final = {"404": "There is nothing at this address", "405": "The address takes another method"}
"""What is told of addresses and methods that the document does not have."""
ALWAYS: Final[tuple[type[Problem], ...]] = (BadHead, TooLate, HeadTooLarge, Broken, NotYet, TooManyConnections)
"""Of whatever is asked: the connection, the request's head, and the process say these."""
KEYED: Final[tuple[type[Problem], ...]] = (NoKey, NoRight, TooBusy, OverLimit, LockedOut, NoModel, StoreDown, TooSlow)
OF_BODY: Final[tuple[type[Problem], ...]] = (InvalidBody, TooLarge)
OF_WRITING: Final[tuple[type[Problem], ...]] = (InvalidHeader, KeyReused, NoRoom)

_EXAMPLES: Final[tuple[Problem, ...]] = (
    InvalidBody.field("mode", '"nwe" is not possible', "'all', or 'new'", ["all", "new"], "nwe"),
    InvalidHeader(f"Idempotency-Key: allowed is one of 1 to {LONGEST_TOKEN} printable ASCII characters"),
    BadHead("a request has exactly one Host"),
    NoKey(),
    NoRight("predict", ["events", "feedback"]),
    NotFound("the addresses are in /docs.json"),
    NoSuchJob("there is no job of this key by this id; GET /v1/jobs lists them"),
    NotDone("the job is running"),
    WrongMethod("/v1/churn takes POST"),
    TooLate("the body was not here within 20 seconds"),
    TooLarge("a body has at most 8,388,608 bytes"),
    KeyReused("this Idempotency-Key came with another body before"),
    TooBusy("256 requests are under way; try again"),
    OverLimit("the key 'shop front' may ask 20 times a second"),
    LockedOut("too many wrong keys came from this address; a valid one is answered still"),
    HeadTooLarge("a request has at most 100 headers"),
    Broken("the service's log has the rest"),
    NotYet("the models are being loaded"),
    NoModel("there is no model to answer from; train one and promote it"),
    StoreDown("the database does not answer; nothing was kept, send it again"),
    TooManyConnections("2,000 connections are open; try again"),
    TooSlow("no answer within 60 seconds; ask for less at once"),
    NoRoom("the disk is full; nothing was kept, send it again later"),
)


def of_endpoint(endpoint: Endpoint) -> dict[str, Any]:
    """The error responses of an endpoint, by status."""
    kinds = [*ALWAYS, *KEYED]
    kinds += OF_BODY if endpoint.body is not None else ()
    kinds += (NotFound, NoSuchJob) if endpoint.place is not None else ()
    kinds += (NotDone,) if endpoint.download else ()
    kinds += OF_WRITING if endpoint.taker is not None else ()
    return responses(kinds)


def responses(kinds: Iterable[type[Problem]]) -> dict[str, Any]:
    """The responses of these problems, by status in ascending order; each names its examples."""
    by_status: dict[int, list[type[Problem]]] = {}
    for kind in kinds:
        by_status.setdefault(kind.status, []).append(kind)
    return {str(status): _response(by_status[status]) for status in sorted(by_status)}


def examples() -> dict[str, Any]:
    """Of every problem its document, by its name: components of the OpenAPI document."""
    return {each.name: {"summary": each.title, "value": each.content()} for each in _EXAMPLES}


def elsewhere() -> dict[str, Any]:
    """The responses of addresses and methods that the document does not have: components that nothing refers to."""
    return {"NotFound": _response([NotFound]), "WrongMethod": _response([WrongMethod])}


def _response(kinds: list[type[Problem]]) -> dict[str, Any]:
    status = kinds[0].status
    schema = {"$ref": f"#/components/schemas/{ProblemAnswer.__name__}"}
    named = {kind.name: {"$ref": f"#/components/examples/{kind.name}"} for kind in kinds}
    response: dict[str, Any] = {"description": (ERRORS | ELSEWHERE)[str(status)]}
    headers = (*_HEADERS.get(status, ()), REQUEST_ID)
    response["headers"] = {name: {"$ref": f"#/components/headers/{name}"} for name in headers}
    return response | {"content": {MEDIA_TYPE: {"schema": schema, "examples": named}}}


REQUEST_ID: Final = "X-Request-Id"
LEFT: Final = ("RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset")
_HEADERS: Final[dict[int, tuple[str, ...]]] = {
    401: ("WWW-Authenticate",),
    405: ("Allow",),
    429: ("Retry-After", *LEFT),
    503: ("Retry-After",),
    507: ("Retry-After",),
}
HEADERS: Final[dict[str, Any]] = {
    REQUEST_ID: {
        "description": "the caller's, or one of the service's own: lines of the service's log name it",
        "schema": {"type": "string", "pattern": "^[A-Za-z0-9._-]{1,64}$"},
    },
    "Retry-After": {"description": "seconds to wait before the next try", "schema": {"type": "integer", "minimum": 1}},
    "RateLimit-Limit": {
        "description": "requests that the key may send at once; only where a limit counts for it",
        "schema": {"type": "integer", "minimum": 1},
    },
    "RateLimit-Remaining": {"description": "how many of them are left", "schema": {"type": "integer", "minimum": 0}},
    "RateLimit-Reset": {
        "description": "seconds until all of them are there again",
        "schema": {"type": "integer", "minimum": 0},
    },
    "WWW-Authenticate": {"description": "`Bearer`", "schema": {"type": "string"}},
    "Allow": {"description": "the methods that the address takes", "schema": {"type": "string"}},
}
"""Headers of answers: components of the OpenAPI document."""
