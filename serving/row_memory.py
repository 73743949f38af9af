"""What was told of a row of the online store, kept as long as the row is the same.

A model says the same of the same features. Those of a customer change with the next filling or event only, and what a
model takes to tell is most of what a request costs.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Sequence
from itertools import repeat
from typing import Final, Generic, TypeVar

from feature_repo.packed.feature_rows import FeatureRows

Value = TypeVar("Value")
_NOTHING: Final = (None, None)


class RowMemory(Generic[Value]):
    """Tells what `make` makes of rows, and makes it of those only that are new or another than before.

    Safe in several threads.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._changing = threading.Lock()
        self._kept: dict[str, tuple[int | None, Value | None]] = {}
        """Id -> a hash of its row, and what was told of it."""

    def __len__(self) -> int:
        return len(self._kept)

    def has(self, ids: Collection[str]) -> bool:
        """Whether something is kept of each of them."""
        return self._kept.keys() >= set(ids)

    def tell(
        self, ids: Sequence[str], rows: FeatureRows, make: Callable[[FeatureRows], Sequence[Value]]
    ) -> list[Value]:
        """A value for each id, whose rows are in the same order."""
        kept, seen = self._kept, rows.hashes
        found = list(map(kept.get, ids, repeat(_NOTHING)))
        if (known := [each[0] for each in found]) != seen:
            new = [place for place, (was, now) in enumerate(zip(known, seen, strict=True)) if was != now]
            made = make(rows if len(new) == len(seen) else rows.take(new))
            with self._changing:  # what another thread puts in meanwhile would end the look for the oldest
                for place, value in zip(new, made, strict=True):
                    found[place] = kept[ids[place]] = (seen[place], value)
                while len(kept) > self._most:
                    del kept[next(iter(kept))]
        return [each[1] for each in found]  # type: ignore[misc]  # each was made of a row by now

    @property
    def is_full(self) -> bool:
        """Whether a further id would push one out."""
        return len(self._kept) >= self._most
