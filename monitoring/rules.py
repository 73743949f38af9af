"""The rules of the house: each takes what was measured and says `ok`, `alert` or `unknown`, and what follows.

A rule measures nothing itself, so that each threshold can be read, and tested, in one place.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from datetime import date, timedelta

from core.settings import Rules
from models.fairness_result import FairnessResult
from monitoring.business import Figure
from monitoring.outcome import LEVELS, DriftResult, Performance, RuleState, WaitingForecast

REVIEW = "needs review"
CADENCE_DAYS = 7
"""Runs are at most this far apart in a chain of days in a row: monitoring runs daily or weekly."""


def drift(kind: str, result: DriftResult | None, rules: Rules) -> RuleState:
    """Alert when more than `drift_share` of the columns moved."""
    if result is None or not result.columns:
        return RuleState("drift", kind, "unknown", "nothing to compare yet")
    moved, total = len(result.drifted), len(result.columns)
    shown = ", ".join(column.column for column in result.drifted[:3])
    text = f"{moved} of {total} columns moved ({result.share:.0%}, alert above {rules.drift_share:.0%})"
    text += f": {shown}" + (", ..." if moved > 3 else "") if moved else ""
    if result.share > rules.drift_share:
        return RuleState("drift", kind, "alert", text, "look at the report; retrain if it lasts", level=2)
    return RuleState("drift", kind, "ok", text)


def quality(kind: str, performance: Performance | None, days: int, rules: Rules) -> RuleState:
    """Alert when the metric is below its floor for `quality_days` in a row; `days` counts up to today."""
    if performance is None or performance.floor is None:
        return RuleState("quality", kind, "unknown", "no complete window, or no floor", needed=rules.quality_days)
    side = "worse" if performance.below else "better"
    text = (
        f"{performance.metric} {performance.value:.4f} is {side} than its floor {performance.floor:.4f} "
        f"({performance.floor_name})"
    )
    if performance.of_evaluation:
        text += "; that window is its evaluation's own, nothing newer has passed"
    if not performance.below:
        return RuleState("quality", kind, "ok", text, needed=rules.quality_days)
    text += f", {days} of {rules.quality_days} days in a row"
    if days < rules.quality_days:
        return RuleState("quality", kind, "ok", text, "watch", days=days, needed=rules.quality_days)
    effect = f"retraining is requested: regulars train {kind}"
    return RuleState("quality", kind, "alert", text, effect, 3, days, rules.quality_days)


def business(figures: Sequence[Figure], rules: Rules) -> list[RuleState]:
    """Alert when a figure is off its baseline on `business_days` in a row, by the mildest of those days."""
    by_name: dict[str, list[Figure]] = {}
    for figure in figures:
        by_name.setdefault(figure.name, []).append(figure)
    return [_business(name, sorted(days, key=lambda f: f.day), rules) for name, days in by_name.items()]


def _business(name: str, days: Sequence[Figure], rules: Rules) -> RuleState:
    latest, needed = days[-1], rules.business_days
    if latest.change is None:
        return RuleState("business", name, "unknown", "no earlier window to compare with", needed=needed)
    side = "above" if latest.change >= 0 else "below"
    text = f"{_number(latest.value)} is {abs(latest.change):.0%} {side} its baseline {_number(latest.baseline or 0.0)}"
    streak = [level(f.change, rules.business_change) for f in reversed(days)]
    off = next((i for i, each in enumerate(streak) if each == 0), len(streak))
    if off < needed:
        return RuleState("business", name, "ok", text, days=off, needed=needed)
    reached = min(streak[:needed])
    effect = "find the cause before trusting any model"
    return RuleState("business", name, "alert", f"{text} ({LEVELS[reached]})", effect, reached, off, needed)


def level(change: float | None, steps: Sequence[float]) -> int:
    """How far off: 0 within the first step, then 1 mild, 2 moderate, 3 severe."""
    return 0 if change is None else sum(abs(change) >= step for step in steps)


def fairness(kind: str, result: FairnessResult | None) -> RuleState:
    """Alert when a group's disparity is large and certain: the version is blocked until a reviewer decides."""
    if result is None or result.state == "not measured":
        return RuleState("fairness", kind, "unknown", result.note if result and result.note else "not measured")
    flagged = result.flagged
    judged = sum(figure.verdict in ("ok", "flagged") for figure in result.figures)
    few = sum(figure.verdict == "too few to judge" for figure in result.figures)
    counts = f"{judged} figures judged, {few} with too few to judge"
    if not flagged:
        return RuleState("fairness", kind, "ok", counts)
    worst = max(flagged, key=lambda f: abs((f.ratio or 1) - 1))
    effect = f"blocked; review is asked for: regulars approve {kind} VERSION --reason TEXT"
    text = f"{len(flagged)} flagged of {counts}; {worst.sentence()}"
    return RuleState("fairness", kind, "alert", text, effect, level=3)


