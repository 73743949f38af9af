"""One call, whoever sends it: its time, its tries, and what its outcome means. It reads no socket and never waits."""

from __future__ import annotations

import json
import random
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import httpx

from regulars_client import errors
from regulars_client._operation import Operation, encoded
from regulars_client.retries import FUTILE, RETRIED, RetryBudget, RetryPolicy, retry_after

OK: Final = 200


@dataclass(frozen=True)
class Attempt:
    """One try, for metrics and logs: `status` is None where no answer came, then `error` says why."""

    operation: str
    number: int
    status: int | None
    error: str | None
    seconds: float
    request_id: str


@dataclass(frozen=True)
class Times:
    """What tells the time, and chance; tests put others in their place."""

    now: Callable[[], float] = time.monotonic
    uniform: Callable[[float, float], float] = random.uniform


@dataclass(frozen=True)
class Policy:
    """What holds for all calls of a client. Seconds; `hedge_after` None: no call is sent twice at once."""

    timeout: float
    attempt_timeout: float
    connect_timeout: float
    retry: RetryPolicy
    hedge_after: float | None
    on_attempt: Callable[[Attempt], None] | None
    times: Times = field(default_factory=Times)

    def __post_init__(self) -> None:
        for name in ("timeout", "attempt_timeout", "connect_timeout", "hedge_after"):
            value = getattr(self, name)
            if value is not None and not value > 0:
                raise ValueError(f"{name}: {value!r} is not possible; allowed: seconds above 0")


@dataclass(frozen=True)
class Outcome:
    """What came of one try: an answer, or the reason why there is none."""

    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    content: bytes = b""
    error: str | None = None
    late: bool = False

    @classmethod
    def of(cls, error: httpx.HTTPError) -> Outcome:
        """Only words are kept of the error: what it holds (requests, frames) may hold the key."""
        late = isinstance(error, httpx.TimeoutException)
        return cls(error=f"{type(error).__name__}: {error}".rstrip(": "), late=late)


class Call:
    """The tries of one call.

    Each try takes at most `seconds_left()` and what `timeouts()` says. `answer(outcome)` is the answer; where it is
    None, the next try comes after `pause` seconds.
    """

    def __init__(
        self,
        operation: Operation,
        body: Mapping[str, Any] | None,
        policy: Policy,
        budget: RetryBudget,
        *,
        timeout: float | None,
        idempotency_key: str | None,
    ) -> None:
        if timeout is not None and not timeout > 0:
            raise ValueError(f"timeout: {timeout!r} is not possible; allowed: seconds above 0, or None")
        self.operation, self.policy, self._budget = operation, policy, budget
        total = policy.timeout if timeout is None else timeout
        # Who gives a call more time gives each of its tries as much more.
        self._attempt_timeout = min(total, max(1.0, total / policy.timeout) * policy.attempt_timeout)
        self._total, self._ends = total, policy.times.now() + total
        self.request_id = uuid.uuid4().hex
        self.content = None if body is None else encoded(body)
        self.headers = {"X-Request-Id": self.request_id}
        if body is not None:
            self.headers["Content-Type"] = "application/json"
        if operation.writes:
            self.headers["Idempotency-Key"] = idempotency_key or str(uuid.uuid4())
        self.attempts = 0
        self.pause = 0.0
        budget.earn()

    def seconds_left(self) -> float:
        """Of the whole call."""
        return self._ends - self.policy.times.now()

    def attempt_seconds(self) -> float:
        """How long the next try may take; never 0, which would be no limit to some."""
        return max(0.001, min(self._attempt_timeout, self.seconds_left()))

    def timeouts(self) -> httpx.Timeout:
        """Of the next try."""
        seconds = self.attempt_seconds()
        return httpx.Timeout(seconds, connect=min(seconds, self.policy.connect_timeout))

    def piece_timeouts(self) -> httpx.Timeout:
        """Of a try that may take all the time there is, as long as something comes."""
        seconds = max(0.001, min(self.policy.attempt_timeout, self.seconds_left()))
        return httpx.Timeout(seconds, connect=min(seconds, self.policy.connect_timeout))

    def may_hedge(self) -> bool:
        """Whether the try may be sent once more while it is under way; takes a retry from the budget."""
        return not self.operation.writes and self.seconds_left() > 0 and self._budget.spend()

    def tell(self, outcome: Outcome, seconds: float) -> None:
        """Count a try, and tell whoever watches."""
        self.attempts += 1
        if self.policy.on_attempt is not None:
            name, request_id = self.operation.name, self.request_id
            self.policy.on_attempt(Attempt(name, self.attempts, outcome.status, outcome.error, seconds, request_id))

    def answer(self, outcome: Outcome) -> dict[str, Any] | None:
        """The answer, or None: try again after `pause`.

        Raises:
            RegularsError: there is none, and there will be no more tries.
        """
        if outcome.status == OK:
            return self._decoded(outcome)
        if not self._again(outcome):
            raise self._error(outcome)
        return None

    def _again(self, outcome: Outcome) -> bool:
        policy = self.policy.retry
        if self.attempts > policy.retries or not self._may_better(outcome):
            return False
        asked = retry_after(outcome.headers) or 0.0
        self.pause = asked + self.policy.times.uniform(0.0, policy.pause_bound(self.attempts - 1))
        # A pause that outlasts the call only keeps its caller waiting for the same error.
        return self.pause < self.seconds_left() and self._budget.spend()

    @staticmethod
    def _may_better(outcome: Outcome) -> bool:
        if outcome.status is None:
            return True
        return outcome.status in RETRIED and _kind(outcome.content) not in FUTILE

    def _decoded(self, outcome: Outcome) -> dict[str, Any]:
        found = _object(outcome.content)
        if found is None:
            raise self._unexpected(outcome)
        return found

    def _unexpected(self, outcome: Outcome) -> errors.UnexpectedAnswer:
        kind = outcome.headers.get("content-type", "no content type")
        message = f"{self.operation.path} answered {outcome.status} with {kind}: this is not the service; check its url"
        assert outcome.status is not None
        return errors.UnexpectedAnswer(message, status=outcome.status, **self._named(outcome))

    def _error(self, outcome: Outcome) -> errors.RegularsError:
        if outcome.status is None:
            late = outcome.late or self.seconds_left() <= 0
            within = f"no answer from {self.operation.path} within {self._total:g} seconds"
            message = f"{within}, the last of {self.attempts} tries: {outcome.error}"
            if not late:
                message = f"{self.operation.path} can't be reached, tried {self.attempts} times: {outcome.error}"
            return (errors.TimedOut if late else errors.Unreachable)(message, **self._named(outcome))
        problem = _object(outcome.content)
        if problem is None and outcome.status not in RETRIED:
            return self._unexpected(outcome)
        asked = retry_after(outcome.headers)
        kind = errors.of_status(outcome.status)
        return kind(problem or {}, status=outcome.status, retry_after=asked, **self._named(outcome))

    def _named(self, outcome: Outcome) -> dict[str, Any]:
        return {
            "request_id": outcome.headers.get("x-request-id", self.request_id),
            "attempts": self.attempts,
        }


def _kind(content: bytes) -> str:
    return str((_object(content) or {}).get("type", "")).rpartition(":")[2]


def _object(content: bytes) -> dict[str, Any] | None:
    try:
        found = json.loads(content)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


TOO_LATE: Final = Outcome(error="the answer was not whole in time", late=True)
