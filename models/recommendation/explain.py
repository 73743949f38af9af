"""Why a product is recommended, in words that a shop front may print."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Final

import numpy as np
import scipy.sparse as sp

from models.recommendation.bound_statistics import BoundStatistics
from models.recommendation.candidate_sources.interest import Seeds
from models.recommendation.candidates import CandidateSource
from models.recommendation.interests import RecentInterest
from models.recommendation.profiles import UserProfiles

_ITSELF: Final[Mapping[str, str]] = {
    "view": "you looked at it lately",
    "cart": "you put it into your cart lately",
    "wishlist": "it is on your wish list",
    "search": "it is what you searched for",
}
_GOES_WITH: Final[Mapping[str, str]] = {
    "view": "goes with {kind}, which you looked at lately",
    "cart": "goes with {kind}, which you put into your cart lately",
    "wishlist": "goes with {kind}, which is on your wish list",
    "search": "goes with {kind}, which you searched for",
}


class Explainer:
    """Reasons for one customer, a block of one; `region` where what sells best there was asked for."""

    def __init__(
        self,
        profiles: UserProfiles,
        region: str | None = None,
        interests: Sequence[RecentInterest] = (),
        bound: BoundStatistics | None = None,
    ) -> None:
        """`bound` is needed where there are interests."""
        self._profiles = profiles
        self._catalogue = profiles.index.catalogue
        self._region = region
        self._interests = interests
        self._bound = bound

    def reason(self, product: int, source: CandidateSource) -> str:
        """Why this product, given where it came from."""
        match source:
            case CandidateSource.HISTORY:
                return self._history(product)
            case CandidateSource.TOGETHER | CandidateSource.TRENDING | CandidateSource.DISCOVERED:
                return self._neighbour(product) or self._trend(product)
            case CandidateSource.CATEGORY:
                return f"you often buy {self._catalogue.texts[self._catalogue.kind][product]}"
            case CandidateSource.BASKET:
                return "often bought together with what is in your basket"
            case CandidateSource.INTEREST:
                return self._interest(product)
            case CandidateSource.POPULAR:
                return f"sells best in {self._region}" if self._region else "sells best at present"

    def _history(self, product: int) -> str:
        place = np.flatnonzero(self._profiles.product == product)[0]
        times, last = (int(self._profiles.of_entries(name)[place]) for name in ("purchases", "last_days"))
        days = "yesterday" if last == 1 else f"{last} days ago"
        return f"you bought it on {times} days, last {days}" if times > 1 else f"you bought it {days}"

    @cached_property
    def _seeds(self) -> Seeds:
        """What the interests mean, looked up once for all reasons."""
        assert self._bound is not None
        return Seeds.of(self._interests, self._bound)

    @cached_property
    def _spoken(self) -> sp.csc_matrix:
        """How often each product shares baskets with what the interests mean, shape (seeds, I)."""
        assert self._bound is not None
        return self._bound.cooccurrence[self._seeds.product].tocsc()

    def _interest(self, product: int) -> str:
        """The interest that speaks most for it: in itself, else in what it goes with."""
        seeds, spoken = self._seeds, self._spoken
        itself = seeds.where(seeds.product == product)
        if len(itself.product):
            return _ITSELF[self._interests[int(itself.interest[itself.weight.argmax()])].kind]
        seed = int((spoken[:, [product]].toarray().ravel() * seeds.weight).argmax())
        said = _GOES_WITH[self._interests[int(seeds.interest[seed])].kind]
        return said.format(kind=self._kind(int(seeds.product[seed])))

    def _neighbour(self, product: int) -> str | None:
        """The purchase that speaks most for it."""
        index = self._profiles.index
        column = int(index.column[product])
        if column < 0:
            return None
        speaker = self._profiles.speaker(column)
        return None if speaker is None else f"customers who buy {self._kind(speaker)} buy it, too"

    def _trend(self, product: int) -> str:
        first = int(self._catalogue.numbers["first_buyers_28d"][product])
        return f"{first:,} customers bought it for the first time in the last 28 days"

    def _kind(self, product: int) -> str:
        """A product's name, else its category, else its id."""
        for name in ("name", "category"):
            text = self._catalogue.texts[name][product]
            if isinstance(text, str) and text:
                return text
        return str(self._catalogue.ids[product])
