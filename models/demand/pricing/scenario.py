"""What a price, or a promotion, would make of a forecast: the plan times what the series' responses say, or why not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from core.messages import Message
from feature_repo.families.series_promotions import CHANNELS
from models.arrays import Float64Array
from models.demand.forecast import LEVELS
from models.demand.pricing.responses import PriceResponses

INTERVAL = (0.05, 0.95)
"""The chances between which a change is told."""
_DIGITS = 9
"""Of a change: what lies beyond is the arithmetic's, and would put bounds out of order."""
_BEYOND = 1.2
"""How many times further than a price has ever lain one may still be asked for."""
_NORMAL = {0.05: -1.6448536269514722, 0.25: -0.6744897501960817, 0.5: 0.0, 0.75: 0.6744897501960817,
           0.95: 1.6448536269514722}  # fmt: skip

Promotion = bool | Literal["display", "mailer", "other"] | None


@dataclass(frozen=True)
class Scenario:
    """What is asked: a price, or its relative change, and whether the series is promoted; None is as planned."""

    price: float | None = None
    price_change: float | None = None
    promotion: Promotion = None


@dataclass(frozen=True)
class Unanswerable:
    """Why a scenario can't be answered."""

    message: Message

    @property
    def code(self) -> str:
        """What is wrong, such as `price_never_moved`."""
        return self.message.code.rpartition(".")[2]


UNKNOWN_SERIES = Unanswerable(Message("scenario.unknown_series"))
NEW_PRODUCT = Unanswerable(Message("scenario.new_product"))
NOT_LEARNT = Unanswerable(Message("scenario.not_learnt"))
_LEARNT = {
    "too_short": Unanswerable(Message("scenario.too_short")),
    "price_never_moved": Unanswerable(Message("scenario.price_never_moved")),
    "price_moved_too_little": Unanswerable(Message("scenario.price_moved_too_little")),
    "response_unclear": Unanswerable(Message("scenario.response_unclear")),
}
"""Those that are known of a series whatever is asked."""


@dataclass(frozen=True)
class Bounded:
    """A figure with the bounds between which it lies with a chance of nine in ten."""

    value: float
    low: float
    high: float

    @classmethod
    def of(cls, draws: Float64Array) -> Bounded:
        """Of equally likely figures."""
        low, value, high = (
            round(float(each), _DIGITS) + 0.0  # no -0.0
            for each in (np.quantile(draws, INTERVAL[0]), draws.mean(), np.quantile(draws, INTERVAL[1]))
        )
        return cls(value, min(low, value), max(high, value))


@dataclass(frozen=True)
class Effect:
    """What a scenario does to a series.

    factors: (N, H), equally likely, by which the plan's sales are multiplied
    planned_price, price: what a unit costs by the plan and by the scenario; None where the price is not asked about
    elasticity: by how many percent sales change with one percent of price; None where it is not asked about
    own: how much of the elasticity the series' own weeks tell, 0 to 1
    """

    factors: Float64Array
    planned_price: float | None
    price: float | None
    elasticity: Bounded | None
    own: float | None

    def forecast(self, mean: Float64Array, quantiles: Float64Array) -> tuple[Float64Array, Float64Array]:
        """Mean (H,) and quantiles (H, 5) under the scenario, the quantiles as much wider as the factor is unsure."""
        factor = self.factors.mean(0)
        middle = np.median(self.factors, axis=0)
        unsure = np.log(np.maximum(self.factors, 1e-9)).std(0)[:, None]
        median = quantiles[:, 2:3]
        told = (median > 0) & (quantiles > 0)
        ratio = np.log(np.where(told, quantiles, 1.0) / np.where(told, median, 1.0))
        away = np.array([_NORMAL[level] for level in LEVELS])
        wider = np.sign(away) * np.sqrt(ratio**2 + (away * unsure) ** 2)
        apart = np.where(told, median * np.exp(wider), quantiles)
        return mean * factor, np.sort(middle[:, None] * apart, axis=1)

    def change(self, mean: Float64Array) -> tuple[Bounded, Bounded]:
        """What the scenario adds to the plan's mean (H,) over all its days, in units and as a share of it."""
        units = (self.factors[:, : len(mean)] - 1) @ mean
        total = float(mean.sum())
        return Bounded.of(units), Bounded.of(units / total if total > 0 else np.zeros(len(units)))


def effect(
    responses: PriceResponses, series_id: str, scenario: Scenario, planned: Float64Array
) -> Effect | Unanswerable:
    """What a scenario does to a series with `planned` promotions (channels, H), or why it can't be told."""
    row = responses.rows.get(series_id)
    if row is None:
        return NOT_LEARNT
    price = _asked_price(responses, row, scenario)
    refused = price_refusal(responses, row, price) or _promotion_refused(responses, row, scenario.promotion)
    if refused:
        return refused
    draws = responses.draws(row)
    usual = float(responses.price[row])
    log = np.zeros((len(draws), planned.shape[1]))
    if price is not None:
        log += draws[:, :1] * np.log(price / usual)
    log += draws[:, 1:] @ (_shares(responses, row, scenario.promotion, planned) - planned)
    asked = price is not None
    return Effect(
        factors=np.exp(log),
        planned_price=usual if asked else None,
        price=price,
        elasticity=Bounded.of(draws[:, 0]) if asked else None,
        own=float(responses.own[row]) if asked else None,
    )


def _asked_price(responses: PriceResponses, row: int, scenario: Scenario) -> float | None:
    if scenario.price_change is not None:
        return float(responses.price[row]) * (1 + scenario.price_change)
    return scenario.price


def price_refusal(responses: PriceResponses, row: int, price: float | None) -> Unanswerable | None:
    """Why a price can't be answered for."""
    if price is None:
        return None
    if responses.refused[row]:
        return _LEARNT[responses.refused[row]]
    low, high = responses.lowest[row] / _BEYOND, responses.highest[row] * _BEYOND
    if not low <= price <= high:
        least, most = round(float(low), 2), round(float(high), 2)
        return Unanswerable(
            Message("scenario.price_out_of_range", {"price": round(price, 4), "low": least, "high": most})
        )
    return None


def _promotion_refused(responses: PriceResponses, row: int, promotion: Promotion) -> Unanswerable | None:
    if promotion is None:
        return None
    wanted = range(len(CHANNELS)) if isinstance(promotion, bool) else [CHANNELS.index(promotion)]
    if any(responses.varied[row, channel] for channel in wanted):
        return None
    return Unanswerable(Message("scenario.promotion_never_varied"))


def _shares(responses: PriceResponses, row: int, promotion: Promotion, planned: Float64Array) -> Float64Array:
    """The share promoted in each way and period under the scenario, (channels, H).

    A way whose effect was never seen stays as planned.
    """
    if promotion is None:
        return planned
    if isinstance(promotion, bool):
        wanted = responses.promoted[row] * promotion
        chosen = responses.varied[row]
    else:
        wanted = responses.promoted[row]
        chosen = responses.varied[row] & (np.arange(len(CHANNELS)) == CHANNELS.index(promotion))
    found: Float64Array = np.where(chosen[:, None], wanted[:, None], planned)
    return found
