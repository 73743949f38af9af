"""Lists in the customer's own mix of categories: who buys one part wine and nine parts bread sees both.

Calibrated recommendations (Steck 2018, RecSys): a list is filled place by place with the product that adds most to
(1 - d) x score - d x KL(p | q), where p is the customer's mix, q the list's mixed with a hundredth of p, and d the
diversity. Scores are scaled to 0..1 within the candidates looked at, so d means the same for every ranker.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from models.arrays import BoolArray, Float32Array, Int64Array
from models.recommendation.catalogue import KIND_SHARE, Catalogue
from models.recommendation.history import PurchaseHistories
from models.recommendation.profiles import UserProfiles

SMOOTHED: Final = 0.01
_KINDS: Final = ("category", "department", "name")


@dataclass(frozen=True)
class OwnMix:
    """The share of each customer's purchases that each group has, shape (R, G); `group` of each product, shape (I,).

    A customer of whom nothing may be known has zeros: their order stays that of the scores.
    """

    shares: Float32Array
    group: Int64Array


def grouping(catalogue: Catalogue) -> str | None:
    """The kind of group that a mix is of: the first that most products share with another; None where none is."""
    return next((name for name in _KINDS if catalogue.shared_parts[name] > KIND_SHARE), None)


def of(profiles: UserProfiles, personal: BoolArray) -> OwnMix | None:
    """The mix of each customer of a block; None where products are in no groups."""
    catalogue = profiles.index.catalogue
    name = grouping(catalogue)
    if name is None:
        return None
    group = catalogue.groups[name]
    own = shares(profiles.histories, group, catalogue.group_sizes[name])
    return OwnMix(np.where(personal[:, None], own, np.float32(0)), group)


def shares(histories: PurchaseHistories, group: Int64Array, size: int) -> Float32Array:
    """The share of each of `size` groups in each customer's purchases of products in the catalogue, shape (R, G)."""
    known = histories.product >= 0
    cell = histories.rows[known] * size + group[histories.product[known]]
    purchases = histories.entries["purchases"][known]
    bought = np.bincount(cell, weights=purchases, minlength=len(histories) * size).reshape(len(histories), size)
    found: Float32Array = (bought / np.maximum(bought.sum(axis=1, keepdims=True), 1)).astype(np.float32)
    return found


def calibrated(
    mix: OwnMix, row: Int64Array, product: Int64Array, score: Float32Array, *, k: int, pool: int, diversity: float
) -> Int64Array:
    """The positions of pairs, which come by row and falling score, with k of each row's first `pool` moved ahead.

    What is not moved ahead stays in its order. Customers of a block are filled side by side, a place at a time.
    """
    if not len(row):
        return np.zeros(0, dtype=np.int64)
    rows = len(mix.shares)
    start = np.searchsorted(row, np.arange(rows + 1))
    count = np.minimum(np.diff(start), pool)
    width, every = int(count.max(initial=0)), np.arange(rows)
    there = np.arange(width) < count[:, None]
    place = np.where(there, start[:-1, None] + np.arange(width), 0)
    worth = np.where(there, (1 - diversity) * _scaled(score[place], there), -np.inf)
    group = mix.group[product[place]]
    share = np.take_along_axis(mix.shares, group, axis=1).astype(np.float64)
    held = np.zeros((rows, width))  # how many of each candidate's group the list has
    rank = np.full(len(row), k, dtype=np.int64)
    for step in range(min(k, width)):
        chosen = (worth + diversity * _gain(share, held, step + 1)).argmax(axis=1)
        some = step < count
        rank[place[every[some], chosen[some]]] = step
        worth[every, chosen] = -np.inf
        held += group == group[every, chosen][:, None]
    return np.lexsort((np.arange(len(row)), rank, row)).astype(np.int64)


def _scaled(score: Float32Array, there: BoolArray) -> Float32Array:
    """Scores from 0 to 1 within each row; 1 where all are equal."""
    lowest = np.where(there, score, np.inf).min(axis=1, initial=np.inf)[:, None]
    highest = np.where(there, score, -np.inf).max(axis=1, initial=-np.inf)[:, None]
    spread = np.where(highest > lowest, highest - lowest, 1)
    scaled: Float32Array = np.where(highest > lowest, (score - np.where(there, lowest, 0)) / spread, 1)
    return scaled


def _gain(share: np.ndarray, held: np.ndarray, length: int) -> np.ndarray:
    """How much nearer to the mix a list of so many products comes by one more of each candidate's group.

    All else that the divergence is made of is the same for every candidate of a customer.
    """
    floor = SMOOTHED * share + 1e-9
    with_it = (1 - SMOOTHED) * (held + 1) / length + floor
    without = (1 - SMOOTHED) * held / length + floor
    gain: np.ndarray = share * np.log(with_it / without)
    return gain
