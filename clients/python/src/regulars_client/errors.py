"""What a call can end with instead of an answer.

RegularsError
 +- Unreachable              no answer came: refused, reset, or not there in time
 |   +- TimedOut
 +- UnexpectedAnswer         what came is not of the service: a proxy's page, no JSON
 +- ProblemError             the service says what is wrong, as a problem document (RFC 9457)
     +- InvalidRequest       400, 404, 405, 408, 413, 431
     +- Unauthorized         401
     +- Forbidden            403
     +- IdempotencyKeyReused 422
     +- RateLimited          429
     +- ServiceFailure       500
     +- Unavailable          502, 503, 504, 507
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class RegularsError(Exception):
    """Any of them. `request_id` names the call in logs on both sides; `attempts` is how often it was tried."""

    def __init__(self, message: str, *, request_id: str, attempts: int) -> None:
        super().__init__(message)
        self.request_id, self.attempts = request_id, attempts


class Unreachable(RegularsError):  # noqa: N818 - what callers say
    """No answer came."""


class TimedOut(Unreachable):
    """No answer came in time."""


class UnexpectedAnswer(RegularsError):  # noqa: N818
    """What answered is not the service."""

    def __init__(self, message: str, *, status: int, request_id: str, attempts: int) -> None:
        super().__init__(message, request_id=request_id, attempts=attempts)
        self.status = status


class ProblemError(RegularsError):
    """The service refused, and says why.

    `problem` is the whole document, `errors` its fields that are not as they must be, `retry_after` the seconds the
    service asks to wait, or None.
    """

    def __init__(
        self,
        problem: Mapping[str, Any],
        *,
        status: int,
        request_id: str,
        attempts: int,
        retry_after: float | None = None,
    ) -> None:
        said = problem.get("detail") or problem.get("title") or "no reason given"
        super().__init__(f"{status}: {said}", request_id=request_id, attempts=attempts)
        self.problem, self.status, self.retry_after = dict(problem), status, retry_after
        self.errors: list[dict[str, Any]] = [each for each in problem.get("errors") or () if isinstance(each, dict)]

    @property
    def kind(self) -> str:
        """The last part of the problem's type, such as `invalid-body`."""
        return str(self.problem.get("type", "")).rpartition(":")[2]

    @property
    def field(self) -> str | None:
        """The first field that is not as it must be."""
        return self._first("field")

    @property
    def allowed(self) -> str | None:
        """What is allowed there."""
        return self._first("allowed")

    @property
    def did_you_mean(self) -> str | None:
        """The nearest of what is allowed."""
        return self._first("did_you_mean")

    def _first(self, name: str) -> str | None:
        return self.errors[0].get(name) if self.errors else None


class InvalidRequest(ProblemError):  # noqa: N818
    """The request can't be answered as it is: sent again it is refused again."""


class Unauthorized(ProblemError):  # noqa: N818
    """No key, or none that is valid."""


class Forbidden(ProblemError):  # noqa: N818
    """The key has not the right."""


class IdempotencyKeyReused(ProblemError):  # noqa: N818
    """The idempotency key came with another body before."""


class RateLimited(ProblemError):  # noqa: N818
    """The key has asked more than it may, the service is busy, or the address is locked out."""


class ServiceFailure(ProblemError):  # noqa: N818
    """Something went wrong in the service; its log has the request."""


class Unavailable(ProblemError):  # noqa: N818
    """The service can't answer now."""


_BY_STATUS: Mapping[int, type[ProblemError]] = {
    401: Unauthorized,
    403: Forbidden,
    422: IdempotencyKeyReused,
    429: RateLimited,
    502: Unavailable,
    503: Unavailable,
    504: Unavailable,
    507: Unavailable,
}


def of_status(status: int) -> type[ProblemError]:
    """The class of a status."""
    return _BY_STATUS.get(status, ServiceFailure if status >= 500 else InvalidRequest)
