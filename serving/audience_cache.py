"""Every customer's history, kept for the reverse question; and what came of the products asked for last.

Histories are read from the online store behind the requests, once it is filled and a version answers, so that who asks
for an audience need not wait for them; only of a large shop that never asked for one they are read with the first
question. What was read before answers until what is new has been read: an audience is as of the last `regulars
materialize` but for these seconds. One audience is worked out at a time.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import pandas as pd

from core.packed_rows import READ_ARRAYS
from core.workspace import Workspace
from feature_repo.materialization import Materializations
from feature_repo.packed.feature_rows import FeatureRows
from models.arrays import Float32Array
from models.recommendation import KIND, Recommender
from models.recommendation.audience.asked_product import AskedProduct
from models.recommendation.audience.buyer_scores import KnownCustomers, buyer_scores
from models.recommendation.bound_statistics import BoundStatistics
from models.recommendation.history import COLUMNS, IDS, KEY, PurchaseHistories
from serving.champions import Champion
from serving.online_features import BEHIND, Found, OnlineFeatures
from serving.problems import NotYet, TooBusy

VIEW: Final = "customer_history"
PIECE: Final = 50
"""Customers that are read without a rest: some ten milliseconds."""
MOST_ENTRIES: Final = 8_000_000
"""Pairs of customer and product that are kept at most, at 44 bytes each; a larger shop asks by the command line."""
MOST_UNASKED: Final = 2_000_000
"""Before anybody has asked for an audience: most shops' (the Complete Journey has 860,000), in 90 MB."""
MOST_UNDER_WAY: Final = 2
PRODUCTS: Final = 32
PAUSE_SECONDS: Final = 0.001


@dataclass
class HeldCustomers:
    """All customers of a filling, in the codes of one version's products, and the scores for products asked of it."""

    model: Recommender
    bound: BoundStatistics
    filling: int
    customers: KnownCustomers
    scores: OrderedDict[tuple[str, ...], Float32Array] = field(default_factory=OrderedDict)

    def is_of(self, bound: BoundStatistics, filling: int) -> bool:
        """Whether it is what would be read now."""
        return self.bound is bound and self.filling == filling


class AudienceCache:
    """Scores of all customers for a product; safe to use from several threads."""

    def __init__(self, workspace: Workspace, features: OnlineFeatures) -> None:
        self._fillings = Materializations(workspace)
        self._features = features
        self._entering = threading.BoundedSemaphore(MOST_UNDER_WAY)
        self._working = threading.Lock()
        self._reading = threading.Lock()
        self._held: HeldCustomers | None = None
        self._too_many: tuple[BoundStatistics, int] | None = None
        self._waiting = 0
        self.is_asked = False
        """Whether audiences are asked for: then those of a large shop are read ahead, too."""

    def held(self, champion: Champion[Recommender]) -> HeldCustomers | None:
        """What answers at once for a version; None: its customers are to be read."""
        held = self._held
        return held if held is not None and held.model is champion.model else None

    def scores(
        self,
        champion: Champion[Recommender],
        bound: BoundStatistics,
        asked: AskedProduct,
        held: HeldCustomers | None = None,
    ) -> tuple[list[str], Float32Array]:
        """The customers that the store was filled with, and the score of each, shape (R,).

        `bound` is that of `held`, where something is.

        Raises:
            TooBusy: others are being worked out.
            NotReady, NotYet: the store is empty, does not answer, or has more than can be kept.
        """
        self.is_asked = True
        if not self._entering.acquire(blocking=False):
            raise TooBusy("other audiences are being worked out; try again", headers={"Retry-After": "2"})
        try:
            with self._working:
                held, key = held or self._now(champion, bound), (asked.product_id, *asked.alike)
                if key not in held.scores:
                    index, ranker = bound.index, champion.model.ranker
                    held.scores[key] = buyer_scores(ranker, index, held.customers, asked, _pause)
                held.scores.move_to_end(key)
                while len(held.scores) > PRODUCTS:
                    held.scores.popitem(last=False)
                return [str(each) for each in held.customers.histories.customers], held.scores[key]
        finally:
            self._entering.release()

    def refresh(self, champion: Champion[Recommender], bound: BoundStatistics) -> None:
        """Read the customers, behind the requests, where they are others than those that are held."""
        latest = self._fillings.latest()
        if latest is None:
            return
        wanted = bound, latest.number
        if not self.is_asked and self._too_many == wanted:
            return
        with self._reading:
            if self._held is not None and self._held.is_of(*wanted):
                return
            try:
                self._read(champion, *wanted, most=MOST_ENTRIES if self.is_asked else MOST_UNASKED)
            except TooMany:
                self._too_many = wanted

    def _now(self, champion: Champion[Recommender], bound: BoundStatistics) -> HeldCustomers:
        """Read them, or wait for who does: that one then rests no longer."""
        self._waiting += 1
        try:
            with self._reading:
                held, filling = self._held, self._fillings.required().number
                if held is not None and held.is_of(bound, filling):
                    return held
                self._held = None
                return self._read(champion, bound, filling, MOST_ENTRIES)
        finally:
            self._waiting -= 1

    def _read(self, champion: Champion[Recommender], bound: BoundStatistics, filling: int, most: int) -> HeldCustomers:
        rest = _Rests(self)
        customers = KnownCustomers.of(self._histories(bound, most, rest), bound.index, rest)
        self._held = HeldCustomers(champion.model, bound, filling, customers)
        return self._held

    def _histories(self, bound: BoundStatistics, most: int, rest: _Rests) -> PurchaseHistories:
        ids, parts, entries = self._fillings.keys(VIEW), [], 0
        for first in range(0, len(ids), PIECE):
            found = self._features.read(KIND.service, KEY, ids[first : first + PIECE])
            if not found.is_read:
                raise NotYet("the feature store does not answer", headers={"Retry-After": "5"})
            frame = pd.DataFrame({KEY: found.known, **_history(found)})
            parts.append(PurchaseHistories.of(frame[frame[IDS].notna()] if len(frame) else frame, bound.catalogue))
            entries += len(parts[-1].product)
            if entries > most:
                raise TooMany(f"more than {most:,} pairs of customer and product; run: regulars audience")
            rest()
        return PurchaseHistories.joined([part for part in parts if len(part)])

    @property
    def patience(self) -> float:
        """How many times as long as it works who reads rests: not while somebody waits for it."""
        return 0.0 if self._waiting else BEHIND.patience


class TooMany(NotYet):
    """More than can be kept."""


class _Rests:
    """Called between two pieces of work: rests in proportion to the last one."""

    def __init__(self, cache: AudienceCache) -> None:
        self._cache = cache
        self._began = time.monotonic()

    def __call__(self) -> None:
        time.sleep(max(PAUSE_SECONDS, self._cache.patience * (time.monotonic() - self._began)))
        self._began = time.monotonic()


def _history(found: Found) -> Mapping[str, Sequence[Any]]:
    """What is read of customers, lists of numbers as arrays: millions of Python's own hold up who answers."""
    if not isinstance(found.columns, FeatureRows):
        return found.columns
    return dict(zip(COLUMNS, found.columns.some(COLUMNS, READ_ARRAYS), strict=True))


def _pause() -> None:
    """Let others get in between."""
    time.sleep(PAUSE_SECONDS)
