"""What customers bought, unpacked from the view `customer_history` into flat arrays."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from models.arrays import BoolArray, Float32Array, Int64Array
from models.recommendation.catalogue import Catalogue

KEY = "customer_id"
IDS = "product_ids"
SCALARS = (
    "visits",
    "visits_28d",
    "visits_84d",
    "visit_weight_30d",
    "visit_weight_60d",
    "visit_weight_120d",
    "days_since_visit",
    "lines_28d",
    "lines_84d",
)
ENTRIES = (
    "purchases",
    "purchases_28d",
    "purchases_84d",
    "weight_30d",
    "weight_60d",
    "weight_120d",
    "last_days",
    "first_days",
    "units",
)
COLUMNS = (*SCALARS, IDS, *ENTRIES)


@dataclass(frozen=True)
class PurchaseHistories:
    """Customers 0..R-1; customer r's entries are `start[r]:start[r + 1]` of the flat arrays.

    `product` is the code in the catalogue, -1 for a product that may not be recommended.
    """

    customers: NDArray[np.object_]
    scalars: Mapping[str, Float32Array]
    start: Int64Array
    product: Int64Array
    entries: Mapping[str, Float32Array]

    @classmethod
    def of(cls, frame: pd.DataFrame, catalogue: Catalogue) -> PurchaseHistories:
        """From a frame with the view's columns and `customer_id`, one row per customer."""
        lengths = frame[IDS].map(len).to_numpy() if len(frame) else np.zeros(0, dtype=np.int64)
        return cls(
            frame[KEY].to_numpy(dtype=object),
            {name: frame[name].to_numpy(dtype=np.float32) for name in SCALARS},
            np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64),
            catalogue.codes(_flat(frame[IDS], object)),
            {name: _flat(frame[name], np.float32) for name in ENTRIES},
        )

    @classmethod
    def one(cls, row: Mapping[str, Any], catalogue: Catalogue) -> PurchaseHistories:
        """Of one customer, from a row of the view as the online store gives it."""
        ids = row[IDS]
        return cls(
            np.array([""], dtype=object),
            {name: np.array([_number(row[name])], dtype=np.float32) for name in SCALARS},
            np.array([0, len(ids)], dtype=np.int64),
            catalogue.codes(ids),
            {name: np.asarray(row[name], dtype=np.float32) for name in ENTRIES},
        )

    @classmethod
    def empty(cls, customers: Sequence[str] = ("",)) -> PurchaseHistories:
        """Of customers of whom nothing is known."""
        none = np.zeros(0, dtype=np.float32)
        return cls(
            np.array(customers, dtype=object),
            {name: np.zeros(len(customers), dtype=np.float32) for name in SCALARS},
            np.zeros(len(customers) + 1, dtype=np.int64),
            np.zeros(0, dtype=np.int64),
            dict.fromkeys(ENTRIES, none),
        )

    @classmethod
    def joined(cls, parts: Sequence[PurchaseHistories]) -> PurchaseHistories:
        """All customers of some, in the codes of one catalogue."""
        if not parts:
            return cls.empty(())
        if len(parts) == 1:
            return parts[0]
        shifts = np.cumsum([0, *(len(part.product) for part in parts)])
        starts = [part.start[1:] + shift for part, shift in zip(parts, shifts, strict=False)]
        return cls(
            np.concatenate([part.customers for part in parts]),
            {name: np.concatenate([part.scalars[name] for part in parts]) for name in SCALARS},
            np.concatenate([np.zeros(1, dtype=np.int64), *starts]),
            np.concatenate([part.product for part in parts]),
            {name: np.concatenate([part.entries[name] for part in parts]) for name in ENTRIES},
        )

    def __len__(self) -> int:
        return len(self.customers)

    def block(self, first: int, end: int) -> PurchaseHistories:
        """The customers first..end-1."""
        low, high = int(self.start[first]), int(self.start[min(end, len(self))])
        return PurchaseHistories(
            self.customers[first:end],
            {name: values[first:end] for name, values in self.scalars.items()},
            self.start[first : end + 1] - low,
            self.product[low:high],
            {name: values[low:high] for name, values in self.entries.items()},
        )

    def of_customers(self, rows: Int64Array) -> PurchaseHistories:
        """Some customers, in the order given."""
        lengths = np.diff(self.start)[rows]
        start = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
        entry = np.arange(start[-1]) + np.repeat(self.start[rows] - start[:-1], lengths)
        return PurchaseHistories(
            self.customers[rows],
            {name: values[rows] for name, values in self.scalars.items()},
            start,
            self.product[entry],
            {name: values[entry] for name, values in self.entries.items()},
        )

    @property
    def telling(self) -> BoolArray:
        """Whose history holds a product that may be recommended, shape (R,)."""
        return np.bincount(self.rows[self.product >= 0], minlength=len(self)) > 0

    @property
    def rows(self) -> Int64Array:
        """The customer of each entry."""
        return np.repeat(np.arange(len(self), dtype=np.int64), np.diff(self.start))


def _flat(lists: Iterable[Any], dtype: Any) -> NDArray[Any]:
    arrays = [np.asarray(each, dtype=dtype) for each in lists]
    return np.concatenate(arrays) if arrays else np.zeros(0, dtype=dtype)


def _number(value: Any) -> float:
    return float("nan") if value is None else float(value)
