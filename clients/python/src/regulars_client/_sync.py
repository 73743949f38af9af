"""The client whose calls wait."""

from __future__ import annotations

import os
import ssl
import threading
import time
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from pathlib import Path
from types import TracebackType
from typing import Any

import httpx

from regulars_client import _connection, types
from regulars_client._call import OK, TOO_LATE, Attempt, Call, Outcome, Policy
from regulars_client._calls import Calls
from regulars_client._jobs import JOB_SECONDS, Waiting, arriving
from regulars_client._operation import JOB_FILE, Operation
from regulars_client.retries import RetryBudget, RetryPolicy


class Regulars(Calls):
    """Calls the service; all threads of a program share one.

    Args:
        url: where the service is, such as `https://regulars.example:3000`
        key: a token of `regulars keys create`
        timeout: seconds for a whole call, its tries and pauses among them
        attempt_timeout: seconds for one try
        connect_timeout: seconds until a connection is there
        retry: how often a call is tried again, after which pauses, and how many retries there may be
        hedge_after: seconds after which a read that was not answered is sent once more beside the first, and the
            first good answer counts; both predictions are logged. None: never
        connections: that are open at most
        idle_seconds: after which an unused connection is closed, a second before the service does it
        on_attempt: is told each try, for metrics
        verify: of TLS, as httpx has it
        transport: instead of the network, for tests
    """

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
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        retry = retry or RetryPolicy()
        self._policy = Policy(timeout, attempt_timeout, connect_timeout, retry, hedge_after, on_attempt)
        self._budget = RetryBudget(retry)
        self._sleep: Callable[[float], object] = time.sleep
        self._connections = connections
        self._beside: ThreadPoolExecutor | None = None
        self._opening = threading.Lock()
        options = _connection.options(url, key, connections, idle_seconds)
        self._http = httpx.Client(**options, verify=verify, transport=transport)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str(self._http.base_url)!r}, key=***)"

    def __reduce__(self) -> str:
        raise TypeError("a client is not copied or pickled, as its key would be; make one where it is needed")

    def __enter__(self) -> Regulars:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._http.close()
        if self._beside is not None:
            self._beside.shutdown(wait=False, cancel_futures=True)

    def _call(
        self, operation: Operation, body: dict[str, Any] | None, timeout: float | None, idempotency_key: str | None
    ) -> Any:
        call = Call(operation, body, self._policy, self._budget, timeout=timeout, idempotency_key=idempotency_key)
        send = self._send if self._policy.hedge_after is None or operation.writes else self._hedged
        while True:
            answer = call.answer(send(call))
            if answer is not None:
                return answer
            self._sleep(call.pause)

    def wait_for_job(self, job_id: str, *, timeout: float = JOB_SECONDS) -> types.JobAnswer:
        """Look at a job until it has ended: done, failed (`problem` says why) or cancelled.

        Args:
            job_id: as the job was answered
            timeout: seconds; the job goes on after them

        Raises:
            TimedOut: it has not ended by then.
        """
        waiting = Waiting(job_id, timeout, self._policy.times)
        while True:
            job = self.job(job_id)
            pause = waiting.next_pause(job)
            if pause is None:
                return job
            self._sleep(pause)

    def download_job(self, job_id: str, path: str | os.PathLike[str], *, timeout: float = JOB_SECONDS) -> Path:
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
        while (outcome := self._fetched(call, target)).status != OK:
            call.answer(outcome)
            self._sleep(call.pause)
        return target

    def _fetched(self, call: Call, target: Path) -> Outcome:
        now = self._policy.times.now
        started = now()
        try:
            outcome = self._written(call, target)
        except httpx.HTTPError as error:
            outcome = Outcome.of(error)
        call.tell(outcome, now() - started)
        return outcome

    def _written(self, call: Call, target: Path) -> Outcome:
        with self._http.stream(
            call.operation.method, call.operation.path, headers=call.headers, timeout=call.piece_timeouts()
        ) as response:
            if response.status_code != OK:
                return Outcome(response.status_code, response.headers, response.read())
            with arriving(target) as file:
                for piece in response.iter_bytes():
                    file.write(piece)
                    if call.seconds_left() <= 0:
                        raise httpx.ReadTimeout("the file was not whole in time")
            return Outcome(response.status_code, response.headers)

    def _send(self, call: Call) -> Outcome:
        now = self._policy.times.now
        started = now()
        try:
            outcome = self._received(call, started + call.attempt_seconds())
        except httpx.HTTPError as error:
            outcome = Outcome.of(error)
        call.tell(outcome, now() - started)
        return outcome

    def _received(self, call: Call, ends: float) -> Outcome:
        """httpx limits the wait for each piece; all of them together are limited here."""
        operation, pieces = call.operation, []
        with self._http.stream(
            operation.method, operation.path, content=call.content, headers=call.headers, timeout=call.timeouts()
        ) as response:
            for piece in response.iter_bytes():
                pieces.append(piece)
                if self._policy.times.now() > ends:
                    return TOO_LATE
            return Outcome(response.status_code, response.headers, b"".join(pieces))

    def _hedged(self, call: Call) -> Outcome:
        """The first good answer of two, the second sent when the first is late."""
        beside = self._threads()
        under_way: set[Future[Outcome]] = {beside.submit(self._send, call)}
        done, under_way = wait(under_way, timeout=self._policy.hedge_after)
        if not done and call.may_hedge():
            under_way = under_way | {beside.submit(self._send, call)}
        while under_way and not any(each.result().status == OK for each in done):
            finished, under_way = wait(under_way, return_when=FIRST_COMPLETED)
            done |= finished
        outcomes = [each.result() for each in done]
        return next((each for each in outcomes if each.status == OK), outcomes[0])

    def _threads(self) -> ThreadPoolExecutor:
        with self._opening:
            if self._beside is None:
                self._beside = ThreadPoolExecutor(2 * self._connections, "regulars-hedge")
            return self._beside
