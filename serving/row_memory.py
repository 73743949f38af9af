"""What was told of a row of the online store, kept as long as the row is the same.

A model says the same of the same features. Those of a customer change with the next filling or event only, and what a
model takes to tell is most of what a request costs.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from feature_repo.packed.feature_rows import FeatureRows

Value = TypeVar("Value")


class RowMemory(Generic[Value]):
    """Tells what `make` makes of rows, and makes it of those only that are new or another than before.

    Safe in several threads.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._changing = threading.Lock()
        self._kept: dict[str, tuple[int, Value]] = {}
        """Id -> a hash of its row, and what was told of it."""

    def __len__(self) -> int:
        return len(self._kept)

    def __contains__(self, each: object) -> bool:
        return each in self._kept

    def tell(
        self, ids: Sequence[str], rows: FeatureRows, make: Callable[[FeatureRows], Sequence[Value]]
    ) -> list[Value]:
        """A value for each id, whose rows are in the same order."""
        kept, seen = self._kept, [hash(row) for row in rows.rows]
        found = [kept.get(each) for each in ids]
        new = [place for place, each in enumerate(found) if each is None or each[0] != seen[place]]
        if new:
            made = make(rows if len(new) == len(seen) else rows.take(new))
            with self._changing:  # what another thread puts in meanwhile would end the look for the oldest
                for place, value in zip(new, made, strict=True):
                    found[place] = kept[ids[place]] = (seen[place], value)
                while len(kept) > self._most:
                    del kept[next(iter(kept))]
        return [each[1] for each in found if each is not None]

    @property
    def is_full(self) -> bool:
        """Whether a further id would push one out."""
        return len(self._kept) >= self._most
