"""The client whose calls are awaited."""

from __future__ import annotations

import asyncio
import os
import ssl
from collections.abc import Awaitable, Callable
from pathlib import Path
from types import TracebackType
from typing import Any

import httpx

from regulars_client import _connection, types
from regulars_client._call import OK, TOO_LATE, Attempt, Call, Outcome, Policy
from regulars_client._calls import AsyncCalls
from regulars_client._jobs import JOB_SECONDS, Waiting, arriving
from regulars_client._operation import JOB_FILE, Operation
from regulars_client.retries import RetryBudget, RetryPolicy


class AsyncRegulars(AsyncCalls):
    """Calls the service from asyncio; all tasks of a loop share one. What it takes is as of `Regulars`."""

    def __init__(
        self,
        url: str,
        key: str,
        *,
        timeout: float = 10.0,
        attempt_timeout: float = 4.0,
        connect_timeout: float = 1.0,
        retry: RetryPolicy | None = None,
        hedge_after: float | None = None,
        connections: int = 100,
        idle_seconds: float = 4.0,
        on_attempt: Callable[[Attempt], None] | None = None,
        verify: ssl.SSLContext | bool = True,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        retry = retry or RetryPolicy()
        self._policy = Policy(timeout, attempt_timeout, connect_timeout, retry, hedge_after, on_attempt)
        self._budget = RetryBudget(retry)
        self._sleep: Callable[[float], Awaitable[object]] = asyncio.sleep
        options = _connection.options(url, key, connections, idle_seconds)
        self._http = httpx.AsyncClient(**options, verify=verify, transport=transport)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str(self._http.base_url)!r}, key=***)"

    def __reduce__(self) -> str:
        raise TypeError("a client is not copied or pickled, as its key would be; make one where it is needed")

    async def __aenter__(self) -> AsyncRegulars:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def _call(
        self, operation: Operation, body: dict[str, Any] | None, timeout: float | None, idempotency_key: str | None
    ) -> Any:
        call = Call(operation, body, self._policy, self._budget, timeout=timeout, idempotency_key=idempotency_key)
        send = self._send if self._policy.hedge_after is None or operation.writes else self._hedged
        while True:
            answer = call.answer(await send(call))
            if answer is not None:
                return answer
            await self._sleep(call.pause)

    async def wait_for_job(self, job_id: str, *, timeout: float = JOB_SECONDS) -> types.JobAnswer:
        """Look at a job until it has ended: done, failed (`problem` says why) or cancelled.

        Args:
            job_id: as the job was answered
            timeout: seconds; the job goes on after them

        Raises:
            TimedOut: it has not ended by then.
        """
        waiting = Waiting(job_id, timeout, self._policy.times)
        while True:
            job = await self.job(job_id)
            pause = waiting.next_pause(job)
            if pause is None:
                return job
            await self._sleep(pause)

    async def download_job(self, job_id: str, path: str | os.PathLike[str], *, timeout: float = JOB_SECONDS) -> Path:
        """Write the file of a job that is done, piece by piece; it is there once it is whole.

        Args:
            job_id: as the job was answered
            path: where to; a file that is there is replaced
            timeout: seconds for all of it, tries and pauses among them

        Raises:
            ProblemError: the job is not done (409), or its file takes a key with the right `customers`.
        """
        target, operation = Path(path), JOB_FILE.at(job_id=job_id)
        call = Call(operation, None, self._policy, self._budget, timeout=timeout, idempotency_key=None)
        while (outcome := await self._fetched(call, target)).status != OK:
            call.answer(outcome)
            await self._sleep(call.pause)
        return target

    async def _fetched(self, call: Call, target: Path) -> Outcome:
        now = self._policy.times.now
        started = now()
        try:
            outcome = await self._written(call, target)
        except httpx.HTTPError as error:
            outcome = Outcome.of(error)
        call.tell(outcome, now() - started)
        return outcome

    async def _written(self, call: Call, target: Path) -> Outcome:
        async with self._http.stream(
            call.operation.method, call.operation.path, headers=call.headers, timeout=call.piece_timeouts()
        ) as response:
            if response.status_code != OK:
                return Outcome(response.status_code, response.headers, await response.aread())
            with arriving(target) as file:
                async for piece in response.aiter_bytes():
                    file.write(piece)
                    if call.seconds_left() <= 0:
                        raise httpx.ReadTimeout("the file was not whole in time")
            return Outcome(response.status_code, response.headers)

    async def _send(self, call: Call) -> Outcome:
        now = self._policy.times.now
        started = now()
        try:
            outcome = await asyncio.wait_for(self._received(call), call.attempt_seconds())
        except httpx.HTTPError as error:
            outcome = Outcome.of(error)
        except asyncio.TimeoutError:  # another class than TimeoutError before Python 3.11
            outcome = TOO_LATE
        call.tell(outcome, now() - started)
        return outcome

    async def _received(self, call: Call) -> Outcome:
        response = await self._http.request(
            call.operation.method,
            call.operation.path,
            content=call.content,
            headers=call.headers,
            timeout=call.timeouts(),
        )
        return Outcome(response.status_code, response.headers, response.content)

    async def _hedged(self, call: Call) -> Outcome:
        """The first good answer of two, the second sent when the first is late; the other one is called off."""
        tasks = [asyncio.ensure_future(self._send(call))]
        try:
            done, under_way = await asyncio.wait(tasks, timeout=self._policy.hedge_after)
            if not done and call.may_hedge():
                tasks.append(asyncio.ensure_future(self._send(call)))
                under_way = {*tasks}
            while under_way and not any(each.result().status == OK for each in done):
                finished, under_way = await asyncio.wait(under_way, return_when=asyncio.FIRST_COMPLETED)
                done |= finished
            outcomes = [each.result() for each in done]
            return next((each for each in outcomes if each.status == OK), outcomes[0])
        finally:
            for each in tasks:
                each.cancel()
