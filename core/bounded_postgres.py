"""Connections to PostgreSQL that wait for an answer only so long.

A server that was stopped in its tracks keeps its sockets open, and the system below still acknowledges what it is
sent: neither a timeout of TCP nor one of the server's own ends the wait.
"""

from __future__ import annotations

from functools import cache
from typing import Any

GRACE_SECONDS = 1.0
"""The server's own timeout, which leaves the connection usable, comes first."""


@cache
def connection_type(psycopg: Any, seconds: float) -> Any:
    """psycopg's connection, closed where an answer takes longer than `seconds`."""
    failed, not_in_time = psycopg.errors.OperationalError, getattr(psycopg.errors, "_WaitTimeout")  # noqa: B009

    def wait(self: Any, gen: Any, *more: Any, **options: Any) -> Any:
        try:
            return psycopg.Connection.wait(self, gen, *more, **({"timeout": seconds + GRACE_SECONDS} | options))
        except not_in_time:
            self.pgconn.finish()
            raise failed(f"no answer within {seconds:g} seconds") from None

    return type("BoundedConnection", (psycopg.Connection,), {"wait": wait})
