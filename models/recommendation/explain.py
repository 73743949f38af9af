"""Why a product is recommended, in words that a shop front may print."""

from __future__ import annotations

import numpy as np

from models.arrays import Int64Array
from models.recommendation.candidates import CandidateSource
from models.recommendation.item_item_index import ItemItemIndex
from models.recommendation.profiles import UserProfiles


class Explainer:
    """Reasons for one customer."""

    def __init__(self, profiles: UserProfiles, basket: Int64Array) -> None:
        self._taste = profiles
        self._catalogue = profiles.index.catalogue
        self._basket = basket

    def reason(self, product: int, source: CandidateSource) -> str:
        """Why this product, given where it came from."""
        match source:
            case CandidateSource.HISTORY:
                return self._history(product)
            case CandidateSource.TOGETHER | CandidateSource.TRENDING | CandidateSource.DISCOVERED:
                return self._neighbour(product) or self._trend(product)
            case CandidateSource.CATEGORY:
                return f"you often buy {self._kind(product)}"
            case CandidateSource.BASKET:
                return "often bought together with what is in your basket"
            case CandidateSource.POPULAR:
                return cold(self._taste.index, source, None)

    def _history(self, product: int) -> str:
        place = np.flatnonzero(self._taste.product == product)[0]
        times, last = (int(self._taste.of_entries(name)[place]) for name in ("purchases", "last_days"))
        days = "yesterday" if last == 1 else f"{last} days ago"
        return f"you bought it on {times} days, last {days}" if times > 1 else f"you bought it {days}"

    def _neighbour(self, product: int) -> str | None:
        """The purchase that speaks most for it."""
        index = self._taste.index
        column = int(index.column[product])
        if column < 0:
            return None
        weights = index.weights[self._taste.product][:, [column]].toarray().ravel()
        if not weights.max(initial=0) > 0:
            return None
        return f"customers who buy {self._kind(int(self._taste.product[weights.argmax()]))} buy it, too"

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


def cold(index: ItemItemIndex, source: CandidateSource, region: str | None) -> str:
    """Why, where nothing is known of the customer."""
    if source is CandidateSource.BASKET:
        return "often bought together with what is in your basket"
    return f"sells best in {region}" if region else "sells best at present"
