"""Windows before the evaluation: what was known, what the boosters said, what came. Adjustments are learnt on them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from pandas import DataFrame

from models.arrays import Float64Array, Int64Array
from models.demand.adjustments import Adjustments, Word, classes
from models.demand.evaluation import score_series
from models.demand.forecast import Forecast, tidy
from models.demand.series import Histories


@dataclass(frozen=True)
class ForecastWindow:
    """The boosters' word on a window, and what was sold, (S, H), nan where it is not known: of series that `known`
    lacked, and on days without stock."""

    word: Word
    sold: Float64Array

    @cached_property
    def known(self) -> Int64Array:
        """The rows of series of which the window is known, but for days without stock."""
        return np.flatnonzero(np.isfinite(self.sold).any(1))

    @cached_property
    def histories(self) -> Histories:
        """Those of the known series: tried adjustments are many, and each is scored on them."""
        return self.word.histories.select(self.known)

    @cached_property
    def classes(self) -> Int64Array:
        """The class of each known series at the window's start."""
        return classes(self.word.histories)[self.known]

    def forecast(self, adjustments: Adjustments) -> Forecast:
        """The forecast of the known series that these adjustments make."""
        mean, quantiles = adjustments.apply(self.word)
        return tidy(self.histories, mean[self.known], quantiles[self.known])

    def scores(self, adjustments: Adjustments) -> DataFrame:
        """One row of sums per known series (`score_series`)."""
        return score_series(self.forecast(adjustments), self.sold[self.known], self.histories)
