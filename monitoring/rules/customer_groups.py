"""Groups of customers that lose more than usual, and the tiers of churn risk."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from core.messages import Message
from core.settings import Rules
from feature_repo.segment_rules import GROUPS
from models.segments.group_month import GroupMonth
from monitoring.results import SEGMENT_CHURN, RuleState

ABOUT_GROUPS, LOST = "customer groups", "lost"


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


def tiers(kind: str, counts: Mapping[int, int], refused: Mapping[int, int], actions: Sequence[str]) -> RuleState:
    """How many customers are in each tier of churn risk, its win-back action, and how many refused any contact."""
    listed = [
        {"tier": tier, "customers": counts.get(tier, 0), "action": actions[tier], "refused": refused.get(tier, 0)}
        for tier in range(1, len(actions))
    ]
    return RuleState("churn_tiers", kind, kind, "ok", Message("rule.churn_tiers", {"tiers": listed}))
