"""What a customer has just done besides buying, as the families fold it into a row of features."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from core.event_log import Event

KINDS = frozenset({"view", "cart", "wishlist", "search"})
"""What shows at once; other kinds wait for the next snapshot."""


@dataclass(frozen=True)
class Interaction:
    """One event; `age` in days before the snapshot (1: the day before, 0 and less: since), `at` in seconds (1970)."""

    kind: str
    at: float
    age: int
    product_id: str | None = None
    text: str | None = None

    @classmethod
    def of(cls, event: Event, as_of: date, zone: str) -> Interaction:
        """An event of one of `KINDS`."""
        age = (as_of - event.occurred_at.astimezone(ZoneInfo(zone)).date()).days
        return cls(event.kind, float(event.occurred_at.timestamp() // 1), age, event.product_id, event.text)


def among(events: Iterable[Event], as_of: date, zone: str) -> list[Interaction]:
    """The interactions among the events of a customer, in their order."""
    return [Interaction.of(event, as_of, zone) for event in events if event.kind in KINDS]
