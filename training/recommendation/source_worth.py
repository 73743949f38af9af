"""Whether a source of candidates pays: what the lists of the tuning window lose without what it gave.

A source is turned off where leaving its candidates out lost nothing in either mode, and where that is sure enough:
the upper bound of what it costs, an unseen hit of three in as many customers included, is at most TOLERANCE of the
NDCG@10. Where evidence is thin (few customers) that bound is wide, and the source stays on. A candidate counts for
the source it is said to come from, so that one that a later source gives as well counts as lost: a source is rather
kept than turned off. What the customer bought before is never turned off.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
from scipy import stats

from models.arrays import BoolArray, Float32Array, Float64Array, Int64Array
from models.recommendation import metrics
from models.recommendation.candidates import CandidateLimits, CandidateSource
from models.recommendation.rankers import MODES, Mode
from training.outcome import CardTable
from training.recommendation.examples import Examples

TOLERANCE = 0.005
_Z = float(stats.norm.ppf(0.95))
_UNSEEN = 3.0
"""Of n customers without a hit, up to 3 / n of them could have one, with 95% (the rule of three)."""
_SOURCES = tuple(each.name for each in fields(CandidateLimits))
ALWAYS = "history"


@dataclass(frozen=True)
class SourceWorth:
    """What one source brought in one mode, over the `customers` it gave candidates who bought what counts.

    `candidates` and `hits` (in the ten best) are shares of all sources'; `worth` is the mean NDCG@10 lost without it,
    `high` its upper bound (95%, an unseen hit included), `limit` what that may be at most.
    """

    mode: Mode
    source: str
    customers: int
    candidates: float
    hits: float
    worth: float
    high: float
    limit: float

    @property
    def nothing(self) -> bool:
        """Whether it surely brings nothing here."""
        return self.customers > 0 and self.worth <= 0 and self.high <= self.limit and self.limit > 0

    def row(self, off: bool) -> tuple[str, ...]:
        """For the card."""
        shares = (f"{self.candidates:.1%}", f"{self.hits:.1%}")
        worth = f"{self.worth:.5f} (at most {self.high:.5f})" if self.customers else "-"
        return (self.source, self.mode, f"{self.customers:,}", *shares, worth, "off" if off else "on")


def measured(judged: Examples, scores: Float32Array, mode: Mode) -> list[dict[str, Any]]:
    """The arguments of a `SourceWorth` of each source, the mode apart, as JSON takes them.

    Args:
        judged: all candidates of a mode, of customers of a window.
        scores: of these examples, shape (n,).
    """
    order = np.lexsort((-scores, judged.row))
    source = judged.source[order]
    asked = judged.wanted[mode] > 0
    hits = judged.hits(order)
    whole = metrics.ndcg(hits, judged.wanted[mode])
    ndcg = float(np.nanmean(whole))
    of_hit = float(np.nansum(whole)) / max(float(hits[asked].sum()), 1.0)
    found = []
    for name in _SOURCES:
        own = source == CandidateSource[name.upper()]
        exposed = np.bincount(judged.row[order[own]], minlength=len(asked)) > 0
        without = judged.hits(order[~own])
        lost = (whole - metrics.ndcg(without, judged.wanted[mode]))[exposed & asked]
        found.append(
            {
                "source": name,
                "customers": len(lost),
                "candidates": float(own.mean()) if len(own) else 0.0,
                "hits": _hits_of(judged, order, own) / max(float(hits.sum()), 1.0),
                **_bound(lost, of_hit),
                "limit": TOLERANCE * ndcg,
            }
        )
    return found


def turned_off(found: Sequence[SourceWorth]) -> tuple[str, ...]:
    """The sources to turn off: the surest first, as long as all together cost at most the limit in each mode."""
    by_source = {
        name: {each.mode: each for each in found if each.source == name} for name in _SOURCES if name != ALWAYS
    }
    sure = [
        modes for modes in by_source.values() if set(modes) == set(MODES) and all(m.nothing for m in modes.values())
    ]
    spent, off = dict.fromkeys(MODES, 0.0), []
    for modes in sorted(sure, key=lambda modes: max(each.high / each.limit for each in modes.values())):
        total = {mode: spent[mode] + max(each.high, 0.0) for mode, each in modes.items()}
        if all(total[mode] <= modes[mode].limit for mode in MODES):
            spent = total
            off.append(modes[MODES[0]].source)
    return tuple(off)


def without(limits: CandidateLimits, off: Sequence[str]) -> CandidateLimits:
    """The limits with some sources turned off."""
    return replace(limits, **dict.fromkeys(off, 0))


def kept(source: Examples, off: Sequence[str]) -> Examples:
    """Examples without those of sources that are off: what others would have given in their place is not missed."""
    if not off:
        return source
    return source.where(~np.isin(source.source, [CandidateSource[name.upper()] for name in off]))


def table(found: Sequence[SourceWorth], off: Sequence[str]) -> CardTable:
    """For the card."""
    title = (
        f"What the sources of candidates are worth on the tuning window (off: surely within {TOLERANCE:.1%} of nothing)"
    )
    columns = ("source", "mode", "customers", "candidates", "hits in the top 10", "NDCG@10 lost without it", "is")
    return CardTable(title, columns, tuple(each.row(each.source in off) for each in found))


def _hits_of(judged: Examples, order: Int64Array, own: BoolArray) -> float:
    """How many of the hits in the ten best are those examples."""
    row = judged.row[order]
    top = np.arange(len(row)) - np.searchsorted(row, row) < metrics.K
    return float((judged.bought[order] & own & top).sum())


def _bound(lost: Float64Array, of_hit: float) -> dict[str, float]:
    """The mean loss and its one-sided upper bound."""
    n = len(lost)
    if n < 2:
        return {"worth": 0.0, "high": of_hit * _UNSEEN}
    mean = float(lost.mean())
    return {"worth": mean, "high": mean + _Z * float(lost.std(ddof=1)) / n**0.5 + of_hit * _UNSEEN / n}
