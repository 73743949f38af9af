"""Rows of features in the log, each kept once a day however many predictions of the day were made of it.

A customer's row changes with the next filling or purchase; an application asks after the customer at every visit. A row
is called by its day and what is in it, as predictions are by their moment, so that both go by age in the same way.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from core import feature_values
from core.feature_values import Columns, StoredRows
from core.sortable_ids import RANDOM_BYTES, first_id

KEPT: Final = 50_000
"""Rows of which a process knows that the log has them."""


@dataclass(frozen=True)
class LoggedRow:
    """A row on its way to the log; `seen` is what it is known by where it came from the online store."""

    row_id: str
    features: bytes
    seen: int | None = None

    @classmethod
    def of(cls, features: bytes, made_at: datetime, seen: int | None = None) -> LoggedRow:
        """Packed features that something was predicted of then."""
        digest = hashlib.blake2b(features, digest_size=RANDOM_BYTES).hexdigest()
        return cls(first_of_day(made_at) + digest, features, seen)


def first_of_day(at: datetime) -> str:
    """What the ids of rows begin with that predictions of this day (UTC) were made of."""
    return first_id(at.replace(hour=0, minute=0, second=0, microsecond=0))


class LoggedRows:
    """Which rows the log holds of those that this process wrote last. Of one thread."""

    def __init__(self, most: int = KEPT) -> None:
        self._most = most
        self._known: dict[int, str] = {}
        """A hash of the row as it lies in the store, to what it is called in the log."""

    def __len__(self) -> int:
        return len(self._known)

    def find(
        self, columns: Columns, places: Collection[int], made_at: datetime
    ) -> tuple[dict[int, str], list[LoggedRow]]:
        """Place -> what that row of the columns is called, and the rows that the log may not have yet."""
        day = first_of_day(made_at)
        stored = columns.rows if isinstance(columns, StoredRows) else None
        called: dict[int, str] = {}
        new: list[LoggedRow] = []
        for place in places:
            seen = hash(stored[place]) if stored else None
            row_id = self._known.get(seen, "") if seen is not None else ""
            if not row_id.startswith(day):
                row = LoggedRow.of(feature_values.pack(columns, place), made_at, seen)
                row_id = row.row_id
                new.append(row)
            called[place] = row_id
        return called, new

    def wrote(self, rows: Iterable[LoggedRow]) -> None:
        """The log has them."""
        for each in rows:
            if each.seen is not None:
                self._known.pop(each.seen, None)
                self._known[each.seen] = each.row_id
        while len(self._known) > self._most:
            del self._known[next(iter(self._known))]
