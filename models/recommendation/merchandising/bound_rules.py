"""Rules in the codes of one catalogue: prepared once for each audience, then looked up by every request."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property

import numpy as np

from models.arrays import BoolArray, Float32Array, Int64Array
from models.recommendation.catalogue import Catalogue
from models.recommendation.merchandising.arranging import Pin, PlaceQuota
from models.recommendation.merchandising.boosted import Boosted
from models.recommendation.merchandising.not_again import NotAgain
from models.recommendation.merchandising.pinned import Pinned
from models.recommendation.merchandising.quota import Quota
from models.recommendation.merchandising.rule import Audience, BarringRule, MerchandisingRule, RuledProducts
from models.recommendation.profiles import UserProfiles

PROMOTED = 50
"""So many best sellers of what a rule raises or needs are looked at for everybody."""


@dataclass(frozen=True)
class RuleSet:
    """The rules of a version that count on a day, in the order in which they work; `regions`: of customers, by id."""

    version: int
    day: date
    rules: tuple[MerchandisingRule, ...]
    unit_costs: Mapping[str, float]
    regions: Mapping[str, str]

    def bind(self, catalogue: Catalogue) -> BoundRules:
        """In the codes of a catalogue."""
        return BoundRules(self, catalogue)

    def keeps_out(self, catalogue: Catalogue) -> BoolArray:
        """What they keep from who is nowhere and not of age, shape (I,)."""
        return self.bind(catalogue).in_force(Audience()).barred

    @cached_property
    def named_regions(self) -> frozenset[str]:
        """The regions that any rule speaks of: to the rules all others are one."""
        return frozenset(region for rule in self.rules for region in rule.regions)

    def audience(self, customer: str | None, region: str | None = None, adult: bool = False) -> Audience:
        """Of a customer who is in the region asked for, else at home."""
        found = region if region is not None or customer is None else self.regions.get(customer)
        return Audience(found if found is None or found in self.named_regions else "", adult)


@dataclass(frozen=True)
class Repeat:
    """What `not_again` bars: purchases of products `about`, shape (I,), within `days` bar all of the same group."""

    rule: str
    days: int
    group: Int64Array
    about: BoolArray

    def keys(self, profiles: UserProfiles, personal: BoolArray) -> Int64Array:
        """Customers times groups that are barred, as numbers."""
        lately = profiles.of_entries("last_days") <= self.days
        lately &= self.about[profiles.product] & personal[profiles.row]
        return np.unique(profiles.row[lately] * self._size + self.group[profiles.product[lately]])

    def barred(self, keys: Int64Array, row: Int64Array | int, product: Int64Array) -> BoolArray:
        """Which pairs of customer and product they bar."""
        return self.about[product] & np.isin(row * self._size + self.group[product], keys)

    def count(self, keys: Int64Array) -> int:
        """How many products the keys of a single customer bar."""
        return int(self._members[keys].sum())

    @cached_property
    def _size(self) -> int:
        return int(self.group.max(initial=-1)) + 1

    @cached_property
    def _members(self) -> Int64Array:
        """How many of its products are in each group."""
        return np.bincount(self.group[self.about], minlength=self._size).astype(np.int64)


@dataclass(frozen=True)
class RulesInForce:
    """All rules for one audience. `barring` has each rule that bars products, `promoted` what all are to be scored on.

    `boost` is in standard deviations, shape (I,); None where nothing is raised or lowered. `names` are those of pins
    and quotas by their number; `absent` are pins of products that can't be recommended.
    """

    barred: BoolArray
    barring: Sequence[tuple[str, BoolArray]]
    repeats: Sequence[Repeat]
    boosting: Sequence[tuple[str, BoolArray]]
    boost: Float32Array | None
    pins: Sequence[Pin]
    quotas: Sequence[PlaceQuota]
    names: Sequence[str]
    promoted: Int64Array
    absent: Sequence[Pin] = ()

    @cached_property
    def barred_counts(self) -> Mapping[str, int]:
        """How many products each of them bars."""
        return {name: int(mask.sum()) for name, mask in self.barring}

    @property
    def places(self) -> bool:
        """Whether any rule speaks of places."""
        return bool(self.pins or self.quotas)

    def boosted(self, row: Int64Array, product: Int64Array, scores: Float32Array) -> Float32Array:
        """Scores with what is boosted raised, or lowered, by deviations of the customer's scores."""
        if self.boost is None or not len(row):
            return scores
        rows = int(row.max()) + 1
        count = np.maximum(np.bincount(row, minlength=rows), 1)
        mean = np.bincount(row, weights=scores, minlength=rows) / count
        deviation = np.sqrt(np.bincount(row, weights=(scores - mean[row]) ** 2, minlength=rows) / count)
        deviation[deviation <= 1e-9] = 1.0  # where all are equal any step tells them apart
        raised: Float32Array = (scores + self.boost[product] * deviation[row]).astype(np.float32)
        return raised


