"""Whether more customers leave than should: against their own rhythm, and beside what a version expected of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Literal

from core.messages import Message
from core.settings import Rules
from monitoring.leaving.left_over_expected import LeftOverExpected
from monitoring.leaving.own_rhythm import StayingAway
from monitoring.results import Performance, RuleState, Touched

STAYING_AWAY, LEFT, CUSTOMERS = "staying_away", "left_over_expected", "customers"
STILL = 0.05
"""An alert lasts while what it says is beyond its margin at this probability."""
_SEVERE_SHARE, _SEVERE_RATIO = 0.1, 1.5


def staying_away(
    found: StayingAway | None, rules: Rules, level: float, as_of: date, since: date | None = None
) -> RuleState:
    """Alert where so many who come regularly stay away that a share of all must have stopped.

    Args:
        found: as measured; None where too few customers or weeks tell.
        rules: the thresholds.
        level: what a false alarm of this look may cost at most (`error_budget`).
        as_of: the day of the look.
        since: since when the look before said so; None where it did not.
    """
    if found is None:
        return RuleState(STAYING_AWAY, CUSTOMERS, None, "unknown", Message("rule.staying_away.nothing"))
    values = {
        "weeks": found.weeks,
        "regulars": found.regulars,
        "away": found.away,
        "expected": found.expected,
        "share": {"value": found.share, "low": found.low, "high": found.high},
    }
    says = Message("rule.staying_away", values)
    if found.share < rules.stopped_share or found.p > (level if since is None else STILL):
        return RuleState(STAYING_AWAY, CUSTOMERS, None, "ok", says)
    return RuleState(
        STAYING_AWAY,
        CUSTOMERS,
        None,
        "alert",
        says,
        Message("rule.staying_away.effect"),
        level=3 if found.share >= _SEVERE_SHARE else 2,
        since=since or as_of - timedelta(days=7 * found.weeks),
        touched=Touched(customers=found.beyond),
        size=found.share,
    )


def said_before(states: Sequence[RuleState]) -> date | None:
    """Since when the look with these states said that customers stay away; None where it did not."""
    state = next((each for each in states if each.rule == STAYING_AWAY), None)
    return state.since if state is not None and state.status == "alert" else None


def left_over_expected(kind: str, performance: Performance | None, rules: Rules, level: float) -> list[RuleState]:
    """Alert where many more, or many fewer, left in the last complete window than the version expected; no state of a
    kind that expects nobody to leave.
    """
    found = performance.left if performance else None
    if performance is None or found is None:
        return []
    values = {
        "customers": found.customers,
        "left": found.left,
        "expected": found.expected,
        "ratio": {"value": found.ratio, "low": found.low, "high": found.high},
        "from": performance.as_of.isoformat(),
        "until": performance.until.isoformat(),
    }
    if performance.more_needed:
        few = Message("rule.quality.few", {"more": performance.more_needed, "until": values["until"]})
        return [RuleState(LEFT, kind, kind, "unknown", few)]
    says, side = Message("rule.left_over_expected", values), beyond(found, rules, level)
    if side is None:
        return [RuleState(LEFT, kind, kind, "ok", says)]
    of_fewer = Message("rule.left_over_expected.fewer", {"kind": kind})
    effect = Message("rule.left_over_expected.more") if side == "more" else of_fewer
    return [
        RuleState(
            LEFT,
            kind,
            kind,
            "alert",
            says,
            effect,
            level=3 if found.ratio >= _SEVERE_RATIO else 2,
            since=performance.as_of,
            touched=Touched(customers=round(abs(found.left - found.expected))),
            size=_distance(found),
        )
    ]


def beyond(found: LeftOverExpected, rules: Rules, level: float) -> Literal["more", "fewer"] | None:
    """Whether many more left, or many fewer, and beyond what chance makes of it at a level; None: neither."""
    if found.ratio >= rules.left_ratio and found.more <= level / 2:
        return "more"
    return "fewer" if found.ratio <= 1 / rules.left_ratio and found.fewer <= level / 2 else None


def _distance(found: LeftOverExpected) -> float:
    return max(found.ratio, 1 / found.ratio) - 1
