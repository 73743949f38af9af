"""Series in a surge, and the forecasts that wait for a reviewer."""

from __future__ import annotations

from collections.abc import Sequence, Set

from core.messages import Message
from core.settings import Rules
from monitoring.results import RuleState, WaitingForecast

REVIEW = "needs_review"


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
