"""A service that is none, for the tests of an application: answers of the right shape, the same each time.

fake = FakeRegulars()
fake.fail(503, retry_after=1)
client = fake.client()
client.churn(["2375"])  # answered by the second try, without a pause
assert [call.operation for call in fake.calls] == ["churn", "churn"]
"""

from __future__ import annotations

import copy
import hashlib
import json
import re
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

import httpx

from regulars_client._async import AsyncRegulars
from regulars_client._calls import OPERATIONS
from regulars_client._examples import EXAMPLES
from regulars_client._operation import JOB_FILE, Operation
from regulars_client._sync import Regulars

KEY: Final = "fake-key"
URL: Final = "http://regulars.test"
FIRST_DAY: Final = date(2017, 12, 1)
HORIZON: Final = 28
LONGEST_LIST: Final = 50
_BY_PLACE: Final = [(each, re.compile(re.sub(r"\{\w+\}", "[^/]+", each.path))) for each in (*OPERATIONS, JOB_FILE)]
_FOUND: Final[dict[str, dict[str, Any]]] = json.loads(EXAMPLES)
_OF_STATUS: Final = {each["status"]: each for each in reversed(_FOUND["problems"].values())}


@dataclass(frozen=True)
class FakeCall:
    """One try that came: `operation` as the method is called, the body, and the headers in lower case without key."""

    operation: str
    body: dict[str, Any] | None
    headers: Mapping[str, str]


class FakeRegulars:
    """Answers in place of the service. `calls` has every try that came; `paused` the pauses of its clients.

    `file` is what a job has written; it is done at the first look, unless `answer("job", state=...)` says otherwise.
    """

    def __init__(self) -> None:
        self.calls: list[FakeCall] = []
        self.paused: list[float] = []
        self.file = b"customer_id\n2375\n"
        self._failures: deque[Callable[[httpx.Request], httpx.Response]] = deque()
        self._answers: dict[str, dict[str, Any]] = {}
        self._told: dict[tuple[str, str], dict[str, Any]] = {}

    def client(self, **options: Any) -> Regulars:
        """A client of this service; `options` are those of `Regulars`. Its pauses take no time."""
        client = Regulars(URL, KEY, transport=httpx.MockTransport(self._handle), **options)
        client._sleep = self.paused.append
        return client

    def async_client(self, **options: Any) -> AsyncRegulars:
        """The same, awaited."""
        client = AsyncRegulars(URL, KEY, transport=httpx.MockTransport(self._handle), **options)

        async def pause(seconds: float) -> None:
            self.paused.append(seconds)

        client._sleep = pause
        return client

    def answer(self, operation: str, **fields: Any) -> None:
        """From now on the operation's answers have these fields.

        Raises:
            ValueError: there is no such operation.
        """
        known = [each.name for each in OPERATIONS]
        if operation not in known:
            raise ValueError(f"{operation!r} is no operation; allowed: {', '.join(known)}")
        self._answers.setdefault(operation, {}).update(fields)

    def fail(
        self,
        status: int,
        *,
        retry_after: int | None = None,
        times: int = 1,
        problem: str | None = None,
        errors: list[dict[str, Any]] | None = None,
    ) -> None:
        """Answer the next tries with a problem: the usual one of the status, or that named `problem`.

        Raises:
            ValueError: the service never answers so.
        """
        found = _OF_STATUS.get(status) if problem is None else _FOUND["problems"].get(problem)
        if found is None or found["status"] != status:
            known = ", ".join(f"{each['status']} {name}" for name, each in _FOUND["problems"].items())
            raise ValueError(f"the service has no problem {problem or ''} {status}; allowed: {known}")
        content = found if errors is None else {**found, "errors": errors}
        headers = {"Content-Type": "application/problem+json"}
        if retry_after is not None:
            headers["Retry-After"] = str(retry_after)
        answer = httpx.Response(status, headers=headers, content=json.dumps(content))
        self._failures.extend([lambda _: httpx.Response(status, headers=headers, content=answer.content)] * times)

    def reset(self, times: int = 1) -> None:
        """Break the connection under the next tries."""
        self._failures.extend([self._broken(httpx.ReadError, "connection reset")] * times)

    def hang(self, times: int = 1) -> None:
        """Let the next tries run out of time, without taking any."""
        self._failures.extend([self._broken(httpx.ReadTimeout, "timed out")] * times)

    @staticmethod
    def _broken(kind: type[httpx.TransportError], why: str) -> Callable[[httpx.Request], httpx.Response]:
        def broken(request: httpx.Request) -> httpx.Response:
            raise kind(why, request=request)

        return broken

    def _handle(self, request: httpx.Request) -> httpx.Response:
        operation = _operation(request.method, request.url.raw_path.decode().partition("?")[0])
        body = json.loads(request.content) if request.content else None
        headers = {name: value for name, value in request.headers.items() if name != "authorization"}
        self.calls.append(FakeCall(operation.name, body, headers))
        if self._failures:
            return self._failures.popleft()(request)
        if operation is JOB_FILE:
            return httpx.Response(200, content=self.file)
        answer = self._once(operation, body or {}, headers.get("idempotency-key"))
        return httpx.Response(200, json=answer)

    def _once(self, operation: Operation, body: dict[str, Any], token: str | None) -> dict[str, Any]:
        """What an idempotency key was told before is told again."""
        if not operation.writes or token is None:
            return self._answered(operation, body)
        return self._told.setdefault((operation.name, token), self._answered(operation, body))

    def _answered(self, operation: Operation, body: dict[str, Any]) -> dict[str, Any]:
        answer = copy.deepcopy(_FOUND["answers"][operation.name])
        if "prediction_id" in answer:
            answer["prediction_id"] = body.get("prediction_id", _digest(operation.name, body))
        if lines := _LINES.get(operation.name):
            answer["results"] = lines(answer["results"][0], body)
        if operation.name == "events":
            answer["accepted"] = len(body["events"])
        if operation.name == "job":
            answer |= {"state": "done", "share": 1.0, "ended_at": answer["begun_at"]}
        if operation.name == "feedback":
            answer["feedback_id"] = _digest("feedback", body)
        return {**answer, **self._answers.get(operation.name, {})}


