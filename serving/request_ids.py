"""A name for each request: the caller's `X-Request-Id` where it is sane, else one of our own.

It is answered back, and in every line that the request writes into the log. A caller's id is no place for customers'
data: what does not look like an id (letters, digits, `.`, `_`, `-`; 64 at most) is not taken.
"""

from __future__ import annotations

import itertools
import os
import re
from collections.abc import Iterable
from typing import Final

from structlog.contextvars import bind_contextvars

HEADER: Final = b"x-request-id"
_SANE: Final = re.compile(rb"[A-Za-z0-9._-]{1,64}")
_PROCESS: Final = os.urandom(6).hex()
_numbers = itertools.count(1)


def of_request(headers: Iterable[tuple[bytes, bytes]]) -> str:
    """The caller's, if there is exactly one and it is sane, else a new one."""
    given = [value for name, value in headers if name == HEADER]
    if len(given) == 1 and _SANE.fullmatch(given[0]):
        return given[0].decode()
    return f"{_PROCESS}-{next(_numbers):x}"


def bind(request_id: str) -> None:
    """Have every line that this request logs name it."""
    bind_contextvars(request_id=request_id)
