"""The rules of the house: each takes what was measured and says `ok`, `alert` or `unknown`, and what follows.

A rule measures nothing itself, so that each threshold can be read, and tested, in one place.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from datetime import date, timedelta
from typing import Any

from core.messages import Message
from core.settings import Rules
from feature_repo.segment_rules import GROUPS
from models.fairness_result import FairnessResult, GroupFigure
from models.segments.group_month import GroupMonth
from monitoring.business import Figure
from monitoring.list_fairness import EXPLORE, EXPOSURE, VALUE_ATTRIBUTE, VALUE_TIERS
from monitoring.results import LEVELS, SEGMENT_CHURN, DriftResult, Performance, RuleState, WaitingForecast

FAIRNESS, REVIEW, EXPOSURE_RULE = "fairness", "needs_review", "exposure"
ABOUT_GROUPS, LOST = "customer groups", "lost"
CADENCE_DAYS = 7
"""Runs are at most this far apart in a chain of days in a row: monitoring runs daily or weekly."""


def drift(kind: str, result: DriftResult | None, rules: Rules) -> RuleState:
    """Alert when more than `drift_share` of the columns moved."""
    if result is None or not result.columns:
        return RuleState("drift", kind, kind, "unknown", Message("rule.drift.nothing"))
    moved = [column.column for column in result.drifted]
    values = {"moved": moved, "columns": len(result.columns), "share": result.share, "limit": rules.drift_share}
    says = Message("rule.drift", values)
    if result.share > rules.drift_share:
        return RuleState("drift", kind, kind, "alert", says, Message("rule.drift.effect"), level=2)
    return RuleState("drift", kind, kind, "ok", says)


def quality(kind: str, performance: Performance | None, days: int, rules: Rules) -> RuleState:
    """Alert when the metric is below its floor for `quality_days` in a row; `days` counts up to today."""
    needed = rules.quality_days
    if performance is None or performance.floor is None:
        return RuleState("quality", kind, kind, "unknown", Message("rule.quality.nothing"), needed=needed)
    values: dict[str, Any] = {name: getattr(performance, name) for name in _SPOKEN_OF_PERFORMANCE}
    says = Message("rule.quality", values | {"days": days, "needed": needed})
    if not performance.below:
        return RuleState("quality", kind, kind, "ok", says, needed=needed)
    if days < needed:
        watch = Message("rule.quality.watch")
        return RuleState("quality", kind, kind, "ok", says, watch, days=days, needed=needed)
    effect = Message("rule.quality.effect", {"kind": kind})
    return RuleState("quality", kind, kind, "alert", says, effect, 3, days, needed)


_SPOKEN_OF_PERFORMANCE = ("metric", "value", "floor", "floor_name", "below", "of_evaluation")


def business(figures: Sequence[Figure], rules: Rules) -> list[RuleState]:
    """Alert when a figure is off its baseline on `business_days` in a row, by the mildest of those days."""
    by_name: dict[str, list[Figure]] = {}
    for figure in figures:
        by_name.setdefault(figure.name, []).append(figure)
    return [_business(name, sorted(days, key=lambda f: f.day), rules) for name, days in by_name.items()]


def _business(name: str, days: Sequence[Figure], rules: Rules) -> RuleState:
    latest, needed = days[-1], rules.business_days
    if latest.change is None:
        return RuleState("business", name, None, "unknown", Message("rule.business.nothing"), needed=needed)
    values = {"value": latest.value, "baseline": latest.baseline or 0.0, "change": latest.change}
    streak = [level(f.change, rules.business_change) for f in reversed(days)]
    off = next((i for i, each in enumerate(streak) if each == 0), len(streak))
    reached = min(streak[:needed]) if off >= needed else 0
    says = Message("rule.business", values | {"level": LEVELS[reached]})
    if not reached:
        return RuleState("business", name, None, "ok", says, days=off, needed=needed)
    effect = Message("rule.business.effect")
    return RuleState("business", name, None, "alert", says, effect, reached, off, needed)


def level(change: float | None, steps: Sequence[float]) -> int:
    """How far off: 0 within the first step, then 1 mild, 2 moderate, 3 severe."""
    return 0 if change is None else sum(abs(change) >= step for step in steps)


def fairness(kind: str, result: FairnessResult | None) -> RuleState:
    """Alert when a group's disparity is large and certain: the version is blocked until a reviewer decides."""
    if result is None or result.state == "not measured":
        why = result.note if result else None
        return RuleState(FAIRNESS, kind, kind, "unknown", why or Message("rule.fairness.nothing"))
    flagged = sorted(result.flagged, key=lambda f: abs((f.ratio or 1) - 1), reverse=True)
    values = {
        "judged": sum(figure.verdict in ("ok", "flagged") for figure in result.figures),
        "few": sum(figure.verdict == "too few to judge" for figure in result.figures),
        "flagged": [figure.sentence() for figure in flagged],
    }
    says = Message("rule.fairness", values)
    if not flagged:
        return RuleState(FAIRNESS, kind, kind, "ok", says)
    effect = Message("rule.fairness.effect", {"kind": kind})
    return RuleState(FAIRNESS, kind, kind, "alert", says, effect, level=3)


