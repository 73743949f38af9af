"""Pins and quotas that can't be kept: their products were bought too rarely to be recommended."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Final

from core.workspace import Workspace, of_one_generation
from feature_repo import facts
from models.recommendation.merchandising.pinned import Pinned
from models.recommendation.merchandising.quota import Quota
from models.recommendation.merchandising.rule import MerchandisingRule
from models.recommendation.merchandising.shop_terms import shop_terms

NAMED: Final = 5
"""So many products of a rule are named; the others are counted."""


@of_one_generation
def never_kept(workspace: Workspace, rules: Sequence[MerchandisingRule], day: date) -> list[str]:
    """In words, of each rule that is not over on a day and can't be kept by what was bought before it."""
    promising = [rule for rule in rules if _promises(rule) and (rule.until is None or rule.until >= day)]
    if not promising:
        return []
    least, texts = workspace.settings.recommendation.min_purchases, shop_terms(workspace).texts
    bought = facts.times_bought(workspace, day)["purchases"].reindex(texts["product_id"], fill_value=0)
    why = f"below {least} purchases (recommendation.min_purchases) a product is not recommended"
    found = []
    for rule in promising:
        own = bought[rule.selected(texts)]
        rare = {str(product): int(times) for product, times in own[own < least].items()}
        if isinstance(rule, Pinned) and rare:
            told = [f"{product!r} has {_purchases(rare[product])}" for product in rule.products if product in rare]
            others = f" and {len(told) - NAMED:,} more are as rare" if len(told) > NAMED else ""
            found.append(f"{rule.name}: {', '.join(told[:NAMED])}{others}; {why}, and the next best takes its place")
        elif isinstance(rule, Quota) and len(own) - len(rare) < rule.at_least:
            most = f", the most bought of the others has {_purchases(max(rare.values()))}" if rare else ""
            enough = f"at_least is {rule.at_least}, and {len(own) - len(rare):,} of its products may be recommended"
            found.append(f"{rule.name}: {enough}{most}; {why}")
    return found


def _promises(rule: MerchandisingRule) -> bool:
    return isinstance(rule, Pinned) or (isinstance(rule, Quota) and rule.at_least > 0)


def _purchases(times: int) -> str:
    return f"{times:,} {'purchase' if times == 1 else 'purchases'}"
