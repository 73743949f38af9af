"""Chance that follows from the seed alone, and counts that come to a given sum."""

from __future__ import annotations

import numpy as np

from models.arrays import Float64Array, Int64Array


def generator(seed: int, purpose: str, block: int = 0) -> np.random.Generator:
    """The same numbers for the same seed, purpose and block of customers, whatever was drawn elsewhere."""
    key = int.from_bytes(purpose.encode()[:12].ljust(12, b"\0"), "little")
    return np.random.Generator(np.random.SFC64(np.random.SeedSequence([seed, key, block])))


def spread(rng: np.random.Generator, total: int, weights: Float64Array) -> Int64Array:
    """A multinomial draw: `total` things over cells in proportion to their weights (a cell without one gets none).

    Poisson counts given their sum are multinomial. So counts of independent Poisson variables are drawn, which is fast
    for a million cells, and things that lack are added by the weights, those too many taken away at random: adding a
    multinomial draw to one, or taking a random part of one, leaves a multinomial draw.
    """
    if total <= 0 or not len(weights):
        return np.zeros(len(weights), dtype=np.int64)
    share = np.cumsum(weights)
    counts = rng.poisson(weights * (total / share[-1]))
    lacking = total - int(counts.sum())
    if lacking > 0:
        at = np.searchsorted(share, rng.random(lacking) * share[-1], side="right")
        counts += np.bincount(np.minimum(at, np.flatnonzero(weights)[-1]), minlength=len(weights))
    elif lacking < 0:
        before = np.cumsum(counts)
        taken = rng.choice(int(before[-1]), -lacking, replace=False, shuffle=False)
        counts -= np.bincount(np.searchsorted(before, taken, side="right"), minlength=len(weights))
    return np.asarray(counts, dtype=np.int64)
