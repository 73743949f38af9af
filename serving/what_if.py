"""A scenario's part of the answer of demand: the forecast under it, and what it changes; or why it can't be told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from models.demand.outlook import Outlook
from models.demand.pricing.scenario import NEW_PRODUCT, UNKNOWN_SERIES, Bounded, Effect, Scenario, Unanswerable
from models.demand.series import join_keys
from serving.bodies import ScenarioBody


def apply_scenario(
    outlook: Outlook, asked: ScenarioBody, quantiles: Sequence[tuple[str, int]], results: Sequence[dict[str, Any]]
) -> None:
    """Change the forecasts of results to those under a scenario, and say what it changes.

    Args:
        outlook: the forecasts as planned.
        asked: the scenario.
        quantiles: the name and place of each quantile that is told.
        results: one for each series, with the forecast as planned.
    """
    scenario = Scenario(asked.price, asked.price_change, asked.promotion)
    for result in results:
        name = join_keys([result["series"][key] for key in outlook.keys])
        if name not in outlook.rows:  # its fallback says what answers in place of a forecast of its own
            result["scenario"] = _refused(NEW_PRODUCT if result["fallback"] == "new_product" else UNKNOWN_SERIES)
            continue
        found = outlook.effect(name, scenario)
        if isinstance(found, Unanswerable):
            result |= {"scenario": _refused(found), "fallback": "no_scenario"}
        else:
            _change(outlook, outlook.rows[name], found, quantiles, result)


def _change(
    outlook: Outlook, row: int, found: Effect, quantiles: Sequence[tuple[str, int]], result: dict[str, Any]
) -> None:
    planned, spread = outlook.forecast.mean[row], outlook.forecast.quantiles[row]
    mean, under = found.forecast(planned, spread)
    days = result["forecast"]
    for day, value, plan, row_quantiles in zip(days, mean.tolist(), planned.tolist(), under.tolist(), strict=False):
        day |= {"mean": value, **{name: row_quantiles[place] for name, place in quantiles}}
        if "parts" in day:
            day["parts"]["scenario"] = value - plan
    result["scenario"] = _told(found, planned[: len(days)], mean[: len(days)])


def _told(found: Effect, planned: np.ndarray[Any, Any], mean: np.ndarray[Any, Any]) -> Mapping[str, Any]:
    units, share = found.change(planned)
    percent = Bounded(*(100 * each for each in (share.value, share.low, share.high)))
    return {
        "planned_units": float(planned.sum()),
        "units": float(mean.sum()),
        "change_units": asdict(units),
        "change_percent": asdict(percent),
        "planned_price": found.planned_price,
        "price": found.price,
        "elasticity": asdict(found.elasticity) if found.elasticity else None,
        "own_share": found.own,
        "refused": None,
        "reason": None,
    }


def _refused(found: Unanswerable) -> Mapping[str, Any]:
    names = ("planned_units", "units", "change_units", "change_percent", "planned_price", "price", "elasticity",
             "own_share")  # fmt: skip
    return dict.fromkeys(names) | {"refused": found.code, "reason": str(found.message)}
