"""A purchase that has just happened, as the families fold it into a row of features (see `feature_repo.updates`)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from core.event_log import Event

Row = Mapping[str, Any]
KIND = "purchase"


@dataclass(frozen=True)
class Purchase:
    """One order line on its way to the features; `age` as in the tables (1: the day before the snapshot).

    `opens_order`: whether it is the first line of its order; None where it names no order.
    """

    age: int
    product_id: str | None = None
    quantity: float = 1.0
    revenue: float = 0.0
    opens_order: bool | None = None

    @classmethod
    def of(cls, event: Event, as_of: date, zone: str, opens_order: bool | None = None) -> Purchase:
        """A `purchase` event: its `value` is the line's total; without a quantity it is one unit."""
        quantity = 1.0 if event.quantity is None else event.quantity
        age = max(1, (as_of - _day(event, zone)).days)
        age = max(1, (as_of - _day(event, zone)).days)
        return cls(age, event.product_id, quantity, event.value or 0.0, opens_order)


def by_customer(events: Iterable[Event], shown: Iterable[Event], as_of: date, zone: str) -> dict[str, list[Purchase]]:
    """The purchases among the events, by customer in their order; `shown` are events whose orders count already."""
    opened = {_order(event, zone) for event in shown if event.kind == KIND}
    found: dict[str, list[Purchase]] = {}
    for event in (event for event in events if event.kind == KIND):
        order = _order(event, zone)
        opens_order = None if event.order_id is None else order not in opened
        opened.add(order)
        found.setdefault(event.customer_id, []).append(Purchase.of(event, as_of, zone, opens_order))
    return found


def _order(event: Event, zone: str) -> tuple[str, str | None, date]:
    """An order of two days counts as one on each, as in the tables."""
    return event.customer_id, event.order_id, _day(event, zone)


def _day(event: Event, zone: str) -> date:
    return event.occurred_at.astimezone(ZoneInfo(zone)).date()


def is_new_day(row: Row, purchase: Purchase) -> bool:
    """Whether the purchase is the first of its day and later than all before; else only sums change."""
    last = row.get("days_since_last_visit")
    return last is None or purchase.age < last


def opens_order(row: Row, purchase: Purchase) -> bool:
    """Whether the purchase is one more order; lines that name none are one order a day."""
    return is_new_day(row, purchase) if purchase.opens_order is None else purchase.opens_order


def is_late(row: Row, purchase: Purchase) -> bool:
    """Whether the customer has come since: whether that day had a visit already is not in the features."""
    last = row.get("days_since_last_visit")
    return last is not None and purchase.age > last
