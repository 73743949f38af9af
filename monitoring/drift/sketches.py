"""What is kept of a table of features on a day: counts per bin, nulls, sums and rank correlations; no row of anybody.

The bins of a number are the quantiles of the reference, those of a code its values; they are fixed once, with the
version, so that days can be compared. A null is a value like any other: it has a count of its own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any, Protocol

import numpy as np
import pandas as pd

from models.arrays import Float64Array, Int64Array

BINS = 32
MOST_CODES = 100
PAIRED = 30
"""Columns whose pairs are watched jointly: those that the model leans on most."""
PAIR_ROWS = 20_000
"""Rows that the correlations are of, at most."""


class Columns(Protocol):
    """A table whose columns are asked for by name, one at a time: a data frame, or a file."""

    def __len__(self) -> int: ...

    def __contains__(self, name: str, /) -> bool: ...

    def __getitem__(self, name: str, /) -> pd.Series[Any]: ...


@dataclass(frozen=True)
class NumberBins:
    """The upper edges of the bins of a number, ascending (none for a column without values), and the scores of bins.

    `scores` are two rows, a value per bin: orthonormal polynomials of the rank under the reference, the first and the
    second components of a smooth test (Neyman, 1937; Rayner and Best, 1989): location and spread, in its standard
    deviations.
    """

    edges: Float64Array
    scores: Float64Array

    @classmethod
    def of(cls, values: Float64Array) -> NumberBins:
        """The bins of the reference's values; nulls say nothing here."""
        known = values[np.isfinite(values)]
        if not len(known):
            return cls(np.empty(0), np.zeros((2, 1)))
        edges = np.unique(np.quantile(known, np.linspace(0, 1, BINS + 1)[1:-1], method="lower"))
        share = np.bincount(np.searchsorted(edges, known, side="left"), minlength=len(edges) + 1) / len(known)
        return cls(edges, _orthonormal(share))

    def place(self, values: Float64Array) -> Int64Array:
        """The bin of each value; of a null, nothing that counts."""
        return np.searchsorted(self.edges, values, side="left").astype("int64")


def _orthonormal(share: Float64Array) -> Float64Array:
    """Location and spread of the ranks of bins with these shares, orthonormal under them; 0 where there is no room."""
    rank = np.cumsum(share) - share / 2
    basis = [np.ones_like(rank)]
    for power in (1, 2):
        column = rank**power
        for each in basis:
            column = column - (share * column * each).sum() * each
        norm = np.sqrt((share * column**2).sum())
        basis.append(column / norm if norm > 1e-6 else np.zeros_like(column))
    return np.array(basis[1:])


@dataclass(frozen=True)
class Grid:
    """The bins of every column of one table, in order; and the columns whose pairs are watched."""

    numbers: Mapping[str, NumberBins]
    codes: Mapping[str, tuple[str, ...]]
    paired: tuple[str, ...] = ()

    @classmethod
    def of(
        cls, reference: Columns, names: Sequence[str], codes: frozenset[str], importance: Mapping[str, float]
    ) -> Grid:
        """Fix the bins of these columns by the reference; those that the model leans on most are watched in pairs."""
        numbers = {name: NumberBins.of(as_numbers(reference[name])) for name in names if name not in codes}
        kept = {
            name: tuple(sorted(map(str, reference[name].dropna().value_counts().index[:MOST_CODES])))
            for name in names
            if name in codes
        }
        varied = [name for name, bins in numbers.items() if bins.scores[0].any()]
        ranked = sorted(varied, key=lambda name: -importance.get(name, 0.0))
        return cls(numbers, kept, tuple(ranked[:PAIRED]))

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        numbers = {name: [each.edges.tolist(), each.scores.tolist()] for name, each in self.numbers.items()}
        return {"numbers": numbers, "codes": dict(self.codes), "paired": self.paired}

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> Grid:
        """The inverse of `as_dict`."""
        numbers = {
            name: NumberBins(np.array(edges, dtype=float), np.array(scores, dtype=float))
            for name, (edges, scores) in content["numbers"].items()
        }
        codes = {name: tuple(values) for name, values in content["codes"].items()}
        return cls(numbers, codes, tuple(content["paired"]))


