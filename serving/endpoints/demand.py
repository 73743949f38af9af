"""POST /v1/demand: how much of everything will sell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import asdict, dataclass, replace
from datetime import date
from typing import Any

import numpy as np

from core.keys import Key
from core.prediction_log import Result
from models.demand import KIND
from models.demand.forecast import LEVELS, NAMES
from models.demand.inventory.replenishment import SeriesLevels
from models.demand.kind import Model
from models.demand.levels.level_outlook import LevelOutlook
from models.demand.outlook import Outlook, SeriesOutlook
from models.demand.series import PERIOD, join_keys
from serving.answers import DemandAnswer
from serving.bodies import DemandBody
from serving.champions import Champion, Lineup
from serving.endpoint import Endpoint, LaneName, by_size
from serving.prediction import answer, lineup, refuse_too_many
from serving.problems import InvalidBody, NotYet
from serving.runtime import Runtime
from serving.what_if import apply_scenario

LEVEL = "level"
"""How the log marks the line of a group of series."""
MOST_EXPLAINED = 20
"""Series in one request: each takes about 40 ms (28 days, on the Complete Journey), in which others wait."""


def demand(runtime: Runtime, body: DemandBody, _key: Key) -> dict[str, Any]:
    """One result per series, from the forecast that was made when the store was filled."""
    refuse_too_many(runtime, "series", body.series)
    team = lineup(runtime, KIND)
    by_champion = _Teller.of(runtime, team.champion, team.before)
    levels = by_champion.outlook.levels if by_champion else ()
    for place, series in enumerate(body.series):
        _refuse_other_keys(
            place, series, runtime.workspace.settings.demand.series, [each.groups.keys for each in levels]
        )
    _refuse_far(runtime, body)
    _refuse_many_explained(body, runtime.workspace.settings.demand.series)
    if by_champion is None:
        raise NotYet("there is no forecast yet; run: regulars materialize", headers={"Retry-After": "5"})
    tellers = [_teller(runtime, team, series, by_champion) for series in body.series]
    results = [_told(runtime, body, teller, series) for teller, series in zip(tellers, body.series, strict=True)]
    for teller in {id(each): each for each in tellers}.values():
        own = [result for result, each in zip(results, tellers, strict=True) if each is teller]
        if body.explain:
            _explain(teller.outlook, own)
        if body.scenario is not None:
            apply_scenario(teller.outlook, body.scenario, _asked(runtime, body, teller).quantiles, own)
    logged = [_logged(teller.outlook, each) for teller, each in zip(tellers, results, strict=True)]
    days = _asked(runtime, body, by_champion).days
    request: dict[str, Any] = {"horizon": body.horizon, "first_day": days[0].isoformat(), "periods": len(days)}
    name = "demand"
    if body.scenario is not None:
        # by a name of its own: what might sell is no forecast to be held against what did
        name, request["scenario"] = "demand_scenario", body.scenario.model_dump(exclude_none=True)
    else:
        _score_shadows(runtime, team, body, request)
    by_line = [teller.who for teller in tellers]
    return answer(runtime, by_champion.who, name, results, logged=logged, request=request, by_line=by_line)


@dataclass(frozen=True)
class _Teller:
    """A version with its outlook, and which series a reviewer has accepted in it."""

    who: Champion[Model]
    outlook: Outlook
    accepted: Set[str]

    @classmethod
    def of(cls, runtime: Runtime, who: Champion[Model], before: str | None = None) -> _Teller | None:
        """Who tells for a version (`ForecastCache.of`); None: nobody can yet."""
        held = runtime.forecasts_of(who)
        made, first = held.of(who, before), next(iter(held.kept), None)
        return cls(made.who, made.outlook, held.accepted if made is first else frozenset()) if made else None


def _teller(runtime: Runtime, team: Lineup[Model], series: Mapping[str, str], by_champion: _Teller) -> _Teller:
    """Who answers a series: its arm, once that has an outlook of the same day; groups are the champion's."""
    outlook = by_champion.outlook
    if team.experiment is None or set(series) != set(outlook.keys):
        return by_champion
    arm = team.of(join_keys([series[key] for key in outlook.keys]))
    found = _Teller.of(runtime, arm) if arm.is_arm else None
    return found if found and found.outlook.as_of == outlook.as_of else by_champion


