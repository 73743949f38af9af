"""One list from scored products: pinned places first, quotas kept, and otherwise the best that is left."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from models.arrays import BoolArray, Int64Array


@dataclass(frozen=True)
class Pin:
    """A product's place, from 1; `rule` is the number of the rule that says so."""

    place: int
    product: int
    rule: int


@dataclass(frozen=True)
class PlaceQuota:
    """Bounds on the products `members`, shape (I,), among the first `places`; in a shorter list in proportion."""

    members: BoolArray
    at_least: int
    at_most: int
    places: int
    rule: int

    def within(self, k: int) -> PlaceQuota:
        """What it asks of a list of k places: never more than its share of them."""
        return self if k >= self.places else replace(self, at_least=self.at_least * k // self.places, places=k)


@dataclass(frozen=True)
class Arranged:
    """Which of the products stand in the list, in its order, and the rule that put each there, -1: its score alone.

    `complete`: all k places are taken, and every quota has what it needs.
    """

    chosen: Int64Array
    rule: Int64Array
    complete: bool


def arrange(products: Int64Array, k: int, pins: Sequence[Pin], quotas: Sequence[PlaceQuota]) -> Arranged:
    """At most k of the products, which come in the order of their scores, the best first; each once.

    A pinned product that is not among them is left out of account; where the list ends before its place it comes
    forward, as far as quotas leave it room. What a quota needs comes as late as its places allow. A quota that can't be
    filled is filled as far as there are products; what it forbids it forbids anyway.
    """
    return _Arrangement(products, k, pins, quotas).run()


class _Arrangement:
    """Walks the places. Products with the same quotas wait in one queue, so that a place looks at few of them."""

    def __init__(self, products: Int64Array, k: int, pins: Sequence[Pin], quotas: Sequence[PlaceQuota]) -> None:
        self.k = k
        self.quotas = quotas = [quota.within(k) for quota in quotas]
        pattern = np.zeros(len(products), dtype=np.int64)
        for number, quota in enumerate(quotas):
            pattern |= quota.members[products].astype(np.int64) << number
        self.pattern = pattern
        self.pinned: dict[int, tuple[int, int]] = {}
        for pin in pins:
            found = np.flatnonzero(products == pin.product)
            if len(found) and pin.place <= k:
                self.pinned[pin.place] = int(found[0]), pin.rule
        free = np.ones(len(products), dtype=bool)
        free[[index for index, _ in self.pinned.values()]] = False
        self.queues = {
            int(each): deque(np.flatnonzero((pattern == each) & free).tolist()) for each in np.unique(pattern[free])
        }
        self.have = [0] * len(quotas)
        # A product of one quota's needs may be one of those that another quota bounds.
        self.inside = [
            [one for one, part in enumerate(quotas) if one != other and not (part.members & ~whole.members).any()]
            for other, whole in enumerate(quotas)
        ]

    def run(self) -> Arranged:
        chosen, rules = [], []
        for place in range(1, self.k + 1):
            index, rule = self.pinned[place] if place in self.pinned else self._best(place)
            if index < 0:
                break
            chosen.append(index)
            rules.append(rule)
            self._count(index, place)
        for index, rule in [self.pinned[place] for place in sorted(self.pinned) if place > len(chosen)]:
            if self._fits(index, len(chosen) + 1):  # the list ends before its place
                chosen.append(index)
                rules.append(rule)
                self._count(index, len(chosen))
        met = all(have >= quota.at_least for have, quota in zip(self.have, self.quotas, strict=True))
        return Arranged(
            np.array(chosen, dtype=np.int64), np.array(rules, dtype=np.int64), met and len(chosen) == self.k
        )

    def _bounding(self, index: int, place: int) -> list[int]:
        """The quotas that count a product at a place."""
        pattern = int(self.pattern[index])
        return [number for number, quota in enumerate(self.quotas) if place <= quota.places and pattern >> number & 1]

    def _count(self, index: int, place: int) -> None:
        for number in self._bounding(index, place):
            self.have[number] += 1

    def _fits(self, index: int, place: int) -> bool:
        """Whether a pinned product may come forward to a place that its quotas count."""
        return all(self.have[number] < self.quotas[number].at_most for number in self._bounding(index, place))

    def _best(self, place: int) -> tuple[int, int]:
        """The next product and the rule that chose it; -1 where none may stand here."""
        waiting = [self._waiting(number, place) for number in range(len(self.quotas))]
        needs = [self._need(number, place, waiting[number]) for number in range(len(self.quotas))]
        may = [each for each, queue in self.queues.items() if queue and self._may(each, place, waiting, needs)]
        if not may:
            return -1, -1
        pressing = self._pressing(place, needs)
        forced = [each for each in may if each & pressing]
        taken = min(forced or may, key=lambda each: self.queues[each][0])
        index = self.queues[taken].popleft()
        if not forced or index < self._first(may, taken):
            return index, -1
        number = next(number for number in range(len(self.quotas)) if taken & pressing & 1 << number)
        return index, self.quotas[number].rule

    def _first(self, may: Sequence[int], taken: int) -> int:
        """The best product of the other queues: what is better than all of them needs no rule to stand here."""
        return min((self.queues[each][0] for each in may if each != taken), default=self.k + len(self.pattern))

    def _waiting(self, number: int, place: int) -> int:
        """How many of the quota's products are pinned to its places behind this one."""
        places = self.quotas[number].places
        pinned = (index for at, (index, _) in self.pinned.items() if place < at <= places)
        return sum(bool(self.pattern[index] >> number & 1) for index in pinned)

    def _need(self, number: int, place: int, waiting: int) -> int:
        quota = self.quotas[number]
        return max(0, quota.at_least - self.have[number] - waiting) if place <= quota.places else 0

    def _may(self, pattern: int, place: int, waiting: Sequence[int], needs: Sequence[int]) -> bool:
        """Whether a product of these quotas leaves each of them room for what else it has to take in."""
        for number, quota in enumerate(self.quotas):
            if not pattern >> number & 1 or place > quota.places:
                continue
            kept = max((needs[part] for part in self.inside[number] if not pattern >> part & 1), default=0)
            if self.have[number] + waiting[number] + kept >= quota.at_most:
                return False
        return True

    def _pressing(self, place: int, needs: Sequence[int]) -> int:
        """The quotas, as bits, that need every free place up to the end of theirs from here on."""
        for end in sorted({quota.places for number, quota in enumerate(self.quotas) if needs[number]}):
            of_end = [number for number, quota in enumerate(self.quotas) if needs[number] and quota.places <= end]
            free = end - place + 1 - sum(place <= at <= end for at in self.pinned)
            if sum(needs[number] for number in of_end) >= free:
                return sum(1 << number for number in of_end)
        return 0
