"""What is asked of a list beside the best scores, and the order of the candidates that follows."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from core.settings import Recommendation
from models.arrays import BoolArray, Float32Array, Int64Array
from models.recommendation.profiles import UserProfiles
from models.recommendation.variety import group_caps, own_mix

POOL: Final = 5
"""Of a list of k the best 5k candidates are reordered (with ten times k the same lists on both shops tried)."""


@dataclass(frozen=True)
class ListVariety:
    """`diversity` from 0 (scores alone) to 1 (the customer's mix alone, among the best); None: the version's own.

    `most_per_category` and `most_per_brand` are of one list; 0: any number.
    """

    diversity: float | None = None
    most_per_category: int = 0
    most_per_brand: int = 0

    @classmethod
    def asked(cls, settings: Recommendation, diversity: float | None = None) -> ListVariety:
        """As the shop has it; `diversity` where somebody asks for another one."""
        if diversity is None and settings.diversity != "auto":
            diversity = settings.diversity
        return cls(diversity, settings.most_per_category, settings.most_per_brand)

    def resolved(self, default: float) -> ListVariety:
        """With a version's own diversity where none is given."""
        return self if self.diversity is not None else replace(self, diversity=default)

    @property
    def caps(self) -> dict[str, int]:
        """How many products of one group a list may have, by the kind of group."""
        caps = {"category": self.most_per_category, "brand": self.most_per_brand}
        return {name: most for name, most in caps.items() if most}

    @property
    def plain(self) -> bool:
        """Whether scores alone decide."""
        return not self.diversity and not self.caps


AS_TRAINED: Final = ListVariety()
"""The version's own diversity, no caps."""


@dataclass(frozen=True)
class CandidateOrder:
    """Positions of pairs by ascending row, the next to be shown first; `spare`, shape (pairs,), are those behind caps.

    A row's spare ones come last: they are shown only where nothing else is left.
    """

    order: Int64Array
    spare: BoolArray


def varied(
    asked: ListVariety,
    k: int,
    profiles: UserProfiles,
    personal: BoolArray,
    *,
    row: Int64Array,
    product: Int64Array,
    score: Float32Array,
    fixed: Int64Array,
) -> CandidateOrder:
    """The pairs, which come by row and falling score, in the order in which they are to be shown.

    Args:
        asked: with a diversity.
        k: the length of the lists.
        profiles: of the block.
        personal: whose profile may be used, shape (R,).
        row, product, score: shape (pairs,).
        fixed: products that have a place whatever the order: they count first against caps.
    """
    order = np.arange(len(row), dtype=np.int64)
    caps = asked.caps
    catalogue = profiles.index.catalogue
    spare = np.zeros(len(row), dtype=bool)
    if caps:
        spare = ~group_caps.kept([(catalogue.groups[name], most) for name, most in caps.items()], row, product, fixed)
        order = np.lexsort((order, spare, row))
    if asked.diversity:
        within = order[~spare[order]]
        mix = own_mix.of(profiles, personal)
        if mix is not None:
            moved = own_mix.calibrated(
                mix, row[within], product[within], score[within], k=k, pool=POOL * k, diversity=asked.diversity
            )
            order = order.copy()
            order[~spare[order]] = within[moved]
    return CandidateOrder(order, spare[order])
