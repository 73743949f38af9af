"""Moments: aware and in UTC in Python, naive UTC in a database, ISO text in a file."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final, Literal

Precision = Literal["seconds", "milliseconds", "microseconds"]


EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def now() -> datetime:
    """The present moment."""
    return datetime.now(UTC)


def of_epoch(milliseconds: float) -> datetime:
    """The moment so long after the beginning of 1970."""
    return datetime.fromtimestamp(milliseconds / 1000, UTC)


def aware(at: datetime) -> datetime:
    """The moment in UTC; one without a zone, as a database gives it, is in UTC already."""
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)


def naive(at: datetime) -> datetime:
    """The moment as every database keeps it alike: in UTC, without a zone."""
    return aware(at).replace(tzinfo=None)


def text(at: datetime | None = None, precision: Precision = "seconds") -> str:
    """The moment (the present one by default) as ISO text with its offset, which sorts as time does."""
    return aware(at or now()).isoformat(timespec=precision)


def parse(value: str) -> datetime:
    """The moment that ISO text tells; without a zone it is UTC.

    Raises:
        ValueError: it is no moment.
    """
    return aware(datetime.fromisoformat(value))
