"""One pass over the customers: a confusion table per group, from which every rate follows.

Counting with `numpy.bincount` costs one addition per row, however many groups and metrics there are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from models.fairness_result import UNKNOWN


@dataclass(frozen=True)
class Confusion:
    """How many were selected (a prediction of yes) and how many were so in fact."""

    tp: int = 0
    fp: int = 0
    fn: int = 0
    tn: int = 0

    @property
    def n(self) -> int:
        """Everybody counted."""
        return self.tp + self.fp + self.fn + self.tn

    @property
    def selected(self) -> int:
        """Those predicted yes."""
        return self.tp + self.fp

    @property
    def positives(self) -> int:
        """Those who were yes in fact."""
        return self.tp + self.fn

    @property
    def negatives(self) -> int:
        """Those who were no in fact."""
        return self.fp + self.tn

    def __add__(self, other: Confusion) -> Confusion:
        return Confusion(self.tp + other.tp, self.fp + other.fp, self.fn + other.fn, self.tn + other.tn)


@dataclass(frozen=True)
class Proportion:
    """`count` of `total`."""

    count: int
    total: int

    @property
    def rate(self) -> float | None:
        """The share, or None where there is nobody to count."""
        return self.count / self.total if self.total else None


def selection(table: Confusion) -> Proportion:
    """The share that is selected."""
    return Proportion(table.selected, table.n)


def true_positives(table: Confusion) -> Proportion:
    """The share of the positives that is selected."""
    return Proportion(table.tp, table.positives)


def false_positives(table: Confusion) -> Proportion:
    """The share of the negatives that is selected all the same."""
    return Proportion(table.fp, table.negatives)


TRUE_POSITIVE_RATE = "true positive rate"
RATES = {
    "selection rate": selection,
    TRUE_POSITIVE_RATE: true_positives,
    "false positive rate": false_positives,
}


def confusions(
    groups: Sequence[str | None] | npt.NDArray[np.object_],
    selected: npt.NDArray[np.bool_],
    actual: npt.NDArray[np.bool_],
) -> dict[str, Confusion]:
    """The confusion table of each group; a missing group (None, NaN, empty) counts as `unknown`.

    The three arrays have one entry per customer, in the same order.
    """
    names, codes = encode(groups)
    cell = 4 * codes + 2 * selected.astype(np.int64) + actual.astype(np.int64)
    counts = np.bincount(cell, minlength=4 * len(names)).reshape(-1, 4)
    return {
        name: Confusion(tp=int(row[3]), fp=int(row[2]), fn=int(row[1]), tn=int(row[0]))
        for name, row in zip(names, counts, strict=True)
    }


def encode(groups: Sequence[str | None] | npt.NDArray[np.object_]) -> tuple[list[str], npt.NDArray[np.int64]]:
    """The sorted names of the groups and, for each row, the index of its own."""
    named = [_name(group) for group in groups]
    names = sorted(set(named))
    index = {name: code for code, name in enumerate(names)}
    return names, np.fromiter((index[name] for name in named), dtype=np.int64, count=len(named))


def rest_of(tables: Mapping[str, Confusion], group: str) -> Confusion:
    """Everybody whose group is known and another one."""
    others = (table for name, table in tables.items() if name not in (group, UNKNOWN))
    return sum(others, Confusion())


def _name(group: object) -> str:
    if group is None or group != group or group == "":  # noqa: PLR0124 - NaN is not itself
        return UNKNOWN
    return str(group)
