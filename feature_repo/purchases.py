"""A purchase that has just happened, as the families fold it into a row of features (see `feature_repo.updates`)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from zoneinfo import ZoneInfo

from core.event_log import Event

Row = Mapping[str, Any]
KIND = "purchase"
MOST_ORDERS: Final = 4096
"""Of so many orders since the last filling it is kept that they are open."""


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
        return cls(age, event.product_id, quantity, event.value or 0.0, opens_order)


def in_order(
    events: Iterable[Event], opened: Sequence[int], as_of: date, zone: str
) -> tuple[list[Purchase], tuple[int, ...]]:
    """The purchases among the events of a customer, in their order, and the orders that are open after them.

    `opened` are the orders (`order_number`) that count already; of the latest `MOST_ORDERS` a further line is no order
    more.
    """
    orders, found = dict.fromkeys(opened), []
    for event in (event for event in events if event.kind == KIND):
        number = order_number(event, zone)
        opens_order = None if number is None else number not in orders
        if number is not None:
            orders[number] = None
        found.append(Purchase.of(event, as_of, zone, opens_order))
    return found, tuple(orders)[-MOST_ORDERS:]


def order_number(event: Event, zone: str) -> int | None:
    """An order in 64 bits; one of two days counts as one on each, as in the tables. None: the line names none."""
    if event.order_id is None:
        return None
    said = f"{event.order_id}\0{_day(event, zone)}".encode()
    return int.from_bytes(hashlib.blake2b(said, digest_size=8).digest(), "little")


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
