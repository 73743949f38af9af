"""What customers looked at, put into the cart, wished and searched for lately, and how much that still counts.

Unpacked from the view `customer_interests` against the moment for which is asked. No public shop has events beside
its orders, so what each kind counts and how it fades is set by reason, not learnt: whoever puts a thing into the cart
is nearer to buying it than who wishes for it, and who wishes nearer than who looks; what was looked at yesterday
counts half of what is looked at now.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import pandas as pd

COLUMNS: Final = ("interest_products", "interest_kinds", "interest_times", "search_texts", "search_times")
SEARCH: Final = "search"
COUNTS: Final[Mapping[str, float]] = {"cart": 1.0, "wishlist": 0.8, "view": 0.6, SEARCH: 0.6}
"""What each kind counts at once."""
HALF_LIFE_HOURS: Final = 24.0
LONGEST_DAYS: Final = 14.0
"""Older ones, of a row that nobody brought up to date, count for nothing."""


@dataclass(frozen=True)
class RecentInterest:
    """One of a customer's: a product's id, or the words of a search; `weight` in 0..1, `days` since then."""

    kind: str
    what: str
    weight: float
    days: float


def of_row(row: Mapping[str, Any] | pd.Series[Any], at: datetime) -> tuple[RecentInterest, ...]:
    """One customer's as of a moment, from a row of the view; empty where nothing in it counts any more."""
    return tuple(_unpacked(row, at.timestamp()))


def has_any(row: Mapping[str, Any]) -> bool:
    """Whether the row of the view has interests, whatever they count by now."""
    return bool(row.get("interest_products") or row.get("search_texts"))


def of_frame(frame: pd.DataFrame, at: datetime) -> dict[str, tuple[RecentInterest, ...]]:
    """Those of everybody who has any, by customer_id, from a frame with the view's columns."""
    if not set(COLUMNS) <= set(frame.columns):
        return {}
    rows = frame[frame["interest_products"].notna() | frame["search_texts"].notna()]
    found = {str(row["customer_id"]): of_row(row, at) for _, row in rows.iterrows()}
    return {customer: interests for customer, interests in found.items() if interests}


def by_place(
    recent: Mapping[str, Sequence[RecentInterest]], customers: Iterable[str]
) -> dict[int, Sequence[RecentInterest]]:
    """The same by the customers' places in a block."""
    if not recent:
        return {}
    return {place: recent[customer] for place, customer in enumerate(customers) if customer in recent}


def _unpacked(row: Mapping[str, Any] | pd.Series[Any], now: float) -> Iterator[RecentInterest]:
    kinds, products, times = (
        _listed(row.get(name)) for name in ("interest_kinds", "interest_products", "interest_times")
    )
    texts, searched = (_listed(row.get(name)) for name in ("search_texts", "search_times"))
    for kind, what, at in [
        *zip(kinds, products, times, strict=True),
        *((SEARCH, text, at) for text, at in zip(texts, searched, strict=True)),
    ]:
        days = max(0.0, (now - at) / 86_400)
        if days <= LONGEST_DAYS + 1 and kind in COUNTS:
            yield RecentInterest(kind, what, COUNTS[kind] * 0.5 ** (days * 24 / HALF_LIFE_HOURS), days)


def _listed(values: Any) -> Sequence[Any]:
    return () if values is None or isinstance(values, float) else list(values)
