"""A forecast: a mean and quantiles for each series and period ahead."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from pandas import DataFrame

from models.arrays import Float64Array
from models.demand.series import Histories, split_id

LEVELS = (0.05, 0.25, 0.5, 0.75, 0.95)
NAMES = tuple(f"q{round(level * 100):02d}" for level in LEVELS)


@dataclass(frozen=True)
class Forecast:
    """Units of S series in H periods: `days` the first day of each, mean (S, H), quantiles (S, H, 5) in order."""

    ids: tuple[str, ...]
    days: tuple[date, ...]
    mean: Float64Array
    quantiles: Float64Array

    def table(self, keys: Sequence[str]) -> DataFrame:
        """The series' key columns, date, mean, q05 .. q95; one row per series and period."""
        steps = len(self.days)
        values = [split_id(each, keys) for each in self.ids]
        columns: dict[str, object] = {
            key: np.repeat([value[i] for value in values], steps).astype(object) for i, key in enumerate(keys)
        }
        columns |= {"date": list(self.days) * len(self.ids), "mean": self.mean.reshape(-1)}
        columns |= {name: self.quantiles[:, :, i].reshape(-1) for i, name in enumerate(NAMES)}
        return DataFrame(columns)


def tidy(histories: Histories, mean: Float64Array, quantiles: Float64Array) -> Forecast:
    """A forecast without negative units and with quantiles in order (sorting is no loss: Chernozhukov et al., 2010)."""
    ordered = np.sort(np.maximum(quantiles, 0.0), axis=2)
    days = tuple(histories.first_days(mean.shape[1]))
    return Forecast(histories.ids, days, np.maximum(mean, 0.0), ordered)
