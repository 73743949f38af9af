"""What customers are worth, kept as long as their features and the model of value stay the same.

It takes as long to tell as who is about to leave, and changes with the next filling or purchase only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Final

import numpy as np

from feature_repo.packed.feature_rows import FeatureRows
from models.arrays import Float64Array
from models.churn.inputs import Columns
from models.value.model import ValueModel
from models.value.worth import worth
from serving.online_features import Found

MOST: Final = 50_000
"""Customers; the one that was looked at first goes for the next."""
Kept = dict[str, tuple[int, float]]
"""Customer -> a hash of their row, and what they are worth."""


class KeptWorths:
    """Tells what `models.value.worth` tells. Safe in several threads.

    Those of the customers of a filling are told ahead, behind the requests, as far as they are kept.
    """

    def __init__(self) -> None:
        self._of: tuple[ValueModel | None, int] = (None, 0)
        self._kept: Kept = {}
        self._ahead_of: tuple[ValueModel | None, int, int] | None = None

    def tell(self, model: ValueModel | None, customers: Sequence[str], columns: Columns, days: int) -> Float64Array:
        """Spend over so many days of each customer, whose rows the columns hold in this order."""
        if not isinstance(columns, FeatureRows):
            return worth(model, columns, days)
        kept, seen = self._kept_of(model, days), [hash(row) for row in columns.rows]
        found = [kept.get(customer) for customer in customers]
        new = [place for place, each in enumerate(found) if each is None or each[0] != seen[place]]
        if new:
            told = worth(model, columns if len(new) == len(seen) else columns.take(new), days)
            for place, value in zip(new, told.tolist(), strict=True):
                found[place] = kept[customers[place]] = (seen[place], value)
            while len(kept) > MOST:
                kept.pop(next(iter(kept)), None)
        return np.array([each[1] for each in found if each is not None])

    def tell_ahead(
        self, model: ValueModel | None, days: int, filling: int, read: Callable[[], Iterator[Found]]
    ) -> None:
        """Tell of the customers that `read` gives, once for each model and filling."""
        if self._ahead_of == (model, days, filling):
            return
        for found in read():
            self.tell(model, found.known, found.columns, days)
            if len(self._kept) >= MOST - len(found.known):
                break
        self._ahead_of = (model, days, filling)

    def _kept_of(self, model: ValueModel | None, days: int) -> Kept:
        """Of one model: another has a new beginning."""
        if self._of[0] is not model or self._of[1] != days:
            self._kept, self._of = {}, (model, days)
        return self._kept
