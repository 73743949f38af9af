"""What a version's metric on the last complete window says: beside the best baseline there, and beside its promise."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from core.messages import Message
from core.settings import Rules
from monitoring.results import Performance, RuleState, Touched

SLICES = "slices"
_LOSS_POWER = 2
"""A loss has no upper end: it may grow by the share that a gain may fall, twice over."""


def quality(
    kind: str, performance: Performance | None, days: int, rules: Rules, *, level: float = 1.0, opens: str = ""
) -> RuleState:
    """Alert at once where the metric has collapsed or lies far below its floor, else after `quality_days` below it.

    Args:
        kind: the model's kind.
        performance: as measured; None where no window is complete that the version has not seen.
        days: of data in a row below the floor, up to today.
        rules: the thresholds.
        level: what a false alarm of this look may cost at most (`error_budget`), as a one-sided p-value.
        opens: the day on which the first such window is complete.
    """
    needed = rules.quality_days
    if performance is None or performance.floor is None:
        says = Message("rule.quality.opens", {"opens": opens}) if opens else Message("rule.quality.nothing")
        return RuleState("quality", kind, kind, "unknown", says, needed=needed)
    if performance.more_needed:
        says = Message("rule.quality.few", {"more": performance.more_needed, "until": performance.until.isoformat()})
        return RuleState("quality", kind, kind, "unknown", says, needed=needed)
    says = Message("rule.quality", _spoken(performance) | {"days": days, "needed": needed})
    touched, size = Touched(customers=performance.units), shortfall(performance)
    if collapsed(performance, rules) or (performance.below and far_below(performance, rules)):
        effect = Message("rule.quality.collapsed", {"kind": kind})
        since = performance.as_of
        return RuleState(
            "quality", kind, kind, "alert", says, effect, 3, needed, needed, since=since, touched=touched, size=size
        )
    if not performance.below:
        return RuleState("quality", kind, kind, "ok", says, needed=needed)
    if days < needed or not _significant(performance, level):
        watch = Message("rule.quality.watch")
        return RuleState("quality", kind, kind, "ok", says, watch, days=days, needed=needed, items=(kind,))
    effect, since = Message("rule.quality.effect", {"kind": kind}), performance.until - timedelta(days=days - 1)
    return RuleState(
        "quality", kind, kind, "alert", says, effect, 3, days, needed, since=since, touched=touched, size=size
    )


def collapsed(performance: Performance, rules: Rules) -> bool:
    """Whether the whole interval lies beyond the promise by more than `quality_collapse`, and beyond its interval.

    On the same days a baseline falls with the model where the customers or their data change: beside it alone, a
    model that has become useless is in order.
    """
    expected, kept = performance.expected, 1 - rules.quality_collapse
    if expected is None or performance.of_evaluation:
        return False
    if performance.higher_is_better:
        lowest = expected if performance.expected_low is None else performance.expected_low
        return performance.high < min(expected * kept, lowest)
    highest = expected if performance.expected_high is None else performance.expected_high
    return performance.low > max(expected / kept**_LOSS_POWER, highest)


def far_below(performance: Performance, rules: Rules) -> bool:
    """Whether the whole paired interval is worse than the floor by more than `quality_far` of it."""
    rival = performance.rival
    if rival is None or not rival.value:
        return False
    nearest = -rival.high if performance.higher_is_better else rival.low
    return nearest > rules.quality_far * abs(rival.value)


def shortfall(performance: Performance) -> float:
    """How far below floor or promise, as a share of it, whichever is farther; 0 where it is below neither."""
    sign = 1.0 if performance.higher_is_better else -1.0
    marks = [mark for mark in (performance.floor, performance.expected) if mark]
    return max([sign * (mark - performance.value) / abs(mark) for mark in marks] + [0.0])


def worst_slices(kind: str, performance: Performance | None) -> list[RuleState]:
    """Which groups of customers or series the version serves worse than its baseline would: a flag that names them."""
    if performance is None or not performance.slices:
        return []
    worse = [f"{each.attribute} {each.group}" for each in performance.slices if each.worse]
    few = [each for each in performance.slices if each.more_needed]
    values = {
        "judged": len(performance.slices) - len(few),
        "few": len(few),
        "worse": worse,
        "floor_name": performance.floor_name,
    }
    effect = Message("rule.slices.effect") if worse else None
    return [RuleState(SLICES, kind, kind, "ok", Message("rule.slices", values), effect, items=tuple(worse))]


def _significant(performance: Performance, level: float) -> bool:
    return performance.rival is not None and performance.rival.p <= level


def _spoken(performance: Performance) -> dict[str, Any]:
    rival = performance.rival
    difference = None if rival is None else {"value": rival.difference, "low": rival.low, "high": rival.high}
    return {
        "metric": performance.metric,
        "value": performance.value,
        "floor": performance.floor,
        "floor_name": performance.floor_name,
        "difference": difference,
        "expected": performance.expected,
        "below": performance.below,
        "of_evaluation": performance.of_evaluation,
    }
