"""The first stage: for each customer the products that are worth ranking, from several sources."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import cast

import numpy as np

from models.arrays import BoolArray, Float32Array, Int64Array
from models.recommendation.profiles import UserProfiles


class CandidateSource(IntEnum):
    """Where a candidate came from; of several, the one that stands first here."""

    HISTORY = 0
    TOGETHER = 1
    TRENDING = 2
    DISCOVERED = 3
    CATEGORY = 4
    POPULAR = 5
    BASKET = 6

    @property
    def label(self) -> str:
        """The word in files and answers."""
        return self.name.lower()


@dataclass(frozen=True)
class CandidateLimits:
    """How many candidates each source gives a customer, at most."""

    history: int = 100
    together: int = 50
    trending: int = 50
    discovered: int = 30
    category: int = 20
    popular: int = 10


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
    """What the customer bought before, the most often and recently bought."""
    order = np.lexsort((profiles.product, -profiles.of_entries("weight_60d"), profiles.row))
    row = profiles.row[order]
    place = np.arange(len(row)) - np.searchsorted(row, row)
    chosen = order[place < limit]
    source = np.full(len(chosen), CandidateSource.HISTORY, dtype=np.int64)
    return Candidates(profiles.row[chosen], profiles.product[chosen], profiles.entry[chosen], source)


def _fresh(profiles: UserProfiles, limits: CandidateLimits) -> Candidates:
    """What the customer never bought, best by each source in turn."""
    catalogue, targets = profiles.index.catalogue, profiles.index.targets
    rising = catalogue.numbers["first_buyers_weight"][targets]
    wanted = [
        (CandidateSource.TOGETHER, profiles.discovery, limits.together),
        (CandidateSource.TRENDING, np.sqrt(np.maximum(profiles.discovery, 0) * rising), limits.trending),
        (CandidateSource.DISCOVERED, _for_all(rising, profiles), limits.discovered),
        (CandidateSource.CATEGORY, _of_kind(profiles), limits.category),
        (CandidateSource.POPULAR, _for_all(catalogue.numbers["sales_weight"][targets], profiles), limits.popular),
    ]
    found = [_best(scores, profiles, source, limit) for source, scores, limit in wanted if limit and len(targets)]
    if not found:
        none = np.zeros(0, dtype=np.int64)
        return Candidates(none, none, none, none)
    row, product, source = (np.concatenate(parts) for parts in zip(*found, strict=True))
    _, first = np.unique(row * len(catalogue) + product, return_index=True)
    entry = np.full(len(first), -1, dtype=np.int64)
    return Candidates(row[first], product[first], entry, source[first])


def _for_all(scores: Float32Array, profiles: UserProfiles) -> Float32Array:
    return np.broadcast_to(scores, profiles.owned.shape)


def _of_kind(profiles: UserProfiles) -> Float32Array:
    """How much the customer buys of the product's kind (its name), times the product's share of its sales."""
    catalogue, targets = profiles.index.catalogue, profiles.index.targets
    kind = profiles.group("name").weight[:, catalogue.groups["name"][targets]]
    return cast(Float32Array, kind * catalogue.group_shares["name"][targets])


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
