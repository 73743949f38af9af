"""Every customer's history, kept for the reverse question; and what came of the products asked for last.

Histories are read from the online store when an audience is first asked for, piece by piece, so that other requests
get in between, and kept until the store is filled again or another version answers: an audience is as of the last
`regulars materialize`. One audience is worked out at a time.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from typing import Final

import pandas as pd

from core.workspace import Workspace
from feature_repo.materialization import Materializations
from models.arrays import Float32Array
from models.recommendation import KIND, Recommender
from models.recommendation.audience.asked_product import AskedProduct
from models.recommendation.audience.buyer_scores import KnownCustomers, buyer_scores
from models.recommendation.bound_statistics import BoundStatistics
from models.recommendation.history import IDS, KEY, PurchaseHistories
from serving.champions import Champion
from serving.online_features import OnlineFeatures
from serving.problems import NotYet, TooBusy

VIEW: Final = "customer_history"
PIECE: Final = 200
MOST_ENTRIES: Final = 8_000_000
"""Pairs of customer and product that are kept at most, at 44 bytes each; a larger shop asks by the command line."""
MOST_UNDER_WAY: Final = 2
PRODUCTS: Final = 32
PAUSE_SECONDS: Final = 0.001


class AudienceCache:
    """Scores of all customers for a product; safe to use from several threads."""

    def __init__(self, workspace: Workspace, features: OnlineFeatures) -> None:
        self._fillings = Materializations(workspace)
        self._features = features
        self._entering = threading.BoundedSemaphore(MOST_UNDER_WAY)
        self._working = threading.Lock()
        self._read_for: tuple[BoundStatistics, int] | None = None
        self._customers: KnownCustomers | None = None
        self._scores: OrderedDict[tuple[str, ...], Float32Array] = OrderedDict()

    def scores(
        self, champion: Champion[Recommender], bound: BoundStatistics, asked: AskedProduct
    ) -> tuple[list[str], Float32Array]:
        """The customers that the store was filled with, and the score of each, shape (R,).

        Raises:
            TooBusy: others are being worked out.
            NotReady, NotYet: the store is empty, does not answer, or has more than can be kept.
        """
        if not self._entering.acquire(blocking=False):
            raise TooBusy("other audiences are being worked out; try again", headers={"Retry-After": "2"})
        try:
            with self._working:
                customers, key = self._of(bound), (asked.product_id, *asked.alike)
                if key not in self._scores:
                    index, ranker = bound.index, champion.model.ranker
                    self._scores[key] = buyer_scores(ranker, index, customers, asked, _pause)
                self._scores.move_to_end(key)
                while len(self._scores) > PRODUCTS:
                    self._scores.popitem(last=False)
                return [str(each) for each in customers.histories.customers], self._scores[key]
        finally:
            self._entering.release()

    def _of(self, bound: BoundStatistics) -> KnownCustomers:
        number = self._fillings.required().number
        held = self._read_for
        if self._customers is None or held is None or held[0] is not bound or held[1] != number:
            self._customers, self._read_for = None, None
            self._scores.clear()
            self._customers = KnownCustomers.of(self._read(bound), bound.index, _pause)
            self._read_for = bound, number
        return self._customers

    def _read(self, bound: BoundStatistics) -> PurchaseHistories:
        ids, parts, entries = self._fillings.keys(VIEW), [], 0
        for first in range(0, len(ids), PIECE):
            found = self._features.read(KIND.service, KEY, ids[first : first + PIECE])
            if not self._features.answers:
                raise NotYet("the feature store does not answer", headers={"Retry-After": "5"})
            frame = pd.DataFrame({KEY: found.known, **found.columns})
            parts.append(PurchaseHistories.of(frame[frame[IDS].notna()] if len(frame) else frame, bound.catalogue))
            entries += len(parts[-1].product)
            if entries > MOST_ENTRIES:
                raise NotYet(f"more than {MOST_ENTRIES:,} pairs of customer and product; run: regulars audience")
        return PurchaseHistories.joined([part for part in parts if len(part)])


def _pause() -> None:
    """Let others get in between."""
    time.sleep(PAUSE_SECONDS)