def segment_churn(months: Sequence[GroupMonth], rules: Rules) -> RuleState:
    """Which groups lose more than the limit for months in a row, the latest ones that are over: a flag.

    In many shops a twentieth a month is usual, so that nobody is asked for. A group with too few active members in one
    of these months is not judged; the lost are gone by their name.
    """
    judged = {name: _last_churns(months, name, rules) for name in GROUPS.values() if name != LOST}
    judged = {name: churns for name, churns in judged.items() if churns}
    if not judged:
        return RuleState(SEGMENT_CHURN, ABOUT_GROUPS, None, "unknown", Message("rule.segment_churn.nothing"))
    raised = raised_groups(months, rules)
    values = {
        "judged": len(judged),
        "limit": rules.segment_churn,
        "months": rules.segment_churn_months,
        "raised": [f"{name} ({judged[name][-1]:.1%})" for name in raised],
    }
    says = Message("rule.segment_churn", values)
    effect = Message("rule.segment_churn.effect") if raised else None
    return RuleState(SEGMENT_CHURN, ABOUT_GROUPS, None, "ok", says, effect, items=tuple(raised))


def raised_groups(months: Sequence[GroupMonth], rules: Rules) -> list[str]:
    """The groups that raise their hand, in their order."""
    needed = rules.segment_churn_months
    churns = {name: _last_churns(months, name, rules) for name in GROUPS.values() if name != LOST}
    return [n for n, each in churns.items() if len(each) == needed and min(each) > rules.segment_churn]


def _last_churns(months: Sequence[GroupMonth], name: str, rules: Rules) -> list[float]:
    """The churn of a group in the last months whose days are over, the oldest first, as far as it can be judged."""
    over = max((month.as_of for month in months if month.churn is not None), default=None)
    own = [month for month in months if (month.by, month.name) == ("group", name) and over and month.as_of <= over]
    last = sorted(own, key=lambda month: month.as_of)[-rules.segment_churn_months :]
    judged: list[float] = []
    for month in last:
        if month.churn is None or month.active < rules.segment_min_members:
            judged.clear()
        else:
            judged.append(month.churn)
    return judged


def surge(kind: str, surging: Sequence[str], series: int, rules: Rules) -> RuleState:
    """Which series sell in a surge now: a flag on their forecasts, for planners; nobody is asked for."""
    says = Message("rule.surge", {"surging": list(surging), "series": series, "ratio": rules.surge_ratio})
    return _flag("surge", kind, says, Message("rule.surge.effect"), surging)


