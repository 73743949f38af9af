"""Why a product is recommended, in words that a shop front may print."""

from __future__ import annotations

import numpy as np

from models.recommendation.assortment import Assortment
from models.recommendation.candidates import Source
from models.recommendation.catalogue import Ints
from models.recommendation.taste import Taste


class Explainer:
    """Reasons for one customer."""

    def __init__(self, taste: Taste, basket: Ints) -> None:
        self._taste = taste
        self._catalogue = taste.assortment.catalogue
        self._basket = basket

    def reason(self, product: int, source: Source) -> str:
        """Why this product, given where it came from."""
        match source:
            case Source.HISTORY:
                return self._history(product)
            case Source.TOGETHER | Source.TRENDING | Source.DISCOVERED:
                return self._neighbour(product) or self._trend(product)
            case Source.CATEGORY:
                return f"you often buy {self._kind(product)}"
            case Source.BASKET:
                return "often bought together with what is in your basket"
            case Source.POPULAR:
                return cold(self._taste.assortment, source, None)

    def _history(self, product: int) -> str:
        place = np.flatnonzero(self._taste.product == product)[0]
        times, last = (int(self._taste.of_entries(name)[place]) for name in ("purchases", "last_days"))
        days = "yesterday" if last == 1 else f"{last} days ago"
        return f"you bought it on {times} days, last {days}" if times > 1 else f"you bought it {days}"

    def _neighbour(self, product: int) -> str | None:
        """The purchase that speaks most for it."""
        assortment = self._taste.assortment
        column = int(assortment.column[product])
        if column < 0:
            return None
        weights = assortment.weights[self._taste.product][:, [column]].toarray().ravel()
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


def cold(assortment: Assortment, source: Source, region: str | None) -> str:
    """Why, where nothing is known of the customer."""
    if source is Source.BASKET:
        return "often bought together with what is in your basket"
    return f"sells best in {region}" if region else "sells best at present"
