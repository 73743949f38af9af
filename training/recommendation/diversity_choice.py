"""The diversity of a version: the highest that costs nothing on the window before the evaluation.

Of `STEPS`, from 0 upwards, as long as the mean NDCG@10 of the tuning window stays within `KEPT` of that of the scores
alone, and surely within `SURELY`: of several steps that cost something the luckiest would look free. A shop where
customers want what their mix says gets much of it, one where they do not, or where it can't be told, gets none.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import takewhile
from typing import Final

import numpy as np

from models.arrays import Float32Array, Float64Array
from models.recommendation import metrics
from models.recommendation.profiles import UserProfiles
from models.recommendation.rankers import Mode
from models.recommendation.variety import own_mix
from models.recommendation.variety.list_variety import POOL
from training.recommendation.examples import Examples, TrainingOrigin

STEPS: Final = (0.0, 0.1, 0.2, 0.3, 0.5, 1.0)
KEPT: Final = 0.999
"""Of the NDCG@10 of the scores alone: what a thousandth of it is worth, nobody sees; a narrow list everybody does."""
SURELY: Final = 0.99
"""Of it, with 97.5% of certainty, paired by customer."""
_Z: Final = 1.96


@dataclass(frozen=True)
class DiversityChoice:
    """Mean NDCG@10 on the tuning window by diversity, and the one that was chosen."""

    ndcg: Mapping[float, float]
    chosen: float


def choose(source: TrainingOrigin, judged: Examples, scores: Float32Array, mode: Mode) -> DiversityChoice:
    """The diversity of a mode, from the scores of all its candidates (`judged`, of the mode) at an origin."""
    order = np.lexsort((judged.product, -scores, judged.row))
    row = judged.row[order]
    pool = POOL * metrics.K
    order = order[np.arange(len(row)) - np.searchsorted(row, row) < pool]
    row, product, score = judged.row[order], judged.product[order], scores[order]
    bought, wanted = judged.bought[order], judged.wanted[mode]
    histories = source.dataset.histories
    profiles = UserProfiles(histories, source.dataset.index(source.neighbours))
    mix = own_mix.of(profiles, np.ones(len(histories), dtype=bool))
    if mix is None:
        return DiversityChoice({0.0: float(np.nanmean(_ndcg(row, bought, wanted)))}, 0.0)
    found = {}
    for step in STEPS:
        moved = own_mix.calibrated(mix, row, product, score, k=metrics.K, pool=pool, diversity=step)
        found[step] = _ndcg(row, bought[moved], wanted)
    return DiversityChoice({step: float(np.nanmean(each)) for step, each in found.items()}, highest_free(found))


def highest_free(ndcg: Mapping[float, Float64Array]) -> float:
    """The last step, from 0 upwards, before one that costs more than is given away.

    Args:
        ndcg: by step, in order, the NDCG@10 of each customer, NaN of who bought nothing; each of shape (R,).
    """
    alone = ndcg[0.0]
    return list(takewhile(lambda step: not step or _is_free(ndcg[step], alone), ndcg))[-1]


def _is_free(ndcg: Float64Array, alone: Float64Array) -> bool:
    """Whether the mean is about that of the scores alone, and surely not much lower."""
    lost = (alone - ndcg)[~np.isnan(alone)]
    mean, highest = float(lost.mean()), float(lost.mean() + _Z * lost.std() / np.sqrt(len(lost)))
    base = float(np.nanmean(alone))
    return mean <= (1 - KEPT) * base and highest <= (1 - SURELY) * base


def _ndcg(row: np.ndarray, bought: np.ndarray, wanted: np.ndarray) -> Float64Array:
    """Of each customer, NaN of who bought nothing, from pairs by row in the order of the lists; shape (R,)."""
    place = np.arange(len(row)) - np.searchsorted(row, row)
    top = place < metrics.K
    hits: Float64Array = np.zeros((len(wanted), metrics.K))
    hits[row[top], place[top]] = bought[top]
    found: Float64Array = metrics.ndcg(hits, wanted)
    return found