def _operation(method: str, path: str) -> Operation:
    return next(each for each, place in _BY_PLACE if each.method == method and place.fullmatch(path))


def _digest(*parts: object) -> str:
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:32]


def _chance(*parts: object) -> float:
    """From 0 to 1, the same for the same parts."""
    return round(int(_digest(*parts)[:8], 16) / 2**32, 4)


def _churn(line: dict[str, Any], body: dict[str, Any]) -> list[Any]:
    chances = {customer: _chance("churn", customer) for customer in body["customer_ids"]}
    return [
        {**line, "customer_id": each, "churn_probability": chances[each], "risk_score": int(100 * chances[each])}
        for each in body["customer_ids"]
    ]


def _customers(line: dict[str, Any], body: dict[str, Any]) -> list[Any]:
    return [{**line, "customer_id": each} for each in body["customer_ids"]]


def _products(line: dict[str, Any], body: dict[str, Any]) -> list[Any]:
    left_out = set(body.get("exclude", ()))
    names = [each for place in range(LONGEST_LIST) if (each := f"product-{place + 1}") not in left_out]
    chosen = names[: body.get("k", 10)]
    return [{**line, "product_id": each, "score": round(1 / (1 + place), 4)} for place, each in enumerate(chosen)]


def _bundles(line: dict[str, Any], body: dict[str, Any]) -> list[Any]:
    places = range(min(body.get("k", 5), LONGEST_LIST))
    return [{**line, "product_ids": [body["product_id"], f"product-{place + 1}"]} for place in places]


def _audience(line: dict[str, Any], body: dict[str, Any]) -> list[Any]:
    places = range(min(body.get("size", 500), LONGEST_LIST))
    return [{**line, "customer_id": f"customer-{place + 1}", "score": round(1 / (1 + place), 4)} for place in places]


def _demand(line: dict[str, Any], body: dict[str, Any]) -> list[Any]:
    return [{**line, "series": series, "forecast": _forecast(series, body)} for series in body["series"]]


def _forecast(series: dict[str, str], body: dict[str, Any]) -> list[Any]:
    days = range(body.get("horizon") or HORIZON)
    mean = round(10 + 90 * _chance("demand", series), 1)
    quantiles = body.get("quantiles", (0.05, 0.25, 0.5, 0.75, 0.95))
    told = {f"q{round(100 * each):02d}": round(mean * (0.5 + each), 2) for each in quantiles}
    return [{"date": str(FIRST_DAY + timedelta(days=day)), "mean": mean, **told} for day in days]


_LINES: Final[Mapping[str, Callable[[dict[str, Any], dict[str, Any]], list[Any]]]] = {
    "churn": _churn,
    "customers": _customers,
    "recommendations": _products,
    "similar": _products,
    "bundles": _bundles,
    "audience": _audience,
    "demand": _demand,
}
