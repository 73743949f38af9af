"""What each source of candidates brought: its share of the candidates, of what was bought, and of the lists' hits."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.arrays import BoolArray, Int64Array
from models.recommendation.candidates import CandidateSource


@dataclass(frozen=True)
class SourceCounts:
    """Counts by `CandidateSource`, shape (S,): candidates, those that were bought, places in lists, those bought."""

    candidates: Int64Array
    bought: Int64Array
    places: Int64Array
    hits: Int64Array

    @classmethod
    def none(cls) -> SourceCounts:
        """Nothing counted yet."""
        return cls(*(np.zeros(len(CandidateSource), dtype=np.int64) for _ in range(4)))

    @classmethod
    def of(cls, candidates: Int64Array, bought: BoolArray, places: Int64Array, hits: BoolArray) -> SourceCounts:
        """Of the source of each candidate, shape (n,), and of each place, shape (p,)."""
        return cls(*(_count(each) for each in (candidates, candidates[bought], places, places[hits])))

    def __add__(self, other: SourceCounts) -> SourceCounts:
        return SourceCounts(
            self.candidates + other.candidates,
            self.bought + other.bought,
            self.places + other.places,
            self.hits + other.hits,
        )

    def shares(self) -> dict[str, dict[str, float]]:
        """By source that gave a candidate or a place: its share of each; 0 where there is none at all."""
        columns = vars(self)
        seen = np.flatnonzero(self.candidates + self.places).tolist()
        return {
            CandidateSource(code).label: {
                name: float(counts[code] / max(int(counts.sum()), 1)) for name, counts in columns.items()
            }
            for code in seen
        }


def _count(sources: Int64Array) -> Int64Array:
    return np.bincount(sources, minlength=len(CandidateSource)).astype(np.int64)
