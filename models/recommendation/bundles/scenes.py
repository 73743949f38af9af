"""What a bundle is for, told by its products, and, where that is clear, by when it is bought."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np
import pandas as pd
import scipy.sparse as sp
from numpy.typing import NDArray
from scipy import stats

from models.arrays import BoolArray, Int64Array
from models.recommendation.bundles.bundle_search import FoundBundles, discoveries
from models.recommendation.bundles.lift import CHUNK
from models.recommendation.catalogue import Catalogue
from models.recommendation.order_baskets import OrderBaskets

_TOLD_BY: Final = ("name", "category", "department")
_BEYOND: Final = 1.25
"""So many times as often as other pairs of products it has to be bought at a time that names it."""
_FALSE_SHARE: Final = 0.01
"""Of the times named, so many may be luck."""
_DAYS: Final = ("Mondays", "Tuesdays", "Wednesdays", "Thursdays", "Fridays", "Saturdays", "Sundays")
_HOURS: Final = {
    "in the morning": (5, 11),
    "at midday": (11, 14),
    "in the afternoon": (14, 17),
    "in the evening": (17, 22),
}
_MONTHS: Final = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip
_YEAR_DAYS: Final = 365
"""Of history, before a month can be told from a moment."""


def told(codes: Sequence[int], catalogue: Catalogue) -> str:
    """The kinds of some products, each once: "GRAHAM CRACKERS, MARSHMALLOWS and CANDY BARS"."""
    kinds = sorted({_kind_of(code, catalogue) for code in codes})
    return kinds[0] if len(kinds) == 1 else f"{', '.join(kinds[:-1])} and {kinds[-1]}"


def of_one_kind(products: Int64Array, catalogue: Catalogue) -> BoolArray:
    """Whether the products (codes, -1: none, shape (M, 3)) are all of one kind: a choice, not a combination."""
    kind = catalogue.groups[catalogue.kind]
    own = kind[products[:, 0]] if len(products) else np.zeros(0, dtype=np.int64)
    others = [(products[:, place] < 0) | (kind[products[:, place]] == own) for place in (1, 2)]
    return np.logical_and.reduce(others) if len(products) else np.zeros(0, dtype=bool)


def scenes(found: FoundBundles, baskets: OrderBaskets, catalogue: Catalogue) -> list[str]:
    """The scene of each bundle: its kinds of product, with the weekday, time of day or months that stand out.

    When it is bought is told by the baskets of all bundles of the same kinds together.
    """
    names = [told([int(code) for code in row if code >= 0], catalogue) for row in found.products]
    scene, kinds = pd.factorize(np.array(names, dtype=object))
    held = _held(found.products, scene.astype(np.int64), baskets)
    times: list[list[str]] = [[] for _ in kinds]
    for slots in _slots(baskets.bought_at):
        for row, name in _standing_out(held, baskets, slots):
            times[row].append(name)
    return [", ".join([kinds[row], *times[row]]) for row in scene]


def _kind_of(code: int, catalogue: Catalogue) -> str:
    for column in dict.fromkeys((catalogue.kind, *_TOLD_BY)):
        text = catalogue.texts[column][code]
        if isinstance(text, str) and text.strip():
            return text.strip()
    return str(catalogue.ids[code])


def _slots(at: NDArray[np.datetime64]) -> Iterator[dict[str, BoolArray]]:
    """Weekdays, times of day where orders have any, months where there is a year: which baskets are of each, (B,)."""
    moments = pd.DatetimeIndex(at)
    weekday = moments.dayofweek.to_numpy()
    yield {f"on {name}": weekday == day for day, name in enumerate(_DAYS)} | {"at weekends": weekday >= 5}
    hour = moments.hour.to_numpy()
    if len(at) and np.mean((hour != 0) | (moments.minute.to_numpy() != 0)) > 0.5:
        yield {name: (hour >= first) & (hour < last) for name, (first, last) in _HOURS.items()}
    known = at[~np.isnat(at)]
    if len(known) and (known.max() - known.min()) >= np.timedelta64(_YEAR_DAYS, "D"):
        month = moments.month.to_numpy()
        seasons = {f"{_MONTHS[i]} to {_MONTHS[(i + 2) % 12]}": (month - 1 - i) % 12 < 3 for i in range(12)}
        yield {f"in {name}": month == number for number, name in enumerate(_MONTHS, 1)} | seasons


def _standing_out(held: sp.csc_matrix, baskets: OrderBaskets, slots: dict[str, BoolArray]) -> Iterator[tuple[int, str]]:
    """The slot of each scene that it is furthest beyond, if any is clear: exact binomial, of as many as customers."""
    names, inside = list(slots), np.stack(list(slots.values()), axis=1)
    size = np.asarray(baskets.products.sum(axis=1), dtype=float).ravel()
    pairs = size * (size - 1)
    usual = pairs @ inside / max(float(pairs.sum()), 1.0)
    shares = held.T @ inside.astype(float) / np.maximum(np.diff(held.indptr), 1)[:, None]
    column = np.repeat(np.arange(held.shape[1]), np.diff(held.indptr))
    seen = np.unique(np.stack([column, baskets.customer[held.indices]]), axis=1)[0]
    customers = np.bincount(seen, minlength=held.shape[1])[:, None]
    luck = stats.binom.sf(np.ceil(shares * customers - 1e-9) - 1, customers, usual[None, :])
    clear = np.zeros(luck.size, dtype=bool)
    clear[discoveries(luck.ravel(), luck.size, _FALSE_SHARE)] = True
    clear = clear.reshape(luck.shape) & (shares >= _BEYOND * usual)
    best = np.argmin(np.where(clear, luck, np.inf), axis=1)
    for row in np.flatnonzero(clear.any(axis=1)):
        yield int(row), names[best[row]]


def _held(products: Int64Array, scene: Int64Array, baskets: OrderBaskets) -> sp.csc_matrix:
    """Which baskets hold a bundle of each scene, shape (B, scenes)."""
    columns = baskets.products.tocsc()
    held = sp.csc_matrix((columns.shape[0], int(scene.max(initial=-1)) + 1), dtype=np.float32)
    for of_three in (False, True):
        rows = np.flatnonzero((products[:, 2] >= 0) == of_three)
        for first in range(0, len(rows), CHUNK):
            some = rows[first : first + CHUNK]
            members = products[some].T[: 2 + of_three]
            both = columns[:, members[0]]
            for each in members[1:]:
                both = both.multiply(columns[:, each]).tocsc()
            ones = np.ones(len(some), dtype=np.float32)
            held = held + both @ sp.csr_matrix((ones, (np.arange(len(some)), scene[some])), (len(some), held.shape[1]))
    found = sp.csc_matrix(held)
    found.data[:] = 1
    return found
