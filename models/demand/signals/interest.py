"""Views, searches, carts and wishes of a series' own products, as signals of its own: they run ahead of its sales."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from feature_repo.families.series_interest import INTEREST
from models.arrays import Float64Array
from models.demand.series import Histories

NAMES = tuple(f"events: {name}" for name in INTEREST.values())


def signal_names(histories: Histories, outside: Iterable[str]) -> tuple[str, ...]:
    """All that may move the series of a shop: outside signals, and the events of their products."""
    return (*outside, *Interest(histories).names)


@dataclass(frozen=True)
class Interest:
    """What is known of the events of series before an origin."""

    histories: Histories

    @property
    def names(self) -> tuple[str, ...]:
        """The kinds of which there are any."""
        told = self.histories.interest
        return () if told is None else tuple(n for n, each in zip(NAMES, told, strict=True) if np.nansum(each) > 0)

    def values(self, name: str, horizon: int) -> Float64Array:
        """The logarithm of one more than the events of each period, (S, T + horizon); those ahead are not known."""
        told = self.histories.interest
        if told is None:
            raise KeyError(name)
        unknown = np.full((told.shape[1], horizon), np.nan)
        return np.concatenate([np.log1p(told[NAMES.index(name)]), unknown], axis=1)