class BoundRules:
    """Safe to use from several threads: what two of them prepare at once is the same."""

    def __init__(self, rules: RuleSet, catalogue: Catalogue) -> None:
        self.rule_set = rules
        self._catalogue = catalogue
        costs = np.array([rules.unit_costs.get(each, np.nan) for each in catalogue.ids], dtype=np.float32)
        self._products = RuledProducts(catalogue, costs)
        self._selected = {rule.name: rule.selected(self._products.texts) for rule in rules.rules}
        self._in_force: dict[Audience, RulesInForce] = {}

    def in_force(self, audience: Audience) -> RulesInForce:
        """The rules that count for an audience (of `RuleSet.audience`, so that there are few)."""
        found = self._in_force.get(audience)
        if found is None:
            found = self._in_force[audience] = self._prepared(audience)
        return found

    def _prepared(self, audience: Audience) -> RulesInForce:
        rules = [rule for rule in self.rule_set.rules if rule.counts_for(audience)]
        size = len(self._catalogue)
        barring = [(r.name, r.barred(self._products)) for r in rules if isinstance(r, BarringRule)]
        boosts = [rule for rule in rules if isinstance(rule, Boosted)]
        placing = [rule for rule in rules if isinstance(rule, Pinned | Quota)]
        barred = np.zeros(size, dtype=bool)
        for _, mask in barring:
            barred |= mask
        pins = [
            pin for number, rule in enumerate(placing) if isinstance(rule, Pinned) for pin in self._pins(rule, number)
        ]
        return RulesInForce(
            barred,
            barring,
            [self._repeat(rule) for rule in rules if isinstance(rule, NotAgain)],
            [(rule.name, self._selected[rule.name]) for rule in boosts],
            self._boost(boosts),
            [pin for pin in pins if pin.product >= 0],
            [self._quota(rule, number) for number, rule in enumerate(placing) if isinstance(rule, Quota)],
            [rule.name for rule in placing],
            self._promoted([*boosts, *placing], barred),
            [pin for pin in pins if pin.product < 0],
        )

    def _repeat(self, rule: NotAgain) -> Repeat:
        size = len(self._catalogue)
        group = np.arange(size, dtype=np.int64) if rule.same == "product" else self._catalogue.groups[rule.same]
        return Repeat(rule.name, rule.days, group, self._selected[rule.name])

    def _boost(self, boosts: Sequence[Boosted]) -> Float32Array | None:
        if not boosts:
            return None
        total = np.zeros(len(self._catalogue), dtype=np.float32)
        for rule in boosts:
            total[self._selected[rule.name]] += np.float32(rule.by)
        return total

    def _pins(self, rule: Pinned, number: int) -> list[Pin]:
        codes = self._catalogue.codes(list(rule.places.values()))
        return [Pin(place, int(code), number) for place, code in zip(rule.places, codes, strict=True)]

    def _quota(self, rule: Quota, number: int) -> PlaceQuota:
        most = rule.places if rule.at_most is None else rule.at_most
        return PlaceQuota(self._selected[rule.name], rule.at_least, most, rule.places, number)

    def _promoted(self, rules: Sequence[MerchandisingRule], barred: BoolArray) -> Int64Array:
        """Pinned products, and the best sellers of what is raised or needed."""
        wanted = np.zeros(len(self._catalogue), dtype=bool)
        for rule in rules:
            if isinstance(rule, Pinned):
                wanted |= self._selected[rule.name]
            elif _raises(rule):
                popular = self._catalogue.popular
                wanted[popular[(self._selected[rule.name] & ~barred)[popular]][:PROMOTED]] = True
        return np.flatnonzero(wanted & ~barred).astype(np.int64)


def _raises(rule: MerchandisingRule) -> bool:
    """Whether it wants more of its products in lists."""
    return (isinstance(rule, Boosted) and rule.by > 0) or (isinstance(rule, Quota) and rule.at_least > 0)
