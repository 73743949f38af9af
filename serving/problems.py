"""What goes wrong with a request, as `application/problem+json` (RFC 9457): the field, and what is allowed.

Problem                400  the request can't be answered as it is
 +- InvalidBody        400  a field of the body
 +- InvalidHeader      400  a header
 +- NoKey              401  no key, or none that is valid: the same words for both
 +- NoRight            403  a valid key without the right
 +- NotFound           404  no such address
 |   +- NoSuchJob      404  no job of the key by this id
 +- NotDone            409  a job has no file, or none yet
 +- BadHead            400  what came is no request
 +- WrongMethod        405  the address takes another method
 +- TooLate            408  the request was not whole in time
 +- TooLarge           413  more bytes than a body may have
 +- KeyReused          422  an Idempotency-Key that came with another body before
 +- TooBusy            429  as many requests are under way as the service takes
 |   +- OverLimit      429  the key has asked more than it may
 |   +- LockedOut      429  the address has sent too many wrong keys
 +- HeadTooLarge       431  more headers than a request may have
 +- Broken             500  our fault
 +- NotYet             503  the models are still being loaded
 |   +- NoModel        503  there are none
 |   +- TooManyConnections  503  as many are open as the service takes
 |   +- StoreDown      503  a store that the answer needs does not answer
 +- TooSlow            504  no answer within the time a request may take
 +- NoRoom             507  the disk is full: nothing was kept
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar, get_args

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from sqlalchemy.exc import SQLAlchemyError
from starlette.responses import JSONResponse

from core.database import is_away, is_full
from core.errors import nearest

MEDIA_TYPE = "application/problem+json"
MOST_FIELDS = 20
LONGEST_VALUE = 60


class Problem(Exception):  # noqa: N818 - the standard's word
    """One answer that is not 2xx."""

    status: ClassVar[int] = 400
    name: ClassVar[str] = "invalid-request"
    title: ClassVar[str] = "The request can't be answered as it is"

    def __init__(
        self,
        detail: str,
        errors: Sequence[Mapping[str, Any]] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.detail, self.errors, self.headers = detail, list(errors), dict(headers or {})

    def content(self) -> dict[str, Any]:
        """The members of the problem document."""
        content: dict[str, Any] = {
            "type": f"urn:regulars:problem:{self.name}",
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
        }
        return content | {"errors": self.errors} if self.errors else content

    def response(self) -> JSONResponse:
        """The HTTP answer."""
        return JSONResponse(self.content(), self.status, self.headers, MEDIA_TYPE)


class InvalidBody(Problem):
    """A field of the body is not as it must be."""

    name = "invalid-body"
    title = "The body is not as it must be"

    @classmethod
    def field(cls, field: str, problem: str, allowed: str, choices: Iterable[str] = (), value: str = "") -> InvalidBody:
        """One field, what is wrong with it, what is allowed, and the nearest of the choices."""
        return cls.of([_error(field, problem, allowed, nearest(value, choices) if value else None)])

    @classmethod
    def of(cls, errors: Sequence[Mapping[str, Any]]) -> InvalidBody:
        """Several fields; the first one is told in the detail too."""
        first = errors[0]
        place = f"{first['field']}: " if first["field"] else ""
        return cls(f"{place}{first['problem']}; allowed: {first['allowed']}", errors)


class InvalidHeader(Problem):
    """A header is not as it must be."""

    name = "invalid-header"
    title = "A header is not as it must be"


class NoKey(Problem):
    """No key, or none that is valid."""

    status = 401
    name = "unauthorized"
    title = "A valid key is needed"

    def __init__(self) -> None:
        super().__init__("send a valid key as Authorization: Bearer KEY", headers={"WWW-Authenticate": "Bearer"})


class NoRight(Problem):
    """A valid key that has not the right."""

    status = 403
    name = "forbidden"
    title = "The key has not the right"

    def __init__(self, right: str, has: Iterable[str]) -> None:
        super().__init__(f"this needs a key with the right {right!r}; yours has: {', '.join(sorted(has))}")


class NotFound(Problem):
    """No such address."""

    status = 404
    name = "not-found"
    title = "There is nothing at this address"


class NoSuchJob(NotFound):
    """No job of the key by this id."""

    name = "no-such-job"
    title = "There is no such job"


class NotDone(Problem):
    """A job that has no file, or none yet."""

    status = 409
    name = "not-done"
    title = "The job has no file"


class WrongMethod(Problem):
    """The address takes another method."""

    status = 405
    name = "method-not-allowed"
    title = "The address takes another method"


class BadHead(Problem):
    """What came is no request."""

    name = "bad-request"
    title = "This is no request"


class TooLate(Problem):
    """The request was not whole in time."""

    status = 408
    name = "too-late"
    title = "The request was not whole in time"


class HeadTooLarge(Problem):
    """More headers, or more bytes in them, than a request may have."""

    status = 431
    name = "head-too-large"
    title = "The headers are too large"


class TooLarge(Problem):
    """More bytes than a body may have."""

    status = 413
    name = "too-large"
    title = "The body is too large"


class KeyReused(Problem):
    """An Idempotency-Key that came with another body before."""

    status = 422
    name = "idempotency-key-reused"
    title = "The Idempotency-Key belongs to another request"


class TooBusy(Problem):
    """As many requests are under way as the service takes."""

    status = 429
    name = "too-busy"
    title = "Too many requests are under way"


class OverLimit(TooBusy):
    """The key has asked more than it may."""

    name = "over-limit"
    title = "This key has asked more than it may"


class LockedOut(TooBusy):
    """The address has sent too many wrong keys: only right ones are answered for a while."""

    name = "locked-out"
    title = "Too many wrong keys came from this address"


class Broken(Problem):
    """Our fault; the log has the rest."""

    status = 500
    name = "internal"
    title = "Something went wrong here"


class TooSlow(Problem):
    """No answer within the time a request may take."""

    status = 504
    name = "too-slow"
    title = "The answer took too long"


class NotYet(Problem):
    """The service can't answer yet."""

    status = 503
    name = "not-ready"
    title = "The service can't answer yet"


