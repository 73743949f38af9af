"""What a shop would do without a model, each with quantiles of its own past errors.

naive: the last period's sales, again. seasonal_naive: those of the same weekday of the last week (for weekly
series, of the last week). mean_28d: the mean of the last 28 days.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from models import artifact
from models.arrays import Float64Array
from models.demand.forecast import LEVELS, Forecast, tidy
from models.demand.newcomers.launch_curves import LaunchCurves
from models.demand.plans import NO_CALENDAR, Calendar, Plans
from models.demand.pricing.responses import NO_RESPONSES, PriceResponses
from models.demand.series import Freq, Histories

TYPE = "baseline"
META = "model.json"
NAMES = ("naive", "seasonal_naive", "mean_28d")
_WINDOWS = 3


@dataclass(frozen=True)
class Baseline:
    """A baseline: nothing is fitted, all it needs is in the histories it is given."""

    name: str
    trained_as_of: date
    keys: tuple[str, ...]
    freq: Freq
    horizon: int
    dispersion: float = 1.0
    calendar: Calendar = NO_CALENDAR
    prices: PriceResponses = NO_RESPONSES
    correlations: Mapping[str, float] = field(default_factory=dict)
    curves: LaunchCurves | None = None

    def forecast(self, histories: Histories, plans: Plans, horizon: int | None = None) -> Forecast:
        """The coming periods of every series, 0 on days known to be closed."""
        steps = horizon or self.horizon
        point = self._point(histories.units, steps, histories)
        errors = self._errors(histories, steps)
        quantiles = point[:, :, None] + np.quantile(errors, LEVELS, axis=1).T[:, None, :]
        closed = np.array([day in plans.closed for day in histories.first_days(steps)]) & (histories.freq == "D")
        return tidy(histories, np.where(closed, 0.0, point), np.where(closed[:, None], 0.0, quantiles))

    def save(self, directory: Path) -> None:
        """Write it as JSON into a sealed directory."""
        with artifact.saving(directory) as staging:
            content = {"type": TYPE, "name": self.name, "keys": list(self.keys), "freq": self.freq}
            spread = {"dispersion": self.dispersion, "correlations": dict(self.correlations)}
            times = {"trained_as_of": self.trained_as_of.isoformat(), "horizon": self.horizon}
            artifact.write_json(staging / META, content | times | spread)
            self.calendar.save(staging)
            if self.curves is not None:
                self.curves.save(staging)
            self.prices.save(staging)

    def _point(self, units: Float64Array, steps: int, histories: Histories) -> Float64Array:
        season = 7 // histories.days
        match self.name:
            case "naive":
                return np.repeat(units[:, -1:], steps, axis=1)
            case "seasonal_naive":
                return units[:, -season:][:, np.arange(steps) % min(season, units.shape[1])]
            case _:
                return np.repeat(units[:, -28 // histories.days :].mean(1, keepdims=True), steps, axis=1)

    def _errors(self, histories: Histories, steps: int) -> Float64Array:
        """What it would have missed in the last windows, (S, errors); zeros where there is no past to try it on."""
        units, errors = histories.units, []
        for window in range(1, _WINDOWS + 1):
            split = histories.periods - window * steps
            if split < 28 // histories.days:
                break
            errors.append(units[:, split : split + steps] - self._point(units[:, :split], steps, histories))
        return np.concatenate(errors, axis=1) if errors else np.zeros((len(units), 1))


def fitted(
    as_of: date, keys: tuple[str, ...], freq: Freq, horizon: int, calendar: Calendar = NO_CALENDAR
) -> dict[str, Baseline]:
    """All of them as of a date."""
    return {name: Baseline(name, as_of, keys, freq, horizon, calendar=calendar.announced(as_of)) for name in NAMES}


def load(directory: Path, content: Mapping[str, Any]) -> Baseline:
    """The baseline whose `model.json` says `content`."""
    return Baseline(
        name=content["name"],
        trained_as_of=date.fromisoformat(content["trained_as_of"]),
        keys=tuple(content["keys"]),
        freq=content["freq"],
        horizon=int(content["horizon"]),
        dispersion=float(content["dispersion"]),
        calendar=Calendar.load(directory),
        prices=PriceResponses.load(directory),
        correlations=content.get("correlations", {}),
        curves=LaunchCurves.load(directory),
    )
