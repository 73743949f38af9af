"""When a call is tried again, and how much trying again there may be.

Pauses are drawn from 0 to a bound that doubles with each try (full jitter: Brooker, "Exponential Backoff And Jitter",
AWS 2015), after whatever the service asks to wait. A budget, shared by all calls of a client, keeps retries to a
share of the calls, so that a service in trouble is not asked several times as much as one that is well.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from typing import Final

RETRIED: Final = frozenset({429, 502, 503, 507})
"""Answers that another try may better: nothing was done. 504 says that it took too long, and would again."""
FUTILE: Final = frozenset({"locked-out"})
"""Kinds of problems that trying again only prolongs."""
LONGEST_EXPONENT: Final = 30


@dataclass(frozen=True)
class RetryPolicy:
    """How often, and after which pauses.

    `retries` tries after the first one; the first pause is at most `first_pause` seconds, each at most twice the one
    before and `longest_pause`. Each call earns `budget_share` of a retry, up to `budget_most` of them, with which a
    client begins.
    """

    retries: int = 3
    first_pause: float = 0.1
    longest_pause: float = 5.0
    budget_share: float = 0.2
    budget_most: float = 10.0

    def __post_init__(self) -> None:
        for name, least in {
            "retries": 0,
            "first_pause": 0,
            "longest_pause": 0,
            "budget_share": 0,
            "budget_most": 0,
        }.items():
            if not getattr(self, name) >= least:
                raise ValueError(f"{name}: {getattr(self, name)!r} is not possible; allowed: {least} or more")

    def pause_bound(self, retry: int) -> float:
        """The longest pause before the retry, which counts from 0."""
        return min(self.longest_pause, self.first_pause * 2.0 ** min(retry, LONGEST_EXPONENT))


class RetryBudget:
    """A bucket of retries, for all threads of a client."""

    def __init__(self, policy: RetryPolicy) -> None:
        self._share, self._most = policy.budget_share, policy.budget_most
        self._left = self._most
        self._lock = threading.Lock()

    def earn(self) -> None:
        """Of one call."""
        with self._lock:
            self._left = min(self._most, self._left + self._share)

    def spend(self) -> bool:
        """Take one retry, if there is one."""
        with self._lock:
            if self._left < 1:
                return False
            self._left -= 1
            return True


def retry_after(headers: Mapping[str, str]) -> float | None:
    """The seconds that `Retry-After` asks to wait (RFC 9110, 10.2.3: a number, or a date), or None."""
    said = headers.get("retry-after", "").strip()
    if said.isascii() and said.isdigit():
        return float(said)
    try:
        moment = parsedate_to_datetime(said)
    except (TypeError, ValueError):
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=timezone.utc)
    return max(0.0, (moment - datetime.now(timezone.utc)).total_seconds())