def surge(surging: Sequence[str], series: int, rules: Rules) -> RuleState:
    """Which series sell in a surge now: a flag on their forecasts, for planners; nobody is asked for."""
    text = f"{len(surging)} of {series} series sell more than {rules.surge_ratio:g} times their usual week"
    return _flag("surge", "surge flag", text, surging)


def review(forecasts: Sequence[WaitingForecast], accepted: Set[str], rules: Rules) -> RuleState:
    """Which forecasts wait for a reviewer: a total above `review_units`, or a high-risk category; not accepted yet."""
    waiting = [each.name for each in forecasts if each.series_id not in accepted]
    text = f"{len(forecasts)} forecasts exceed {rules.review_units:,.0f} units or are of high risk"
    if forecasts:
        text += f", {len(forecasts) - len(waiting)} of them accepted"
    return _flag(REVIEW, "needs_review until a reviewer accepts, on the desk's page of demand", text, waiting)


def _flag(rule: str, effect: str, text: str, items: Sequence[str]) -> RuleState:
    text += f": {_some(items)}" if items else ""
    return RuleState(rule, "demand", "ok", text, effect if items else "", items=tuple(items))


def tiers(counts: Mapping[int, int], refused: Mapping[int, int], actions: Sequence[str]) -> RuleState:
    """How many customers are in each tier of churn risk, its win-back action, and how many refused any contact."""
    parts = []
    for tier in range(1, len(actions)):
        without = f"; {refused[tier]:,} allow no contact" if refused.get(tier) else ""
        parts.append(f"tier {tier}: {counts.get(tier, 0):,} ({actions[tier]}{without})")
    return RuleState("churn tiers", "churn", "ok", "; ".join(parts))


def recommendations(now: Mapping[str, float], before: Mapping[str, float], rules: Rules) -> list[RuleState]:
    """Filter-bubble and exposure alerts: how today's lists differ from those on the day of training."""
    if not now:
        return []
    spoken = {
        "coverage": "of the catalogue is recommended to somebody",
        "concentration": "of all places go to the 10 products shown most",
        "repetition": "of the places hold what the customer bought before",
    }
    return [_exposure(name, now[name], before.get(name), spoken[name], rules) for name in spoken if name in now]


def _exposure(name: str, now: float, before: float | None, spoken: str, rules: Rules) -> RuleState:
    text = f"{now:.1%} {spoken}" + ("" if before is None else f", {before:.1%} when it was trained")
    rising = {"concentration": rules.concentration_rise, "repetition": rules.repetition_rise}
    if before is None:
        broken = False
    elif name == "coverage":
        broken = now < before * rules.coverage_kept
    else:
        broken = now - before > rising[name]
    if broken:
        return RuleState("recommendations", name, "alert", text, "filter bubble: widen the candidates", level=1)
    return RuleState("recommendations", name, "ok", text)


def days_in_a_row(as_of: date, now: bool, earlier: Mapping[date, bool]) -> int:
    """How many days up to and with `as_of` hold, each run speaking for the days since the one before it.

    `earlier` are the runs before, by day. A run that does not hold, or a gap of more than a week, ends the chain.
    """
    if not now:
        return 0
    first = as_of
    for day in sorted(earlier, reverse=True):
        if day >= first:
            continue
        if not earlier[day] or first - day > timedelta(days=CADENCE_DAYS):
            break
        first = day
    return (as_of - first).days + 1


def _some(names: Iterable[str], shown: int = 5) -> str:
    listed = list(names)
    return ", ".join(listed[:shown]) + (", ..." if len(listed) > shown else "")


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"