def _told(runtime: Runtime, body: DemandBody, teller: _Teller, series: Mapping[str, str]) -> dict[str, Any]:
    outlook, asked = teller.outlook, _asked(runtime, body, teller)
    if level := _level(outlook, series):
        return _of_level(teller, level, series, asked)
    return _of_newcomer(outlook, series, asked) or _result(series, _reviewed(teller, outlook.of(series)), asked)


def _score_shadows(runtime: Runtime, team: Lineup[Model], body: DemandBody, request: dict[str, Any]) -> None:
    for who in team.shadows:
        runtime.score_shadow(who, "demand", request, lambda who=who: _shadow_lines(runtime, who, body, request))  # type: ignore[misc]


def _shadow_lines(runtime: Runtime, who: Champion[Model], body: DemandBody, request: Mapping[str, Any]) -> list[Result]:
    """The totals of series that the shadow knows, where its outlook begins on the same day."""
    teller = _Teller.of(runtime, who)
    if teller is None or teller.outlook.forecast.days[0].isoformat() != request["first_day"]:
        return []
    outlook, periods = teller.outlook, request["periods"]
    asked = [join_keys([each[key] for key in outlook.keys]) for each in body.series if set(each) == set(outlook.keys)]
    return [
        Result(name, float(outlook.forecast.mean[outlook.rows[name], :periods].sum()))
        for name in asked
        if name in outlook.rows
    ]


def _reviewed(teller: _Teller, found: SeriesOutlook | None) -> SeriesOutlook | None:
    """Nothing needs a review that a reviewer has accepted."""
    if found is None or found.series_id not in teller.accepted:
        return found
    return replace(found, needs_review=False)


def _explain(outlook: Outlook, results: Sequence[Mapping[str, Any]]) -> None:
    """Adds the parts to each day; of a new product all is what products alike sold, of an unknown series nothing."""
    for result in results:
        days, name = result["forecast"], join_keys([result["series"][key] for key in outlook.keys])
        if name in outlook.rows:
            for day, parts in zip(days, outlook.parts(name, len(days)), strict=True):
                day["parts"] = dict(parts)
        else:
            for day in days:
                day["parts"] = None if day["mean"] is None else {"products_alike": day["mean"]}


def _logged(outlook: Outlook, result: Mapping[str, Any]) -> Result:
    """A group's line says that it is one: what came of its series is counted by theirs."""
    level = _level(outlook, result["series"])
    subject = join_keys([result["series"][key] for key in (level.groups.keys if level else outlook.keys)])
    return Result(subject, _total(result["forecast"]), fallback=LEVEL if level else result["fallback"])


def _level(outlook: Outlook, series: Mapping[str, str]) -> LevelOutlook | None:
    """The level whose keys are asked for."""
    return next((each for each in outlook.levels if set(each.groups.keys) == set(series)), None)


def _of_level(teller: _Teller, level: LevelOutlook, series: Mapping[str, str], asked: _Asked) -> dict[str, Any]:
    """A group is forecast; it is ordered by its series, and waits for a review, or surges, where one of them does."""
    row = level.row(series)
    if row is None:
        return _result(series, None, asked)
    forecast, accepted, outlook = level.forecast, teller.accepted, teller.outlook
    waits = outlook.advice.needs_review & ~np.isin(outlook.forecast.ids, list(accepted))
    return {
        "series": dict(series),
        "forecast": _days(asked, forecast.mean[row].tolist(), forecast.quantiles[row].tolist()),
        **asdict(SeriesLevels()),
        "reorder_point": None,
        "surge": level.any_of(row, outlook.advice.surge),
        "surge_chance": None,
        "needs_review": level.any_of(row, waits),
        "fallback": asked.fallback,
    }


def _of_newcomer(outlook: Outlook, series: Mapping[str, str], asked: _Asked) -> dict[str, Any] | None:
    """What is told of a product that is too new to be among the series; None of any other."""
    new = outlook.newcomers
    row = new.row(outlook.keys, series) if new else None
    if new is None or row is None:
        return None
    return {
        "series": dict(series),
        "forecast": _days(asked, new.forecast.mean[row].tolist(), new.forecast.quantiles[row].tolist()),
        **asdict(new.replenishment.at(row)),
        "surge": False,
        "surge_chance": None,
        "needs_review": False,
        "fallback": "new_product",
        "alike": int(new.alike[row]),
    }


