"""Places of a list that are given to chance, with chances that are known: what else is liked can only be seen so.

Each place after the first, unless a rule put its product there, is explored with a chance of `share`. The candidates
behind the list are dealt out to these places in turn, so that each can stand at one place only, and the place draws one
of its own by the softmax of their scores; a part of the draws goes to new products, which have no scores yet. Under
caps a new product is dealt only to a place that may show its group anyway, or to another while the group has room. A
product's propensity, the chance with which it stands in this list, is then exact, and of each place they sum to 1.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final

import numpy as np

from models.arrays import BoolArray, Float32Array, Float64Array, Int64Array

NEW_SHARE: Final = 0.25
"""Of the draws of a place that may show new products."""
BEHIND: Final = 4
"""Of a list of k, 4k candidates behind it are explored: the chances of fewer places than that tell little."""

_NOTHING: Final = (np.zeros(0, dtype=np.int64), np.zeros(0))


def seed_of(customer: str | None, day: date | None, mode: str) -> int:
    """The same for a customer all day; another one every time for a guest, or where the day is not known."""
    if customer is None or day is None:
        return secrets.randbits(63)
    digest = hashlib.sha256("\0".join((customer, day.isoformat(), mode)).encode()).digest()
    return int.from_bytes(digest[:8], "big")


@dataclass(frozen=True)
class Exploration:
    """What one list may explore: a share of its places; `arrivals` are numbers of new products that may be shown.

    `arrival_groups` are of these, shape (arrivals,) by the kind of group, in the codes of the list's catalogue.
    """

    share: float
    seed: int
    arrivals: Int64Array = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    arrival_groups: Mapping[str, Int64Array] = field(default_factory=dict)


@dataclass(frozen=True)
class CappedGroup:
    """A cap of `most` products of a group in the list, and the groups of all that may stand there: codes of the
    products at its places, of the candidates behind it and of the arrivals, shape (n,) each."""

    most: int
    places: Int64Array
    behind: Int64Array
    arrivals: Int64Array


@dataclass(frozen=True)
class PlaceChances:
    """The chances at one place: `stays` of its own product, and of those dealt to it; they sum to 1."""

    stays: float
    candidates: Int64Array
    of_candidates: Float64Array
    arrivals: Int64Array
    of_arrivals: Float64Array


@dataclass(frozen=True)
class ExploredPlaces:
    """Of each place of a list: the candidate behind it, or the new product, that was drawn (-1: none), and with what
    propensity what stands there does, shape (n,)."""

    candidate: Int64Array
    arrival: Int64Array
    propensity: Float64Array

    @property
    def explored(self) -> BoolArray:
        """Which places show something else than the list had."""
        return (self.candidate >= 0) | (self.arrival >= 0)


def chances(
    asked: Exploration, free: BoolArray, behind: Float32Array, caps: Sequence[CappedGroup] = ()
) -> list[PlaceChances]:
    """Of every place of a list; `free` says which may be explored, shape (n,), `behind` are the scores behind it."""
    places = np.flatnonzero(free)
    deviation = float(behind.std()) if len(behind) else 0.0
    worth = (behind - behind.mean()) / deviation if deviation > 0 else np.zeros(len(behind))
    turn = {int(place): number for number, place in enumerate(places)}
    dealt = _dealt(asked.arrivals, places, caps)
    return [
        _of_place(asked.share, np.arange(turn[place], len(worth), len(places)), dealt[turn[place]], worth)
        if place in turn
        else PlaceChances(1.0, *_NOTHING, *_NOTHING)
        for place in range(len(free))
    ]


def draw(asked: Exploration, free: BoolArray, behind: Float32Array, caps: Sequence[CappedGroup] = ()) -> ExploredPlaces:
    """One list's draws, the same for the same seed; whatever is drawn keeps the caps that list and candidates keep."""
    rng = np.random.default_rng(asked.seed)
    uniform = rng.random(len(free))
    found = [_drawn(each, value) for each, value in zip(chances(asked, free, behind, caps), uniform, strict=True)]
    candidate, arrival = (np.array([each[i] for each in found], dtype=np.int64) for i in (0, 1))
    return ExploredPlaces(candidate, arrival, np.array([each[2] for each in found], dtype=float))


def _dealt(arrivals: Int64Array, places: Int64Array, caps: Sequence[CappedGroup]) -> list[Int64Array]:
    """The arrivals of each place that may be explored, in turn; one that caps allow nowhere is dealt to none.

    A group can't stand at more places than may show it, so it keeps its cap if no more than `most` of them may.
    """
    if not caps:
        return [arrivals[turn :: len(places)] for turn in range(len(places))]
    showing = [_showing(cap, places) for cap in caps]
    dealt: list[list[int]] = [[] for _ in places]
    for number, arrival in enumerate(arrivals.tolist()):
        own = [shown.setdefault(int(cap.arrivals[number]), set()) for cap, shown in zip(caps, showing, strict=True)]
        for step in range(len(places)):
            turn = (number + step) % len(places)
            place = int(places[turn])
            if all(place in group or len(group) < cap.most for cap, group in zip(caps, own, strict=True)):
                dealt[turn].append(arrival)
                for group in own:
                    group.add(place)
                break
    return [np.array(each, dtype=np.int64) for each in dealt]


def _showing(cap: CappedGroup, places: Int64Array) -> dict[int, set[int]]:
    """The places that may show each group before arrivals are dealt."""
    showing: dict[int, set[int]] = {}
    for place, group in enumerate(cap.places.tolist()):
        showing.setdefault(group, set()).add(place)
    if len(places):
        for number, group in enumerate(cap.behind.tolist()):
            showing.setdefault(group, set()).add(int(places[number % len(places)]))
    return showing


def _of_place(
    share: float, candidates: Int64Array, arrivals: Int64Array, worth: Float64Array | Float32Array
) -> PlaceChances:
    if not len(candidates) and not len(arrivals):
        return PlaceChances(1.0, *_NOTHING, *_NOTHING)
    of_new = NEW_SHARE if len(candidates) and len(arrivals) else float(len(arrivals) > 0)
    weights = np.exp(worth[candidates].astype(float))
    of_candidates = share * (1 - of_new) * weights / max(float(weights.sum()), 1e-300)
    of_arrivals = np.full(len(arrivals), share * of_new / max(len(arrivals), 1))
    return PlaceChances(1 - share, candidates, of_candidates, arrivals, of_arrivals)


def _drawn(place: PlaceChances, uniform: float) -> tuple[int, int, float]:
    """The candidate and the new product that a uniform number between 0 and 1 draws, and its chance."""
    if uniform < place.stays:
        return -1, -1, place.stays
    every = np.concatenate([place.of_candidates, place.of_arrivals])
    number = _first_above(place.stays + np.cumsum(every), uniform)
    if number < len(place.candidates):
        return int(place.candidates[number]), -1, float(every[number])
    return -1, int(place.arrivals[number - len(place.candidates)]), float(every[number])


def _first_above(sums: Sequence[float] | Float64Array, uniform: float) -> int:
    return min(int(np.searchsorted(sums, uniform, side="right")), len(sums) - 1)
