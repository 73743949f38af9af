"""Which price, and from when, for the stock that is left: each price of a ladder and each week to begin is tried.

Until the beginning the planned price holds, then the lower one until the last day. What sells is drawn from the
forecast and from the response to the price; no more than the stock is sold, and what is left on the last day is worth
nothing. The choice is the one that brings in most; where none brings more than the planned price, that stays.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import date, timedelta

import numpy as np
import pandas as pd

from models.arrays import Float64Array
from models.demand.inventory.demand_draws import DemandAhead, Span
from models.demand.outlook import Outlook
from models.demand.pricing.responses import PriceResponses
from models.demand.pricing.scenario import price_refusal
from models.demand.series import split_id

LADDER = tuple(share / 100 for share in range(5, 75, 5))
"""What is taken off the planned price, as shares of it."""
WEEK = 7
_SEED = 20_170_103


@dataclass(frozen=True)
class MarkdownTerms:
    """From when until when (the last day, inclusive), and the least margin as a share of the price; None: any."""

    begins: date
    until: date
    margin: float | None = None

    @property
    def days(self) -> int:
        """How many days there are to sell in."""
        return (self.until - self.begins).days + 1


@dataclass(frozen=True)
class Choice:
    """A price from a day on, and what is expected until the last day; the same at the planned price beside it.

    price: None where the usual one is not known
    begins: None where the planned price stays
    limited_by: what forbade lower prices: `margin`, `range` (never seen), or nothing
    refused: why no price was chosen, as a scenario would say, or `no_cost`
    """

    price: float | None
    new_price: float | None = None
    change: float = 0.0
    begins: date | None = None
    units: float = 0.0
    left: float = 0.0
    revenue: float = 0.0
    sold_out: float = 0.0
    planned_units: float = 0.0
    planned_left: float = 0.0
    planned_revenue: float = 0.0
    elasticity: float | None = None
    limited_by: str = ""
    refused: str = ""


@dataclass(frozen=True)
class MarkdownPlan:
    """A row per series with stock (docs/prices.md names the columns)."""

    rows: pd.DataFrame
    terms: MarkdownTerms = field(repr=False)

    @property
    def reduced(self) -> int:
        """Series whose price is to be lowered."""
        return int(self.rows["begins"].notna().sum()) if len(self.rows) else 0

    @property
    def gained(self) -> float:
        """What that brings in beyond the planned prices."""
        return float((self.rows["revenue"] - self.rows["planned_revenue"]).sum()) if len(self.rows) else 0.0


def markdown_plan(
    outlook: Outlook, ahead: DemandAhead, stock: pd.Series[float], costs: pd.Series[float], terms: MarkdownTerms
) -> MarkdownPlan:
    """The choice of every series with stock, those that gain most first.

    Args:
        outlook: the forecast as planned, with the responses to prices.
        ahead: the same as what is needed to add up days, from `terms.begins` on.
        stock: units in hand, by series_id.
        costs: what a unit costs the shop, by series_id; missing where it is not known.
        terms: until when, and at which margin.
    """
    planned, rows = _spans(ahead, terms.days), []
    for row, series in enumerate(outlook.forecast.ids):
        on_hand, cost = float(stock.get(series, np.nan)), float(costs.get(series, np.nan))
        if not on_hand > 0:
            continue
        sold = {day: draws[row] for day, draws in planned.items()}
        choice = _Ware(outlook.prices, outlook.prices.rows.get(series), sold, on_hand, cost, terms).choice()
        keys = dict(zip(outlook.keys, split_id(series, outlook.keys), strict=True))
        told = {"as_of": terms.begins, "until": terms.until, "on_hand": on_hand, "unit_cost": cost}
        rows.append(keys | told | asdict(choice))
    names = [*outlook.keys, "as_of", "until", "on_hand", "unit_cost", *Choice.__dataclass_fields__]
    frame = pd.DataFrame(rows, columns=names)
    gain = frame["revenue"] - frame["planned_revenue"]
    return MarkdownPlan(frame.loc[gain.sort_values(ascending=False, kind="stable").index].reset_index(drop=True), terms)


def _spans(ahead: DemandAhead, days: int) -> dict[int, Float64Array]:
    """Demand at the planned price before each day on which a reduction may begin, and of all days, (S, N) each.

    The draws of each are in order: a series that sells much before a day sells much after it, which holds where
    it is the level that is unsure.
    """
    starts = [0, *range(WEEK, days, WEEK), days]
    found = {day: _matched(ahead.over(float(day))) if day else np.zeros((1, 1)) for day in starts}
    found[0] = np.zeros_like(found[days])
    return found


def _matched(span: Span) -> Float64Array:
    """Its draws, whose mean is the forecast's: quantiles, which the draws follow, may say a little more or less."""
    drawn = span.draws.mean(1)
    return span.draws * np.where(drawn > 0, span.mean / np.where(drawn > 0, drawn, 1.0), 1.0)[:, None]


