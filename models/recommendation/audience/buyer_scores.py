"""How likely each customer is to buy a product, comparable between customers.

Within a list scores are standardised by customer, so that they say nothing of who buys more than another. Here the
learner of the probability speaks alone: its pair features know how often the customer comes, and what of. A ranker
without one (a baseline, or a mix that needs none) is replaced by the item-item formula, which counts purchases.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final, cast

import numpy as np

from models.arrays import Float32Array, Int64Array
from models.recommendation.audience.asked_product import AskedProduct
from models.recommendation.audience.product_focus import focused
from models.recommendation.candidates import Candidates, CandidateSource, crossed
from models.recommendation.history import PurchaseHistories
from models.recommendation.inputs import pair_features
from models.recommendation.item_item_index import ItemItemIndex
from models.recommendation.profiles import BLOCK, HighestScores, UserProfiles
from models.recommendation.rankers import FormulaRanker, Ranker, TwoStage

AT_ONCE: Final = 8192
"""Pairs of customer and product in one block: a few milliseconds' work, and as many rows of features in memory."""
_FORMULA: Final = FormulaRanker("item_item")


@dataclass(frozen=True)
class KnownCustomers:
    """The histories, and what pair features compare a customer's scores with: the same whatever is asked for."""

    histories: PurchaseHistories
    highest: HighestScores

    @classmethod
    def of(
        cls, histories: PurchaseHistories, index: ItemItemIndex, between: Callable[[], None] = lambda: None
    ) -> KnownCustomers:
        """In blocks, `between` each of which something may be called."""
        parts = []
        for _, block in _blocks(histories, BLOCK):
            parts.append(UserProfiles(block, index).highest)
            between()
        none = np.zeros(0, dtype=np.float32)
        names = ("discovery", "recent", "trending")
        highest = (np.concatenate([none, *(getattr(each, name) for each in parts)]) for name in names)
        return cls(histories, HighestScores(*highest))

    def __len__(self) -> int:
        return len(self.histories)


def buyer_scores(
    ranker: Ranker,
    index: ItemItemIndex,
    customers: KnownCustomers,
    asked: AskedProduct,
    between: Callable[[], None] = lambda: None,
) -> Float32Array:
    """Every customer's score for a product, from 0 to 1; of one told by others their weighted mean. Shape (R,).

    Args:
        ranker: whose learner of the probability is asked.
        index: what is known of products.
        customers: as of the same index.
        asked: the product, or those that are like it.
        between: called after each block of customers.
    """
    products, weights = asked.codes, asked.weights
    focus = focused(index, products)
    scores = np.zeros(len(customers), dtype=np.float32)
    for first, block in _blocks(customers.histories, max(1, AT_ONCE // max(len(products), 1))):
        profiles = UserProfiles(block, focus, customers.highest.block(first, first + len(block)))
        found = _of_pairs(ranker, profiles, products)
        scores[first : first + len(block)] = found @ weights
        between()
    return scores


def _blocks(histories: PurchaseHistories, size: int) -> Iterator[tuple[int, PurchaseHistories]]:
    for first in range(0, len(histories), size):
        yield first, histories.block(first, first + size)


def _of_pairs(ranker: Ranker, profiles: UserProfiles, products: Int64Array) -> Float32Array:
    """Shape (customers of the block, products)."""
    rows = np.arange(len(profiles.histories), dtype=np.int64)
    source = np.full(len(products), CandidateSource.HISTORY, dtype=np.int64)
    pairs = crossed(profiles, rows, products, source)
    return _scores(ranker, profiles, pairs).reshape(len(rows), len(products))


def _scores(ranker: Ranker, profiles: UserProfiles, pairs: Candidates) -> Float32Array:
    booster = ranker.modes["all"].probability if isinstance(ranker, TwoStage) else None
    if booster is not None:
        return cast(Float32Array, booster.inplace_predict(pair_features(profiles, pairs)))
    counted = np.maximum(_FORMULA.score(profiles, pairs, "all"), 0)
    return cast(Float32Array, counted / (1 + counted))