@dataclass(frozen=True)
class Sketch:
    """One day of a table.

    `counts` has a value per bin (a code's last bin is every value that the reference has not), `sums` the sum of the
    known numbers, `squares` that of their squares (absent where an earlier release counted the day); `pairs` the rank
    correlations of the grid's pairs, in the order of the upper triangle. A column that the table no longer has is
    absent.
    """

    rows: int
    counts: Mapping[str, Float64Array]
    nulls: Mapping[str, int]
    sums: Mapping[str, float]
    pairs: Float64Array
    squares: Mapping[str, float] = field(default_factory=dict)

    @classmethod
    def of(cls, frame: Columns, grid: Grid) -> Sketch:
        """Count a table, a column at a time."""
        counts, nulls, sums = dict[str, Float64Array](), dict[str, int](), dict[str, float]()
        squares = dict[str, float]()
        held = {name: position for position, name in enumerate(grid.paired)}
        paired = np.zeros((min(len(frame), PAIR_ROWS), len(held)), dtype="float32")
        step = max(len(frame) // PAIR_ROWS, 1)
        for name, bins in grid.numbers.items():
            if name not in frame:
                continue
            values = as_numbers(frame[name])
            known = np.isfinite(values)
            places = bins.place(values)
            counts[name] = np.bincount(places[known], minlength=len(bins.edges) + 1).astype(float)
            nulls[name], sums[name] = int((~known).sum()), float(values[known].sum())
            squares[name] = float(np.square(values[known]).sum())
            if name in held:
                paired[:, held[name]] = ranks(values[::step][: len(paired)])
        for name, categories in grid.codes.items():
            if name not in frame:
                continue
            counts[name], nulls[name] = _of_code(frame[name], categories)
        return cls(len(frame), counts, nulls, sums, correlations(paired), squares)

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        counts = {name: [int(each) for each in found] for name, found in self.counts.items()}
        pairs = [round(float(each), 4) for each in self.pairs]
        return {
            "rows": self.rows,
            "counts": counts,
            "nulls": self.nulls,
            "sums": self.sums,
            "pairs": pairs,
            "squares": self.squares,
        }

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> Sketch:
        """The inverse of `as_dict`."""
        counts = {name: np.array(found, dtype=float) for name, found in content["counts"].items()}
        pairs, squares = np.array(content["pairs"], dtype=float), content.get("squares", {})
        return cls(content["rows"], counts, content["nulls"], content["sums"], pairs, squares)


def as_numbers(values: pd.Series[Any]) -> Float64Array:
    """As floats; what is infinite is no number."""
    found = values.to_numpy(dtype="float64", na_value=np.nan)
    return np.where(np.isinf(found), np.nan, found)


def ranks(values: Float64Array) -> Float64Array:
    """The rank of each value among these, centred: the margin is gone; a null stands in the middle."""
    known = np.isfinite(values)
    found = np.zeros(len(values))
    found[known] = _mean_ranks(values[known]) - (known.sum() + 1) / 2
    return found


def _mean_ranks(values: Float64Array) -> Float64Array:
    """From 1; what is equal shares the mean of its ranks (as `scipy.stats.rankdata`, without its preparations)."""
    order = np.argsort(values)
    ordered = values[order]
    first = np.flatnonzero(np.append(True, ordered[1:] != ordered[:-1])) if len(values) else np.empty(0, dtype="int64")
    stop = np.append(first[1:], len(values))
    found = np.empty(len(values))
    found[order] = np.repeat((first + 1 + stop) / 2, stop - first)
    return found


def correlations(ranks: Any) -> Float64Array:
    """The correlations of every pair of columns of scores; 0 where a column does not vary."""
    rows, columns = ranks.shape
    if columns < 2 or rows < 3:
        return np.zeros(columns * (columns - 1) // 2)
    centred = ranks - ranks.mean(axis=0)
    norm = np.sqrt((centred**2).sum(axis=0))
    centred = np.where(norm > 0, centred / np.where(norm > 0, norm, 1.0), 0.0)
    return np.asarray((centred.T @ centred)[np.triu_indices(columns, 1)], dtype=float)


def pair_names(paired: Sequence[str]) -> list[tuple[str, str]]:
    """The names of the pairs, in the order of `Sketch.pairs`."""
    return list(combinations(paired, 2))


def _of_code(values: pd.Series[Any], categories: Sequence[str]) -> tuple[Float64Array, int]:
    found = values.dropna().astype(str).value_counts()
    known = found.reindex(list(categories)).fillna(0.0).to_numpy(dtype=float)
    return np.append(known, found.sum() - known.sum()), int(values.isna().sum())
