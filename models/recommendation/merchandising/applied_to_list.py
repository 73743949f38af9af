"""What rules did to one list: what they put where, what they kept out, and what could not be kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from models.arrays import BoolArray, Int64Array
from models.recommendation.merchandising.bound_rules import RulesInForce
from models.recommendation.profiles import UserProfiles

CHOSEN: Final = "chosen by the shop"
"""The reason for a product that a rule brought in."""


@dataclass(frozen=True)
class AppliedToList:
    """One list's products in order, with the number of the rule that put each there (-1: none), shape (n,)."""

    rules: RulesInForce | None
    product: Int64Array
    rule: Int64Array

    def names(self, place: int) -> list[str]:
        """The rules that lifted the product at a place (from 0), or put it there."""
        if self.rules is None:
            return []
        product, number = int(self.product[place]), int(self.rule[place])
        boosts = [name for name, selected in self.rules.boosting if selected[product]]
        return boosts + ([self.rules.names[number]] if number >= 0 else [])

    def left_out(self, profiles: UserProfiles, personal: BoolArray) -> dict[str, int]:
        """How many products of the catalogue each rule keeps from this customer, where it keeps any."""
        if self.rules is None:
            return {}
        counts = {name: count for name, count in self.rules.barred_counts.items() if count}
        for repeat in self.rules.repeats:
            if count := repeat.count(repeat.keys(profiles, personal)):
                counts[repeat.rule] = count
        return counts

    def unmet(self, k: int) -> tuple[str, ...]:
        """Pins and quotas that could not be kept in a list of k."""
        if self.rules is None:
            return ()
        names, pins = self.rules.names, [*self.rules.pins, *self.rules.absent]
        missing = [names[pin.rule] for pin in pins if pin.place <= k and not (self.product == pin.product).any()]
        for quota in (each.within(k) for each in self.rules.quotas):
            if int(quota.members[self.product[: quota.places]].sum()) < quota.at_least:
                missing.append(names[quota.rule])
        return tuple(dict.fromkeys(missing))
