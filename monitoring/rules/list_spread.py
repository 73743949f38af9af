"""How recommendations spread over products and customers."""

from __future__ import annotations

from collections.abc import Mapping

from core.messages import Message
from core.settings import Rules
from models.fairness_result import FairnessResult, GroupFigure
from monitoring.list_fairness import EXPLORE, EXPOSURE, VALUE_ATTRIBUTE, VALUE_TIERS
from monitoring.results import RuleState

EXPOSURE_RULE = "exposure"


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