def review(kind: str, forecasts: Sequence[WaitingForecast], accepted: Set[str], rules: Rules) -> RuleState:
    """Which forecasts wait for a reviewer: a total above `review_units`, or a high-risk category; not accepted yet."""
    waiting = [each.name for each in forecasts if each.series_id not in accepted]
    values = {
        "forecasts": len(forecasts),
        "limit": rules.review_units,
        "accepted": len(forecasts) - len(waiting),
        "waiting": waiting,
    }
    return _flag(REVIEW, kind, Message("rule.needs_review", values), Message("rule.needs_review.effect"), waiting)


def _flag(rule: str, kind: str, says: Message, effect: Message, items: Sequence[str]) -> RuleState:
    return RuleState(rule, kind, kind, "ok", says, effect if items else None, items=tuple(items))


def tiers(kind: str, counts: Mapping[int, int], refused: Mapping[int, int], actions: Sequence[str]) -> RuleState:
    """How many customers are in each tier of churn risk, its win-back action, and how many refused any contact."""
    listed = [
        {"tier": tier, "customers": counts.get(tier, 0), "action": actions[tier], "refused": refused.get(tier, 0)}
        for tier in range(1, len(actions))
    ]
    return RuleState("churn_tiers", kind, kind, "ok", Message("rule.churn_tiers", {"tiers": listed}))


def recommendations(kind: str, now: Mapping[str, float], before: Mapping[str, float], rules: Rules) -> list[RuleState]:
    """Filter-bubble and exposure alerts: how today's lists differ from those on the day of training."""
    names = ("coverage", "concentration", "repetition", "sameness", "off_mix")
    return [_exposure(kind, name, now[name], before.get(name), rules) for name in names if name in now]


def _exposure(kind: str, name: str, now: float, before: float | None, rules: Rules) -> RuleState:
    says = Message("rule.recommendations", {"figure": name, "now": now, "before": before})
    rising = {
        "concentration": rules.concentration_rise,
        "repetition": rules.repetition_rise,
        "sameness": rules.sameness_rise,
        "off_mix": rules.off_mix_rise,
    }
    if before is None:
        broken = False
    elif name == "coverage":
        broken = now < before * rules.coverage_kept
    else:
        broken = now - before > rising[name]
    if broken:
        effect = Message("rule.recommendations.effect")
        return RuleState("recommendations", name, kind, "alert", says, effect, level=1)
    return RuleState("recommendations", name, kind, "ok", says)


def value_tiers(kind: str, result: FairnessResult | None, rules: Rules) -> list[RuleState]:
    """Alert where customers of high value get more than `exposure_ratio` times the rest's exposure, and surely more.

    Who has bought little is shown much that is new, and so more of it: that is no favour, and no alert. None for a
    kind that measures no exposure.
    """
    exposure = [f for f in result.figures if _is_exposure(f)] if result else []
    if not exposure:
        return []
    judged = [f for f in exposure if f.verdict != "too few to judge" and f.ratio is not None and f.low is not None]
    if not judged:
        return [RuleState(EXPOSURE_RULE, VALUE_ATTRIBUTE, kind, "unknown", Message("rule.exposure.nothing"))]
    most = max(judged, key=lambda figure: figure.ratio or 0.0)
    says = Message("rule.exposure", {"metric": most.metric, "ratio": most.ratio, "limit": rules.exposure_ratio})
    if (most.ratio or 0.0) > rules.exposure_ratio and (most.low or 0.0) > 1:
        effect = Message("rule.exposure.effect")
        return [RuleState(EXPOSURE_RULE, VALUE_ATTRIBUTE, kind, "alert", says, effect, level=1)]
    return [RuleState(EXPOSURE_RULE, VALUE_ATTRIBUTE, kind, "ok", says)]


def _is_exposure(figure: GroupFigure) -> bool:
    of_high = (figure.attribute, figure.group) == (VALUE_ATTRIBUTE, VALUE_TIERS[-1])
    return of_high and figure.metric.removesuffix(EXPLORE) in EXPOSURE


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
