"""What a peer says of the coming periods."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.arrays import Float64Array
from models.demand.forecast import LEVELS, Forecast, tidy
from models.demand.series import Histories
from pipelines.bench.demand.demand_task import DemandTask


@dataclass(frozen=True)
class Said:
    """In units: mean (S, H) and quantiles (S, H, 5)."""

    mean: Float64Array
    quantiles: Float64Array

    @classmethod
    def around(cls, mean: Float64Array, missed: Float64Array) -> Said:
        """A mean with split-conformal quantiles: it plus the quantiles of each series' past errors, (S, errors)."""
        return cls(mean, mean[:, :, None] + np.nanquantile(missed, LEVELS, axis=1).T[:, None, :])

    def forecast(self, task: DemandTask, histories: Histories) -> Forecast:
        """As a forecast of the product: nothing sells where the shop is known to be closed, nothing is negative."""
        mean, quantiles = np.nan_to_num(self.mean), np.nan_to_num(self.quantiles)
        return tidy(histories, mean * task.open, quantiles * task.open[:, None])