@dataclass(frozen=True)
class _Asked:
    """How much of each outlook is told: the first day of each period, and (name, place) of each quantile."""

    days: Sequence[date]
    quantiles: Sequence[tuple[str, int]]
    fallback: str | None
    """What answers in place of the champion, if anything."""


def _asked(runtime: Runtime, body: DemandBody, teller: _Teller) -> _Asked:
    settings = runtime.workspace.settings.demand
    horizon = body.horizon or settings.horizon_days
    periods = -(-horizon // PERIOD[settings.freq])
    quantiles = [(NAMES[place], place) for place, level in enumerate(LEVELS) if level in body.quantiles]
    return _Asked(teller.outlook.forecast.days[:periods], quantiles, teller.who.fallback)


def _refuse_far(runtime: Runtime, body: DemandBody) -> None:
    most = runtime.workspace.settings.demand.horizon_days
    if body.horizon is not None and not 1 <= body.horizon <= most:
        allowed = f"an integer from 1 to {most} (demand.horizon_days), or null for all of these days"
        raise InvalidBody.field("horizon", f"{body.horizon} is not possible", allowed)


def _refuse_many_explained(body: DemandBody, keys: Sequence[str]) -> None:
    of_groups = any(set(series) != set(keys) for series in body.series)
    if body.explain and of_groups:
        raise InvalidBody.field("explain", "groups of a level can't be explained", "true for series alone")
    if body.scenario is not None and of_groups:
        raise InvalidBody.field("scenario", "groups of a level have no price of their own", "null, or series alone")
    if body.explain and len(body.series) > MOST_EXPLAINED:
        wrong = f"{len(body.series)} series can't be explained at once"
        raise InvalidBody.field("explain", wrong, f"true for at most {MOST_EXPLAINED} series")


def _refuse_other_keys(
    place: int, series: Mapping[str, str], keys: Sequence[str], levels: Sequence[Sequence[str]]
) -> None:
    if any(set(series) == set(each) for each in (keys, *levels)):
        return
    allowed = f"an object with exactly the fields {'; or '.join(', '.join(each) for each in (keys, *levels))}"
    known = list(dict.fromkeys([*keys, *(key for level in levels for key in level)]))
    for name in series:
        if name not in known:
            raise InvalidBody.field(f"series[{place}].{name}", "unknown field", allowed, known, name)
    for key in keys:
        if key not in series:
            raise InvalidBody.field(f"series[{place}].{key}", "is missing", allowed)
    raise InvalidBody.field(f"series[{place}]", "has more fields than a series", allowed)


def _result(series: Mapping[str, str], found: SeriesOutlook | None, asked: _Asked) -> dict[str, Any]:
    if found is None:
        return {
            "series": dict(series),
            "forecast": [_day(day, None, [(name, None) for name, _ in asked.quantiles]) for day in asked.days],
            **asdict(SeriesLevels()),
            "reorder_point": None,
            "surge": False,
            "surge_chance": None,
            "needs_review": False,
            "fallback": "unknown_series",
        }
    return {
        "series": dict(series),
        "forecast": _days(asked, found.mean.tolist(), found.quantiles.tolist()),
        **asdict(found.levels),
        "surge": found.surge,
        "surge_chance": found.surge_chance,
        "needs_review": found.needs_review,
        "fallback": asked.fallback,
    }


def _days(asked: _Asked, mean: Sequence[float], quantiles: Sequence[Sequence[float]]) -> list[dict[str, Any]]:
    return [
        _day(day, each, [(name, of_day[place]) for name, place in asked.quantiles])
        for day, each, of_day in zip(asked.days, mean, quantiles, strict=False)
    ]


def _day(day: date, mean: float | None, quantiles: Sequence[tuple[str, float | None]]) -> dict[str, Any]:
    return {"date": day.isoformat(), "mean": mean, **dict(quantiles)}


def _total(days: Sequence[Mapping[str, Any]]) -> float | None:
    """None of a series of which nothing is told."""
    told = [day["mean"] for day in days]
    return None if None in told else float(sum(told))


def _lane(runtime: Runtime, size: int, body: DemandBody | None) -> LaneName:
    """A forecast of one series is in memory."""
    plain = body is not None and len(body.series) == 1 and not body.explain and body.scenario is None
    return "loop" if plain else by_size(runtime, size, body)


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
    lane=_lane,
)
