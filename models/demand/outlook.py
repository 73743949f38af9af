"""All series at once: the forecast and the advice that batch files and the service give out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property

import numpy as np
from pandas import DataFrame, to_datetime

from core.errors import DataError, UsageError
from core.settings import Demand, Settings
from models.arrays import BoolArray, Float64Array
from models.demand.advice import Advice, advise
from models.demand.baselines import Baseline
from models.demand.explanation import ForecastParts, named
from models.demand.forecast import Forecast
from models.demand.inventory.replenishment import Replenishment, SeriesLevels
from models.demand.levels.level_outlook import LevelOutlook
from models.demand.model import DemandModel
from models.demand.newcomers.newcomer_outlook import NewcomerOutlook
from models.demand.plans import Calendar, Plans, quiet_holidays
from models.demand.pricing.responses import NO_RESPONSES, PriceResponses
from models.demand.pricing.scenario import NOT_LEARNT, Effect, Scenario, Unanswerable, effect
from models.demand.series import PERIOD, Histories, join_keys, origin, steps, unpack


@dataclass(frozen=True)
class SeriesOutlook:
    """One series: mean (H,), quantiles (H, 5), the first day of each period, the advice, and levels of its stock."""

    series_id: str
    days: tuple[date, ...]
    mean: Float64Array
    quantiles: Float64Array
    surge: bool
    needs_review: bool
    levels: SeriesLevels
    surge_chance: float | None


@dataclass(frozen=True)
class Outlook:
    """The forecast of every series as of a date, made once and asked often."""

    as_of: date
    keys: tuple[str, ...]
    forecast: Forecast
    advice: Advice
    replenishment: Replenishment | None = None
    """Of those who are told of orders: it takes the draws of every series."""
    taken_apart: ForecastParts | None = None
    """Of a model; a baseline has nothing to take apart."""
    prices: PriceResponses = NO_RESPONSES
    promoted: Float64Array | None = None
    """The share of each series that is to be promoted in each way, (channels, S, H)."""
    levels: tuple[LevelOutlook, ...] = ()
    """The groups of series that are forecast beside them."""
    newcomers: NewcomerOutlook | None = None
    """The products that are too new to be among the series."""
    quiet: BoolArray = field(default_factory=lambda: np.zeros(0, dtype=bool))
    """Which series sold nothing for four weeks, and not for want of stock, (S,)."""
    ended: BoolArray | None = None
    """Which of them are taken to have ended (`endings`); None: none."""

    @cached_property
    def rows(self) -> Mapping[str, int]:
        """Where each series stands."""
        return {series: row for row, series in enumerate(self.forecast.ids)}

    @cached_property
    def totals(self) -> Mapping[str, float]:
        """Units of each series over the horizon."""
        return dict(zip(self.forecast.ids, self.forecast.mean.sum(1).tolist(), strict=True))

    def of(self, series: Mapping[str, str] | Sequence[str]) -> SeriesOutlook | None:
        """The outlook of the series with these key values (by name, or in the order of `keys`); None if unknown."""
        values = [str(series[key]) for key in self.keys] if isinstance(series, Mapping) else list(series)
        row = self.rows.get(join_keys(values))
        return None if row is None else self.at(row)

    def at(self, row: int) -> SeriesOutlook:
        """The outlook of the series in a row."""
        chance = float(self.advice.surge_chance[row])
        return SeriesOutlook(
            self.forecast.ids[row],
            self.forecast.days,
            self.forecast.mean[row],
            self.forecast.quantiles[row],
            bool(self.advice.surge[row]),
            bool(self.advice.needs_review[row]),
            self.replenishment.at(row) if self.replenishment else SeriesLevels(),
            None if np.isnan(chance) else chance,
        )

    def parts(self, series_id: str, periods: int) -> list[Mapping[str, float]]:
        """What makes up the mean of each of the first periods, in units, by the names of `explanation.PARTS`.

        A baseline only counts.
        """
        row = self.rows[series_id]
        if self.ended is not None and self.ended[row]:
            return [{"level": 0.0}] * len(self.forecast.days[:periods])
        if self.taken_apart is None:
            return [{"counting": float(mean)} for mean in self.forecast.mean[row, :periods]]
        return [named(day) for day in self.taken_apart.parts(row)[:periods]]

    def effect(self, series_id: str, scenario: Scenario) -> Effect | Unanswerable:
        """What a scenario does to a series of the outlook, or why that can't be told."""
        if self.promoted is None:
            return NOT_LEARNT
        return effect(self.prices, series_id, scenario, self.promoted[:, self.rows[series_id]])

    def table(self) -> DataFrame:
        """The series' key columns, date, mean and quantiles: the prediction file without its version."""
        return self.forecast.table(self.keys)


