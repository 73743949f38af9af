"""Training examples: the candidates of every customer at an origin, and which of them were bought in the days after."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property

import numpy as np

from core.errors import DataError
from core.progress import current
from core.workspace import Workspace
from models.arrays import BoolArray, Float32Array, Float64Array, Int64Array
from models.recommendation import customer_bounds, item_item, metrics
from models.recommendation.affinity import Affinity
from models.recommendation.candidates import CandidateLimits, candidates
from models.recommendation.dataset import Dataset
from models.recommendation.inputs import pair_features
from models.recommendation.item_item import Neighbours
from models.recommendation.item_item_index import ItemItemIndex
from models.recommendation.labels import Relevance, among
from models.recommendation.profiles import BLOCK, UserProfiles
from models.recommendation.rankers import Mode, affinities

NEW_SHARE = 0.15
"""Of the new products that were not bought; with half of them `new` is no better."""
OWNED_EXAMPLES = 250_000
"""Owned products of an origin that were not bought, at most: what is bought again is learned from all of them."""


_COLUMNS = ("features", "bought", "new", "row", "source", "product", "offset")


@dataclass(frozen=True)
class Examples:
    """Candidate pairs by ascending `row` (customer): features (n, F), whether bought, whether new to the customer.

    `source` is the `CandidateSource` that gave each pair, `product` its code in the catalogue of the origin, (n,).
    `offset` is what leaving out others of its kind that were not bought adds to a pair's log odds, shape (n,).
    `wanted` counts each customer's relevant products per mode, whether among the candidates or not, shape (R,).
    """

    features: Float32Array
    bought: BoolArray
    new: BoolArray
    row: Int64Array
    source: Int64Array
    product: Int64Array
    offset: Float32Array
    wanted: dict[Mode, Int64Array]

    def __len__(self) -> int:
        return len(self.row)

    def of_mode(self, mode: Mode) -> Examples:
        """Those that are ranked in a mode."""
        return self if mode == "all" else self.where(self.new)

    def where(self, keep: BoolArray) -> Examples:
        """Some of them."""
        columns = {name: getattr(self, name)[keep] for name in _COLUMNS}
        return replace(self, **columns)

    def ndcg(self, scores: Float32Array, mode: Mode) -> float:
        """Mean NDCG@10 over the customers with a relevant product, when these examples are all candidates."""
        return float(np.nanmean(metrics.ndcg(self.hits(np.lexsort((-scores, self.row))), self.wanted[mode])))

    def hits(self, order: Int64Array) -> Float64Array:
        """1 where what stands at a rank was bought, shape (R, 10): of examples in an order by row, the best first."""
        row = self.row[order]
        place = np.arange(len(row)) - np.searchsorted(row, row)
        top = place < metrics.K
        hits = np.zeros((len(self.wanted["all"]), metrics.K))
        hits[row[top], place[top]] = self.bought[order][top]
        return hits


@dataclass(frozen=True)
class TrainingOrigin:
    """A date with its facts and the item-item weights fitted on them, of more customers where there are many."""

    workspace: Workspace
    dataset: Dataset
    neighbours: Neighbours

    @cached_property
    def relevant(self) -> Relevance:
        """What was bought after the date."""
        return Relevance.load(self.workspace, self.dataset)

    @cached_property
    def affinity(self) -> Affinity:
        """What the customers' purchases before the date say of products."""
        return Affinity.fit(self.dataset.histories, self.dataset.catalogue)

    @cached_property
    def judged(self) -> TrainingOrigin:
        """The same with as many customers as lists are judged by."""
        some = self.dataset.drawn(customer_bounds.JUDGED, self.workspace.settings.seed)
        return self if some is self.dataset else replace(self, dataset=some)


def origin(workspace: Workspace, as_of: date) -> TrainingOrigin:
    """The facts as of a date.

    Raises:
        DataError: no product was bought often enough before it to be recommended.
    """
    current().step(f"recommendation: facts as of {as_of}")
    dataset = Dataset.load(workspace, as_of, customer_bounds.FITTED)
    if not len(dataset.catalogue):
        least = workspace.settings.recommendation.min_purchases
        raise DataError(
            f"no product can be recommended as of {as_of}",
            why=f"none was bought {least} times before it (recommendation.min_purchases = {least})",
            todo="take a later date, or a lower recommendation.min_purchases in regulars.toml; where every piece is"
            " sold once, map product_id to what several pieces share (a model, a design)",
        )
    neighbours = item_item.fit(dataset.histories, dataset.catalogue)
    return TrainingOrigin(workspace, dataset.drawn(customer_bounds.LEARNT, workspace.settings.seed), neighbours)


