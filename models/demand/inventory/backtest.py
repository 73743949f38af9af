"""What the policy would have earned on a window that is over, beside policies a buyer sets without a model.

Ours is asked with a model that knows nothing of the window, again on each day that stock is looked at, by the facts
before it. Lost sales are told only as far as past sales tell of them: what the shop itself ran out of never sold.
"""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np

from core.errors import UsageError
from core.workspace import Workspace
from models.arrays import Float64Array
from models.demand.baselines import Baseline
from models.demand.dataset import histories_at
from models.demand.inventory.demand_draws import DemandAhead
from models.demand.inventory.levels import StockLevels, stock_levels
from models.demand.inventory.policies import FOUR_WEEKS, MEAN_SIGMA, four_weeks, mean_sigma
from models.demand.inventory.simulation import Ledger, Policy, ledger, simulate
from models.demand.inventory.terms import order_terms, service_levels
from models.demand.labels import sold
from models.demand.model import DemandModel
from models.demand.outlook import look_ahead
from models.demand.plans import calendar
from models.demand.series import Histories

OURS, NAIVE = "regulars", "newsvendor on the naive"


def backtest(workspace: Workspace, model: DemandModel | Baseline, as_of: date) -> dict[str, Ledger]:
    """What each policy came to in the `demand.horizon_days` from `as_of` on, by its name.

    Raises:
        UsageError: weekly series, or lead time and review that reach beyond the forecast.
        DataError: the window is not over.
    """
    settings = workspace.settings
    if settings.demand.freq != "D":
        raise UsageError("only daily series are simulated", todo='set demand.freq = "D", or leave --backtest out')
    terms = order_terms(settings)
    terms.within(settings.demand.horizon_days)
    days = range(0, settings.demand.horizon_days, terms.review_days)
    known = histories_at(workspace, [as_of + timedelta(days=day) for day in days])
    at = {day: known[as_of + timedelta(days=day)] for day in days}
    ids = at[0].ids
    asked = np.nan_to_num(sold(workspace, ids, as_of))
    service, marked = service_levels(workspace, settings.demand.series, ids), calendar(workspace)
    naive = Baseline("naive", as_of, model.keys, model.freq, model.horizon, calendar=model.calendar)

    def forecast_by(what: DemandModel | Baseline) -> Policy:
        ahead = {day: look_ahead(what, each, marked, settings).forecast for day, each in at.items()}
        horizons = {day: DemandAhead(found, 1, what.dispersion) for day, found in ahead.items()}
        found = {day: stock_levels(horizons[day], terms, _own(service, ids, at[day].ids)) for day in days}
        return lambda day: _of(found[day], at[day].ids, ids)

    past = {day: each.units[_rows(each.ids, ids)] for day, each in at.items()}
    policies: dict[str, Policy] = {
        OURS: forecast_by(model),
        NAIVE: forecast_by(naive),
        MEAN_SIGMA: lambda day: mean_sigma(past[day], terms, service),
        FOUR_WEEKS: lambda day: four_weeks(past[day], terms, service),
    }
    price, own = _prices(at[0]), settings.ordering
    courses = {name: simulate(policy, asked, terms) for name, policy in policies.items()}
    return {name: ledger(ids, course, price, own.margin, own.holding_cost) for name, course in courses.items()}


def _rows(ids: tuple[str, ...], wanted: tuple[str, ...]) -> list[int]:
    rows = {series: row for row, series in enumerate(ids)}
    return [rows[series] for series in wanted]


def _own(service: Float64Array, ids: tuple[str, ...], wanted: tuple[str, ...]) -> Float64Array:
    levels = dict(zip(ids, service.tolist(), strict=True))
    return np.array([levels.get(series, float(service.max())) for series in wanted])


def _of(levels: StockLevels, ids: tuple[str, ...], wanted: tuple[str, ...]) -> StockLevels:
    return levels.select(_rows(ids, wanted))


def _prices(histories: Histories) -> Float64Array:
    """What a unit of each series brought in the last 28 days; where nothing sold, the mean of the others."""
    units = histories.units[:, -28:].sum(1)
    usable = (units > 0) & (histories.revenue > 0)
    prices = histories.revenue / np.maximum(units, 1e-9)
    return np.where(usable, prices, prices[usable].mean() if usable.any() else 1.0)
