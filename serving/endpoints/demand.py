"""POST /v1/demand: how much of everything will sell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date
from typing import Any

from core.keys import Key
from core.prediction_log import Result
from models.demand import KIND
from models.demand.forecast import LEVELS, NAMES
from models.demand.inventory.replenishment import SeriesLevels
from models.demand.outlook import Outlook, SeriesOutlook
from models.demand.series import PERIOD, join_keys
from serving.answers import DemandAnswer
from serving.bodies import DemandBody
from serving.endpoint import Endpoint
from serving.prediction import answer, champion, refuse_too_many
from serving.problems import InvalidBody, NotYet
from serving.runtime import Runtime
from serving.what_if import apply_scenario

MOST_EXPLAINED = 20
"""Series in one request: each takes about 40 ms (28 days, on the Complete Journey), in which others wait."""


def demand(runtime: Runtime, body: DemandBody, _key: Key) -> dict[str, Any]:
    """One result per series, from the forecast that was made when the store was filled."""
    refuse_too_many(runtime, "series", body.series)
    serving = champion(runtime, KIND)
    outlook = runtime.forecasts.now
    for place, series in enumerate(body.series):
        _refuse_other_keys(place, series, runtime.workspace.settings.demand.series)
    _refuse_far(runtime, body)
    _refuse_many_explained(body)
    if outlook is None:
        raise NotYet("there is no forecast yet; run: regulars materialize", headers={"Retry-After": "5"})
    asked = _asked(runtime, body, outlook)
    results = [
        _result(series, _reviewed(runtime, outlook.of(series)), asked, serving.fallback) for series in body.series
    ]
    if body.explain:
        _explain(outlook, results)
    if body.scenario is not None:
        apply_scenario(outlook, body.scenario, asked.quantiles, results)
    logged = [
        Result(join_keys([r["series"][key] for key in outlook.keys]), _total(r["forecast"]), fallback=r["fallback"])
        for r in results
    ]
    request: dict[str, Any] = {
        "horizon": body.horizon,
        "first_day": asked.days[0].isoformat(),
        "periods": len(asked.days),
    }
    if body.scenario is None:
        return answer(runtime, serving, "demand", results, logged=logged, request=request)
    # by a name of its own: what might sell is no forecast to be held against what did
    request["scenario"] = body.scenario.model_dump(exclude_none=True)
    return answer(runtime, serving, "demand_scenario", results, logged=logged, request=request)


def _reviewed(runtime: Runtime, found: SeriesOutlook | None) -> SeriesOutlook | None:
    """Nothing needs a review that a reviewer has accepted."""
    if found is None or found.series_id not in runtime.forecasts.accepted:
        return found
    return replace(found, needs_review=False)


def _explain(outlook: Outlook, results: Sequence[Mapping[str, Any]]) -> None:
    """Adds the parts to each day of the series that are known."""
    for result in results:
        days, name = result["forecast"], join_keys([result["series"][key] for key in outlook.keys])
        if name in outlook.rows:
            for day, parts in zip(days, outlook.parts(name, len(days)), strict=True):
                day["parts"] = dict(parts)


@dataclass(frozen=True)
class _Asked:
    """How much of each outlook is told: the first day of each period, and (name, place) of each quantile."""

    days: Sequence[date]
    quantiles: Sequence[tuple[str, int]]


def _asked(runtime: Runtime, body: DemandBody, outlook: Outlook) -> _Asked:
    settings = runtime.workspace.settings.demand
    horizon = body.horizon or settings.horizon_days
    periods = -(-horizon // PERIOD[settings.freq])
    quantiles = [(NAMES[place], place) for place, level in enumerate(LEVELS) if level in body.quantiles]
    return _Asked(outlook.forecast.days[:periods], quantiles)


def _refuse_far(runtime: Runtime, body: DemandBody) -> None:
    most = runtime.workspace.settings.demand.horizon_days
    if body.horizon is not None and not 1 <= body.horizon <= most:
        allowed = f"an integer from 1 to {most} (demand.horizon_days), or null for all of these days"
        raise InvalidBody.field("horizon", f"{body.horizon} is not possible", allowed)


def _refuse_many_explained(body: DemandBody) -> None:
    if body.explain and len(body.series) > MOST_EXPLAINED:
        wrong = f"{len(body.series)} series can't be explained at once"
        raise InvalidBody.field("explain", wrong, f"true for at most {MOST_EXPLAINED} series")


def _refuse_other_keys(place: int, series: Mapping[str, str], keys: Sequence[str]) -> None:
    allowed = f"an object with exactly the fields {', '.join(keys)}"
    for name in series:
        if name not in keys:
            raise InvalidBody.field(f"series[{place}].{name}", "unknown field", allowed, keys, name)
    for key in keys:
        if key not in series:
            raise InvalidBody.field(f"series[{place}].{key}", "is missing", allowed)


def _result(
    series: Mapping[str, str], found: SeriesOutlook | None, asked: _Asked, fallback: str | None
) -> dict[str, Any]:
    if found is None:
        return {
            "series": dict(series),
            "forecast": [_day(day, 0.0, [(name, 0.0) for name, _ in asked.quantiles]) for day in asked.days],
            **asdict(SeriesLevels()),
            "surge": False,
            "needs_review": False,
            "fallback": "unknown_series",
        }
    days = [
        _day(day, mean, [(name, quantiles[place]) for name, place in asked.quantiles])
        for day, mean, quantiles in zip(asked.days, found.mean.tolist(), found.quantiles.tolist(), strict=False)
    ]
    return {
        "series": dict(series),
        "forecast": days,
        **asdict(found.levels),
        "surge": found.surge,
        "needs_review": found.needs_review,
        "fallback": fallback,
    }


def _day(day: date, mean: float, quantiles: Sequence[tuple[str, float]]) -> dict[str, Any]:
    return {"date": day.isoformat(), "mean": mean, **dict(quantiles)}


def _total(days: Sequence[Mapping[str, Any]]) -> float:
    return float(sum(day["mean"] for day in days))


ENDPOINT = Endpoint(
    "POST",
    "/v1/demand",
    "predict",
    demand,
    DemandAnswer,
    "How many units sell on each of the coming days",
    DemandBody,
    {
        "series": [{"category": "SOFT DRINKS"}],
        "horizon": 28,
        "quantiles": [0.05, 0.5, 0.95],
        "explain": False,
        "scenario": None,
    },
)
