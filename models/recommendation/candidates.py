"""The first stage: for each customer the products that are worth ranking, from several sources."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from models.arrays import BoolArray, Float32Array, Int64Array
from models.recommendation import candidate_sources as sources
from models.recommendation.profiles import UserProfiles


class CandidateSource(IntEnum):
    """Where a candidate came from; of several, the one that stands first here, but a fresh interest before all new."""

    HISTORY = 0
    TOGETHER = 1
    TRENDING = 2
    DISCOVERED = 3
    CATEGORY = 4
    POPULAR = 5
    BASKET = 6
    INTEREST = 7

    @property
    def label(self) -> str:
        """The word in files and answers."""
        return self.name.lower()


@dataclass(frozen=True)
class CandidateLimits:
    """How many candidates each source gives a customer, at most; 0 turns one off."""

    history: int = sources.History.limit
    together: int = sources.Together.limit
    trending: int = sources.Trending.limit
    discovered: int = sources.Discovered.limit
    category: int = sources.Category.limit
    popular: int = sources.Popular.limit
    interest: int = sources.InterestSource.limit


@dataclass(frozen=True)
class Candidates:
    """Pairs of (customer row, product code), by ascending row; `entry` is the history entry, -1 for a new product."""

    row: Int64Array
    product: Int64Array
    entry: Int64Array
    source: Int64Array

    def __len__(self) -> int:
        return len(self.row)

    @property
    def new(self) -> BoolArray:
        """Whether the customer never bought the product."""
        return self.entry < 0

    @classmethod
    def joined(cls, parts: Sequence[Candidates]) -> Candidates:
        """All of them, the customers' apart; within a customer in the order of the parts."""
        row = np.concatenate([part.row for part in parts])
        order = np.argsort(row, kind="stable")
        columns = (np.concatenate([getattr(part, n) for part in parts])[order] for n in ("product", "entry", "source"))
        return cls(row[order], *columns)

    def where(self, keep: BoolArray) -> Candidates:
        """Some of them."""
        return Candidates(self.row[keep], self.product[keep], self.entry[keep], self.source[keep])


def candidates(profiles: UserProfiles, limits: CandidateLimits) -> Candidates:
    """All candidates of a block of customers, each pair once."""
    return Candidates.joined([_own(profiles, limits.history), _fresh(profiles, limits)])


def crossed(profiles: UserProfiles, rows: Int64Array, products: Int64Array, source: Int64Array) -> Candidates:
    """Each of the customers with each of the products, whose sources are given, shape (products,)."""
    row, product = np.repeat(rows, len(products)), np.tile(products, len(rows))
    return Candidates(row, product, profiles.entries_of(row, product), np.tile(source, len(rows)))


def _own(profiles: UserProfiles, limit: int) -> Candidates:
    """What the customer bought before."""
    chosen = sources.OWN.entries(profiles, limit)
    source = np.full(len(chosen), CandidateSource.HISTORY, dtype=np.int64)
    return Candidates(profiles.row[chosen], profiles.product[chosen], profiles.entry[chosen], source)


def _fresh(profiles: UserProfiles, limits: CandidateLimits) -> Candidates:
    """What the customer never bought, best by each source in turn."""
    found = [
        _best(source.scores(profiles), profiles, CandidateSource[source.name.upper()], limit)
        for source in sources.FRESH
        if (limit := getattr(limits, source.name)) and len(profiles.index.targets)
    ]
    if not found:
        none = np.zeros(0, dtype=np.int64)
        return Candidates(none, none, none, none)
    row, product, source = (np.concatenate(parts) for parts in zip(*found, strict=True))
    _, first = np.unique(row * len(profiles.index.catalogue) + product, return_index=True)
    entry = np.full(len(first), -1, dtype=np.int64)
    return Candidates(row[first], product[first], entry, source[first])


def _best(
    scores: Float32Array, profiles: UserProfiles, source: CandidateSource, limit: int
) -> tuple[Int64Array, Int64Array, Int64Array]:
    """Row, product and source of the `limit` best targets with a positive score that the customer never bought."""
    scores = np.where(profiles.owned, np.float32(0), scores)
    limit = min(limit, scores.shape[1])
    columns = np.argpartition(-scores, limit - 1, axis=1)[:, :limit]
    rows = np.repeat(np.arange(len(scores), dtype=np.int64), limit)
    flat = columns.ravel()
    good = scores[rows, flat] > 0
    products = profiles.index.targets[flat[good]]
    return rows[good], products, np.full(len(products), source, dtype=np.int64)