def refuse_other_series(model: DemandModel | Baseline, settings: Settings) -> None:
    """Refuse a model of other series, or of other periods, than the settings name.

    Raises:
        DataError: they differ.
    """
    asked = settings.demand
    if (model.keys, model.freq) != (asked.series, asked.freq):
        raise DataError(
            f"the model forecasts {', '.join(model.keys)} by {model.freq}",
            why=f"regulars.toml says {', '.join(asked.series)} by {asked.freq}",
            todo="train a model of these and promote it: regulars train demand",
        )


def look_ahead(model: DemandModel | Baseline, histories: Histories, days: Calendar, settings: Settings) -> Outlook:
    """Forecast every series of the shop over the horizon."""
    horizon = min(steps(settings.demand), model.horizon)
    plans = _plans(histories, days, steps(settings.demand))
    forecast = model.forecast(histories, plans, horizon)
    advice = advise(forecast, histories, settings.rules)
    taken_apart = ForecastParts(model, histories, plans, horizon) if isinstance(model, DemandModel) else None
    promoted = histories.promoted[:, :, histories.behind : histories.behind + horizon]
    quiet = histories.units[:, -28 // histories.days :].sum(1) == 0
    return Outlook(
        histories.origin, model.keys, forecast, advice, None, taken_apart, model.prices, promoted, quiet=quiet
    )


def forecast(
    model: DemandModel | Baseline, features: DataFrame, days: Calendar, as_of: date, settings: Settings
) -> Outlook:
    """The same from the features of every series as the store gives them, offline or online.

    Args:
        model: what forecasts.
        features: `series_id` and the features of `series_features` as of `as_of`, one row per series of the shop.
        days: the shop's calendar (`models.demand.plans.calendar`).
        as_of: the date the features are of (an origin: for weekly series, a Monday).
        settings: the workspace's.

    Raises:
        DataError: no series, too little history, or a model of other inputs.
    """
    return look_ahead(model, unpack(features, as_of, settings.demand), days, settings)


def answer(model: DemandModel | Baseline, inputs: DataFrame) -> DataFrame:
    """The forecast of a whole shop from a plain frame: the keys, date, mean and quantiles, a row per series and period.

    The days that are known ahead are those of the calendar saved with the model: for a date after its training,
    plans announced since are not among them.

    Args:
        model: what forecasts; its series, periods and horizon count.
        inputs: `series_id`, `as_of` (one date; for weekly series, a Monday) and the features of `series_features`
            as of it, one row per series of the shop.

    Raises:
        UsageError: more than one date, or one that no forecast starts at.
        DataError: no series, or too little history.
    """
    start = _origin(model, inputs)
    settings = Demand(series=model.keys, freq=model.freq, horizon_days=model.horizon * PERIOD[model.freq])
    histories = unpack(inputs, start, settings)
    return model.forecast(histories, _plans(histories, model.calendar, model.horizon)).table(model.keys)


def _origin(model: DemandModel | Baseline, inputs: DataFrame) -> date:
    days = sorted(set(to_datetime(inputs["as_of"]).dt.date))
    if len(days) > 1:
        raise UsageError(f"one date is forecast from, not {len(days)}", todo="ask for each date by itself")
    start = days[0] if days else model.trained_as_of
    if start != origin(start, model.freq):
        raise UsageError(
            f"weekly forecasts start on a Monday, and {start} is none",
            todo=f"give the features as of {origin(start, model.freq)}",
        )
    return start


def _plans(histories: Histories, days: Calendar, horizon: int) -> Plans:
    """What is known at the origin of whole periods ahead."""
    return days.known(histories.origin, horizon * histories.days, quiet_holidays(histories, days))