@dataclass(frozen=True)
class KeptShares:
    """Shares of the candidates that were not bought which examples hold: of owned products, and of new ones."""

    owned: float = 1.0
    new: float = 1.0

    @property
    def whole(self) -> bool:
        """Whether nothing is left out."""
        return min(self.owned, self.new) >= 1


def training_shares(source: TrainingOrigin, limits: CandidateLimits) -> KeptShares:
    """What fits see of an origin: few of the many new products, and OWNED_EXAMPLES owned ones where there are more."""
    known = source.dataset.histories.rows[source.dataset.histories.product >= 0]
    owned = np.minimum(np.bincount(known), limits.history).sum()
    return KeptShares(min(1.0, OWNED_EXAMPLES / max(int(owned), 1)), NEW_SHARE)


def examples(source: TrainingOrigin, limits: CandidateLimits, shares: KeptShares, seed: int) -> Examples:
    """The candidates of an origin, with a share of those that were not bought.

    With a share below 1, customers who bought none of their candidates are left out: nothing is to be ranked there.
    """
    rng = np.random.default_rng([seed, source.dataset.as_of.toordinal()])
    index = source.dataset.index(source.neighbours)
    parts = [
        _block(source, index, limits, first, shares=shares, rng=rng)
        for first in range(0, len(source.dataset.histories), BLOCK)
    ]
    wanted: dict[Mode, Int64Array] = {
        "all": np.diff(source.relevant.all.indptr).astype(np.int64),
        "new": np.diff(source.relevant.new.indptr).astype(np.int64),
    }
    features, bought, new, row, source_of, product = (np.concatenate(columns) for columns in zip(*parts, strict=True))
    offset = np.where(new, -np.log(shares.new), -np.log(shares.owned)).astype(np.float32)
    return Examples(features, bought, new, row, source_of, product, offset, wanted)


def affinities_of(judged: Examples, source: TrainingOrigin, affinity: Affinity) -> Float32Array:
    """What affinity says of examples of an origin, shape (n,)."""
    index, histories = source.dataset.index(source.neighbours), source.dataset.histories
    found = np.zeros(len(judged), dtype=np.float32)
    for first in range(0, len(histories), BLOCK):
        start, end = np.searchsorted(judged.row, [first, first + BLOCK])
        profiles = UserProfiles(histories.block(first, first + BLOCK), index)
        row, product = judged.row[start:end] - first, judged.product[start:end]
        found[start:end] = affinities(affinity, profiles, row, product, judged.features[start:end])
    return found


def joined(parts: Sequence[Examples]) -> Examples:
    """The examples of several origins, their customers apart."""
    shifts = np.cumsum([0, *(len(part.wanted["all"]) for part in parts)])
    rows = [part.row + shift for part, shift in zip(parts, shifts, strict=False)]
    wanted = {mode: np.concatenate([part.wanted[mode] for part in parts]) for mode in parts[0].wanted}
    return Examples(
        np.concatenate([part.features for part in parts]),
        np.concatenate([part.bought for part in parts]),
        np.concatenate([part.new for part in parts]),
        np.concatenate(rows),
        np.concatenate([part.source for part in parts]),
        np.concatenate([part.product for part in parts]),
        np.concatenate([part.offset for part in parts]),
        wanted,
    )


def sampled(source: Examples, share: float, owned: float, seed: int) -> Examples:
    """Of a share of the customers, all examples but a share of the owned products that were not bought."""
    rng = np.random.default_rng(seed)
    chosen = rng.random(len(source.wanted["all"])) < share
    left_out = ~source.new & ~source.bought & (rng.random(len(source)) >= owned)
    offset = np.where(source.new, source.offset, source.offset - np.float32(np.log(owned)))
    return replace(source, offset=offset).where(chosen[source.row] & ~left_out)


def _block(
    source: TrainingOrigin,
    index: ItemItemIndex,
    limits: CandidateLimits,
    first: int,
    *,
    shares: KeptShares,
    rng: np.random.Generator,
) -> tuple[Float32Array, BoolArray, BoolArray, Int64Array, Int64Array, Int64Array]:
    profiles = UserProfiles(source.dataset.histories.block(first, first + BLOCK), index)
    pairs = candidates(profiles, limits)
    bought = among(source.relevant.all, pairs.row + first, pairs.product)
    if not shares.whole:
        # Customers are kept by what they bought of all candidates; `new` has its own look at the rest.
        some = np.bincount(pairs.row, weights=bought, minlength=len(profiles.histories)) > 0
        share = np.where(pairs.new, shares.new, shares.owned)
        keep = (bought | (rng.random(len(pairs)) < share)) & some[pairs.row]
        pairs, bought = pairs.where(keep), bought[keep]
    return pair_features(profiles, pairs), bought, pairs.new, pairs.row + first, pairs.source, pairs.product
