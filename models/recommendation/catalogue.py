"""The products that may be recommended, as arrays: what the model reads of the product features."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from models.arrays import Float32Array, Int64Array

KEY = "product_id"
GROUPS = ("category", "name", "department", "brand")
_KINDS = ("name", "category", "department")
KIND_SHARE = 0.5
"""Of the products; a group that fewer share with another says too little of what a customer likes."""
_SCALARS = ("order_count", "buyers", "repeat_share", "repurchase_days", "price", "price_level")
_LISTS = {
    "sales": ("sales_7d", "sales_28d", "sales_84d", "sales_weight"),
    "first_buyers": ("first_buyers_7d", "first_buyers_28d", "first_buyers_84d", "first_buyers_weight"),
    "sold_days": ("days_since_sold", "days_on_sale"),
    "discount_share": ("discount_share_28d", "discount_share_ever"),
    "promoted": ("display_ahead", "mailer_ahead", "display_behind", "mailer_behind"),
}
COLUMNS = (KEY, *GROUPS, *_SCALARS, *_LISTS)
_FEW_IDS = 2_048
"""So many are looked up one by one: what pandas makes of a list of ids first costs more than the look-up."""


@dataclass(frozen=True)
class Catalogue:
    """Products by code 0..I-1: `numbers` has shape (I,) each, `groups` an integer code per product (I,)."""

    ids: NDArray[np.object_]
    numbers: Mapping[str, Float32Array]
    groups: Mapping[str, Int64Array]
    texts: Mapping[str, NDArray[np.object_]]

    @classmethod
    def of(cls, columns: Mapping[str, Sequence[Any]]) -> Catalogue:
        """From the columns of the view `product_features`, `product_id` among them."""
        numbers = {name: _numbers(columns[name]) for name in _SCALARS}
        for name, parts in _LISTS.items():
            unpacked = _unpack(columns[name], len(parts))
            numbers |= dict(zip(parts, unpacked.T, strict=True))
        for name in ("buyers", *_LISTS["first_buyers"], *_LISTS["promoted"]):
            numbers[name] = np.nan_to_num(numbers[name])
        groups, texts = {}, {}
        for name in GROUPS:
            values = pd.Series(list(columns[name]), dtype=object)
            # A product without the attribute is a group of its own, so that nobody's habit spreads over all of them.
            codes, names = pd.factorize(values)
            alone = codes < 0
            codes[alone] = len(names) + np.arange(alone.sum())
            groups[name], texts[name] = codes.astype(np.int64), values.to_numpy()
        return cls(np.asarray(list(columns[KEY]), dtype=object), numbers, groups, texts)

    def __len__(self) -> int:
        return len(self.ids)

    @cached_property
    def index(self) -> pd.Index[str]:
        """Looks codes up by id."""
        return pd.Index(self.ids)

    @cached_property
    def _codes(self) -> dict[str, int]:
        return {each: code for code, each in enumerate(self.ids)}

    def codes(self, ids: Sequence[str] | NDArray[np.object_]) -> Int64Array:
        """The codes of the ids, -1 for one that is not in the catalogue."""
        if len(ids) <= _FEW_IDS:
            code = self._codes.get
            return np.fromiter([code(each, -1) for each in ids], dtype=np.int64, count=len(ids))
        return self.index.get_indexer(pd.Index(ids, dtype=object)).astype(np.int64)

    def groups_of(self, others: Catalogue) -> dict[str, Int64Array]:
        """The groups of the products of another catalogue, in the codes of this one; one that it lacks is a new one."""
        found = {}
        for name, texts in others.texts.items():
            names = pd.Index(pd.factorize(self.texts[name])[1], dtype=object)
            codes = names.get_indexer(pd.Index(texts, dtype=object))
            found[name] = np.where(codes >= 0, codes, self.group_sizes[name] + others.groups[name]).astype(np.int64)
        return found

    @cached_property
    def group_sizes(self) -> Mapping[str, int]:
        """How many groups there are of each kind."""
        return {name: int(codes.max(initial=-1)) + 1 for name, codes in self.groups.items()}

    @cached_property
    def group_shares(self) -> Mapping[str, Float32Array]:
        """Each product's share of the recent sales of its group, shape (I,)."""
        return self._shares(self.numbers["sales_weight"])

    @cached_property
    def group_first_shares(self) -> Mapping[str, Float32Array]:
        """Each product's share of the first-time buyers that its group had in the last 84 days, shape (I,)."""
        return self._shares(self.numbers["first_buyers_84d"])

    def _shares(self, amount: Float32Array) -> dict[str, Float32Array]:
        totals = {name: np.bincount(codes, weights=amount) for name, codes in self.groups.items()}
        return {
            name: (amount / np.maximum(totals[name][codes], 1e-6)).astype(np.float32)
            for name, codes in self.groups.items()
        }

    @cached_property
    def kind(self) -> str:
        """The group that says what kind of thing a product is: the finest that most products share with another.

        The name where names are kinds ("BANANAS"); the category, else the department, where names are missing or
        belong to single products.
        """
        return next((name for name in _KINDS if self.shared_parts[name] > KIND_SHARE), _KINDS[0])

    @cached_property
    def shared_parts(self) -> Mapping[str, float]:
        """The part of the products that share their group with another, by the kind of group; 0 without products."""
        if not len(self):
            return dict.fromkeys(self.groups, 0.0)
        return {name: float((np.bincount(codes)[codes] > 1).mean()) for name, codes in self.groups.items()}

    @cached_property
    def popular(self) -> Int64Array:
        """All codes, what sells most first (recent sales, then the id)."""
        return np.lexsort((self.ids.astype(str), -self.numbers["sales_weight"])).astype(np.int64)

    def frame(self) -> pd.DataFrame:
        """The columns it was made of, packed again: what `of` takes."""
        table: dict[str, Any] = {KEY: self.ids, **self.texts, **{name: self.numbers[name] for name in _SCALARS}}
        for name, parts in _LISTS.items():
            table[name] = list(np.stack([self.numbers[part] for part in parts], axis=1))
        return pd.DataFrame(table)


def _numbers(values: Sequence[Any]) -> Float32Array:
    return np.array([np.nan if value is None else value for value in values], dtype=np.float32)


def _unpack(values: Sequence[Any], width: int) -> Float32Array:
    """RankedLists of equal length as a matrix; a missing list, or one of another length, is a row of NaN."""
    rows = [value if _has_length(value, width) else [np.nan] * width for value in values]
    return np.array(rows, dtype=np.float32).reshape(len(rows), width)


def _has_length(value: Any, width: int) -> bool:
    return value is not None and not isinstance(value, float) and len(value) == width
