"""Calls the Regulars service: typed, with retries that spare it, and errors that say what is allowed."""

from __future__ import annotations

from regulars_client import types
from regulars_client._async import AsyncRegulars
from regulars_client._call import Attempt
from regulars_client._connection import __version__
from regulars_client._sync import Regulars
from regulars_client.errors import (
    Forbidden,
    IdempotencyKeyReused,
    InvalidRequest,
    ProblemError,
    RateLimited,
    RegularsError,
    ServiceFailure,
    TimedOut,
    Unauthorized,
    Unavailable,
    UnexpectedAnswer,
    Unreachable,
)
from regulars_client.retries import RetryPolicy

__all__ = [
    "AsyncRegulars",
    "Attempt",
    "Forbidden",
    "IdempotencyKeyReused",
    "InvalidRequest",
    "ProblemError",
    "RateLimited",
    "Regulars",
    "RegularsError",
    "RetryPolicy",
    "ServiceFailure",
    "TimedOut",
    "Unauthorized",
    "Unavailable",
    "UnexpectedAnswer",
    "Unreachable",
    "__version__",
    "types",
]
