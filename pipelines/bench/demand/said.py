"""What a peer says of the coming periods."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.arrays import Float64Array
from models.demand.forecast import Forecast, tidy
from models.demand.series import Histories
from pipelines.bench.demand.demand_task import DemandTask


@dataclass(frozen=True)
class Said:
    """In units: mean (S, H) and quantiles (S, H, 5)."""

    mean: Float64Array
    quantiles: Float64Array

    def forecast(self, task: DemandTask, histories: Histories) -> Forecast:
        """As a forecast of the product: nothing sells where the shop is known to be closed, nothing is negative."""
        mean, quantiles = np.nan_to_num(self.mean), np.nan_to_num(self.quantiles)
        return tidy(histories, mean * task.open, quantiles * task.open[:, None])