class TooManyConnections(NotYet):
    """As many connections are open as the service takes."""

    name = "too-many-connections"
    title = "Too many connections are open"


class NoModel(NotYet):
    """There is no model to answer from."""

    name = "no-model"
    title = "There is no model to answer from yet"


class StoreDown(NotYet):
    """A store that the answer needs does not answer."""

    name = "store-down"
    title = "A store does not answer"


class NoRoom(Problem):
    """The disk is full."""

    status = 507
    name = "no-room"
    title = "There is no room to keep it"


def from_database(error: SQLAlchemyError) -> Problem | None:
    """What to say of an error of the database: it is away, busy or full; None: it is our fault."""
    if is_full(error):
        return NoRoom("the disk is full; nothing was kept, send it again later", headers={"Retry-After": "30"})
    if is_away(error):
        return StoreDown("the database does not answer; nothing was kept, send it again", headers={"Retry-After": "5"})
    return None


def from_validation(body: type[BaseModel], error: ValidationError) -> InvalidBody:
    """Say what pydantic found in our words, field by field."""
    entries = error.errors(include_url=False)[:MOST_FIELDS]
    # A misspelt field is also a missing one: the unknown name says more.
    entries.sort(key=lambda entry: entry["type"] != "extra_forbidden")
    return InvalidBody.of([_explain(body, entry) for entry in entries])


def _explain(body: type[BaseModel], entry: Mapping[str, Any]) -> dict[str, Any]:
    kind, location = str(entry["type"]), tuple(entry["loc"])
    if kind == "json_invalid":
        return _error("", f"not valid JSON ({entry['ctx']['error']})", f"an object with {names_of(body)}")
    if kind in {"model_type", "model_attributes_type"}:
        model = _model_at(body, location)
        return _error(_path(location), "not an object", f"an object with {names_of(model)}")
    if kind == "extra_forbidden":
        model = _model_at(body, location[:-1])
        near = nearest(str(location[-1]), model.model_fields)
        return _error(_path(location), "unknown field", names_of(model), near)
    field = _field_at(body, location)
    allowed = field.description if field and field.description else entry["msg"]
    if kind == "missing":
        return _error(_path(location), "is missing", allowed)
    return _error(_path(location), _wrong(kind, entry), allowed, _near_choice(kind, entry))


def _wrong(kind: str, entry: Mapping[str, Any]) -> str:
    value = entry["input"]
    if kind == "too_long":
        return f"has {len(value):,} entries"
    if kind == "value_error":
        return str(entry["ctx"]["error"])
    if isinstance(value, dict | list):
        return f"this {'object' if isinstance(value, dict) else 'list'} is not possible"
    shown = json.dumps(value, ensure_ascii=False, default=str)
    return f"{shown if len(shown) <= LONGEST_VALUE else shown[:LONGEST_VALUE] + '...'} is not possible"


def _near_choice(kind: str, entry: Mapping[str, Any]) -> str | None:
    if kind != "literal_error" or not isinstance(entry["input"], str):
        return None
    expected = str(entry["ctx"]["expected"]).replace(" or ", ", ")
    return nearest(entry["input"], [choice.strip(" '") for choice in expected.split(",")])


def _error(field: str, problem: str, allowed: str, near: str | None = None) -> dict[str, Any]:
    error: dict[str, Any] = {"field": field, "problem": problem, "allowed": allowed}
    return error | {"did_you_mean": near} if near else error


def names_of(model: type[BaseModel]) -> str:
    """Its fields, in words."""
    return f"the fields {', '.join(model.model_fields)}"


def _path(location: Sequence[str | int]) -> str:
    """`('events', 0, 'kind')` as `events[0].kind`."""
    text = ""
    for part in location:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text


def _model_at(body: type[BaseModel], location: Sequence[str | int]) -> type[BaseModel]:
    """The model whose field the location names; the body itself for an empty one."""
    model = body
    for part in location:
        if isinstance(part, str) and part in model.model_fields:
            inner = _models_in(model.model_fields[part].annotation)
            if not inner:
                return model
            model = inner[0]
    return model


def _models_in(annotation: object) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for part in get_args(annotation) for model in _models_in(part)]


def _field_at(body: type[BaseModel], location: Sequence[str | int]) -> FieldInfo | None:
    """The innermost field on the way to the location: for `customer_ids[3]` that of `customer_ids`."""
    model, found = body, None
    for part in location:
        if isinstance(part, str) and part in model.model_fields:
            found = model.model_fields[part]
            model = (_models_in(found.annotation) or [model])[0]
    return found
