"""The diversity of a version: the highest that costs nothing on the window before the evaluation.

Of `STEPS`, from 0 upwards, as long as the mean NDCG@10 of the tuning window stays within `KEPT` of that of the scores
alone. A shop where customers want what their mix says gets much of it, one where they do not gets none.
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
        return DiversityChoice({0.0: _ndcg(row, bought, wanted)}, 0.0)
    found = {}
    for step in STEPS:
        moved = own_mix.calibrated(mix, row, product, score, k=metrics.K, pool=pool, diversity=step)
        found[step] = _ndcg(row, bought[moved], wanted)
    return DiversityChoice(found, highest_free(found))


def highest_free(ndcg: Mapping[float, float]) -> float:
    """The last step, from 0 upwards, before one that costs more than is given away; `ndcg` has the steps in order."""
    least = KEPT * ndcg[0.0]
    return list(takewhile(lambda step: not step or ndcg[step] >= least, ndcg))[-1]


def _ndcg(row: np.ndarray, bought: np.ndarray, wanted: np.ndarray) -> float:
    """The mean over customers who bought something, from pairs by row in the order of the lists."""
    place = np.arange(len(row)) - np.searchsorted(row, row)
    top = place < metrics.K
    hits: Float64Array = np.zeros((len(wanted), metrics.K))
    hits[row[top], place[top]] = bought[top]
    return float(np.nanmean(metrics.ndcg(hits, wanted)))