@dataclass(frozen=True)
class _Ware:
    """One series with stock; `planned` holds draws of what sells at the planned price before each day."""

    responses: PriceResponses
    row: int | None
    planned: Mapping[int, Float64Array]
    on_hand: float
    cost: float
    terms: MarkdownTerms

    def choice(self) -> Choice:
        """What is best."""
        stays = self._stays()
        if self.row is None or stays.price is None:
            return replace(stays, refused="not_learnt")
        refused = price_refusal(self.responses, self.row, stays.price)
        if refused is not None:
            return replace(stays, refused=refused.code)
        if self.terms.margin is not None and np.isnan(self.cost):
            return replace(stays, refused="no_cost")
        return self._best(self.row, stays.price, stays)

    def _stays(self) -> Choice:
        """The planned price to the last day."""
        whole = self.planned[self.terms.days]
        price = None if self.row is None else float(self.responses.price[self.row])
        units = float(np.minimum(whole, self.on_hand).mean())
        left, revenue = self.on_hand - units, units * (price or 0.0)
        return Choice(
            price=price,
            new_price=price,
            units=units,
            left=left,
            revenue=revenue,
            sold_out=float((whole >= self.on_hand).mean()),
            planned_units=units,
            planned_left=left,
            planned_revenue=revenue,
        )

    def _best(self, row: int, usual: float, stays: Choice) -> Choice:
        response = np.random.default_rng(_SEED).permutation(self.responses.draws(row)[:, 0])
        best, limit = stays, ""
        for share in LADDER:
            limit = self._forbidden(row, usual * (1 - share))
            if limit:
                break
            for day in self.planned:
                if day < self.terms.days:
                    tried = self._reduced(stays, usual, share, day, np.exp(response * np.log1p(-share)))
                    best = max(best, tried, key=lambda each: each.revenue)
        return replace(best, elasticity=float(response.mean()), limited_by=limit)

    def _reduced(self, stays: Choice, usual: float, share: float, day: int, factor: Float64Array) -> Choice:
        """A share taken off from a day on; the factors multiply what would sell from then on."""
        before, whole = self.planned[day], self.planned[self.terms.days]
        first, wanted = np.minimum(before, self.on_hand), np.maximum(whole - before, 0.0) * factor
        then, price = np.minimum(wanted, self.on_hand - first), usual * (1 - share)
        units = float((first + then).mean())
        return replace(
            stays,
            new_price=price,
            change=-share,
            begins=self.terms.begins + timedelta(days=day),
            units=units,
            left=self.on_hand - units,
            revenue=float(usual * first.mean() + price * then.mean()),
            sold_out=float((before + wanted >= self.on_hand).mean()),
        )

    def _forbidden(self, row: int, price: float) -> str:
        """What forbids a price: the margin, or that it was never seen."""
        margin = self.terms.margin
        if margin is not None and price * (1 - margin) < self.cost - 1e-9:
            return "margin"
        return "range" if price_refusal(self.responses, row, price) is not None else ""
