"""A purchase that has just happened, as the families fold it into a row of features (see `feature_repo.updates`)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from core.event_log import Event

Row = Mapping[str, Any]
KIND = "purchase"


@dataclass(frozen=True)
class Purchase:
    """One order line on its way to the features; `age` as in the tables (1: the day before the snapshot)."""

    age: int
    product_id: str | None = None
    quantity: float = 1.0
    revenue: float = 0.0

    @classmethod
    def of(cls, event: Event, as_of: date, zone: str) -> Purchase:
        """A `purchase` event: its `value` is the line's total; without a quantity it is one unit."""
        day = event.occurred_at.astimezone(ZoneInfo(zone)).date()
        quantity = 1.0 if event.quantity is None else event.quantity
        return cls(max(1, (as_of - day).days), event.product_id, quantity, event.value or 0.0)


def is_new_day(row: Row, purchase: Purchase) -> bool:
    """Whether the purchase is the first of its day and later than all before; else only sums change."""
    last = row.get("days_since_last_visit")
    return last is None or purchase.age < last


def is_late(row: Row, purchase: Purchase) -> bool:
    """Whether the customer has come since: whether that day had a visit already is not in the features."""
    last = row.get("days_since_last_visit")
    return last is not None and purchase.age > last
