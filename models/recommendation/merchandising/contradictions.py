"""Pairs of rules that cannot both hold on a day and in a region in which both count."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

from models.arrays import BoolArray
from models.recommendation.merchandising.boosted import Boosted
from models.recommendation.merchandising.excluded import Excluded
from models.recommendation.merchandising.only_in import OnlyIn
from models.recommendation.merchandising.pinned import Pinned
from models.recommendation.merchandising.quota import Quota
from models.recommendation.merchandising.rule import MerchandisingRule
from models.recommendation.merchandising.shop_terms import ShopTerms

Contradiction = tuple[MerchandisingRule, MerchandisingRule, str]


def contradiction(rules: Sequence[MerchandisingRule], terms: ShopTerms) -> Contradiction | None:
    """The first two rules that cannot both hold, and why; None where all can."""
    selected = {rule.name: rule.selected(terms.texts) for rule in rules}
    promoting = [rule for rule in rules if isinstance(rule, Pinned | Boosted | Quota)]
    for rule in promoting:
        for barring in rules:
            if isinstance(barring, Excluded | OnlyIn) and _always_bars(barring, rule):
                why = _nothing_left(rule, selected[rule.name], selected[barring.name])
                if why:
                    return rule, barring, why
    for first, second in combinations(promoting, 2):
        if first.meets(second) and (why := _at_odds(first, second, selected)):
            return first, second, why
    return None


def _always_bars(barring: Excluded | OnlyIn, rule: MerchandisingRule) -> bool:
    """Whether, wherever the rule counts on some day, the other one bars its products."""
    without_regions = barring.model_copy(update={"regions": ()})
    if not without_regions.meets(rule):
        return False
    if isinstance(barring, OnlyIn):
        return bool(rule.regions) and not {*rule.regions} & {*barring.regions}
    return not barring.regions or (bool(rule.regions) and {*rule.regions} <= {*barring.regions})


def _nothing_left(rule: MerchandisingRule, wanted: BoolArray, barred: BoolArray) -> str | None:
    left = int((wanted & ~barred).sum())
    if isinstance(rule, Pinned) and (wanted & barred).any():
        return "what is pinned may not be shown"
    if isinstance(rule, Boosted) and rule.by > 0 and not left:
        return "nothing of what is boosted may be shown"
    if isinstance(rule, Quota) and left < rule.at_least:
        return f"at_least is {rule.at_least}, and {left} of its products may be shown"
    return None


def _at_odds(first: MerchandisingRule, second: MerchandisingRule, selected: dict[str, BoolArray]) -> str | None:
    match first, second:
        case Pinned(), Pinned():
            return _same_place(first, second)
        case Pinned(), Quota():
            return _pins_over(first, second, selected)
        case Quota(), Pinned():
            return _pins_over(second, first, selected)
        case Quota(), Quota():
            one, other = selected[first.name], selected[second.name]
            return (
                _over(first, second, one, other) or _over(second, first, other, one) or _full(first, second, one, other)
            )
    return None


def _same_place(first: Pinned, second: Pinned) -> str | None:
    if taken := sorted(first.places.keys() & second.places.keys()):
        return f"both take place {taken[0]}"
    if twice := sorted({*first.products} & {*second.products}):
        return f"both pin {twice[0]!r}, to different places"
    return None


def _pins_over(pinned: Pinned, quota: Quota, selected: dict[str, BoolArray]) -> str | None:
    within = sum(place <= quota.places for place in pinned.places)
    if within < len(pinned.places):
        return None  # some lie behind the quota's places: which ones needs no judging here
    inside = int((selected[pinned.name] & selected[quota.name]).sum())
    if quota.at_most is not None and inside > quota.at_most:
        return f"{inside} of the quota's products are pinned, and at_most is {quota.at_most}"
    free = quota.places - (within - inside)
    if free < quota.at_least:
        return f"others are pinned to all but {free} of the quota's places, and at_least is {quota.at_least}"
    return None


def _over(part: Quota, whole: Quota, of_part: BoolArray, of_whole: BoolArray) -> str | None:
    """What one needs at least is more than the other, which has all its products, lets through."""
    if whole.at_most is None or part.places > whole.places or (of_part & ~of_whole).any():
        return None
    if part.at_least > whole.at_most:
        return f"at_least {part.at_least} of products of which at_most is {whole.at_most}"
    return None


def _full(first: Quota, second: Quota, one: BoolArray, other: BoolArray) -> str | None:
    """Both together need more places than there are; a product of both counts for both."""
    shared = min(int((one & other).sum()), first.at_least, second.at_least)
    needed, places = first.at_least + second.at_least - shared, max(first.places, second.places)
    return f"together they need {needed} of {places} places" if needed > places else None
