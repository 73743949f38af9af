"""Fits the bag of networks of one mode."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Final

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier
from threadpoolctl import threadpool_limits

from models.arrays import Float32Array
from models.recommendation.networks import Layer, Networks, PairScaling
from models.recommendation.rankers import Mode
from training.recommendation.examples import Examples

HIDDEN: Final = (64, 32)
BATCH: Final = 1024
SEEN: Final = 2_200_000
"""Pairs that one network sees in all, each of them again and again: 4 times half a million, 30 times 70,000."""
MOST_EPOCHS: Final = 30
BAG: Final[dict[Mode, int]] = {"all": 2, "new": 4}
"""Networks of a mode; those of `new` have fewer pairs to learn from, and differ more."""


def epochs(pairs: int) -> int:
    """How often a network goes through so many pairs."""
    return max(1, min(MOST_EPOCHS, round(SEEN / max(pairs, 1))))


def fit(source: Examples, mode: Mode, threads: int, seed: int, often: int | None = None) -> Networks:
    """A bag of networks that differ by their seed, `threads` of them at a time.

    Args:
        source: the mode's examples, both bought ones and others among them.
        mode: whose bag it is.
        threads: networks that are fitted at the same time; each computes in one thread, so that a seed decides all.
        seed: of the first.
        often: times that each goes through the pairs; as many as there are pairs for where None.
    """
    scaling = PairScaling.of(source.features)
    inputs, weights = scaling.inputs(source.features), _weights(source)

    def network(number: int) -> tuple[Layer, ...]:
        learner = MLPClassifier(
            HIDDEN,
            alpha=0.01,
            batch_size=min(BATCH, len(source)),
            learning_rate_init=2e-3,
            max_iter=often or epochs(len(source)),
            random_state=seed + number,
        )
        learner.fit(inputs, source.bought, sample_weight=weights)
        return tuple(
            Layer(np.asarray(weight, np.float32), np.asarray(bias, np.float32))
            for weight, bias in zip(learner.coefs_, learner.intercepts_, strict=True)
        )

    with _alone(), ThreadPoolExecutor(threads) as pool:
        return Networks(scaling, tuple(pool.map(network, range(BAG[mode]))))


def _weights(source: Examples) -> Float32Array:
    """What a pair counts: as many as were left out for it, over those of the pairs of which most were kept."""
    left_out = np.where(source.bought, np.float32(0), source.offset)
    kept_most = source.offset[~source.bought].min(initial=np.inf)
    weights: Float32Array = np.exp(left_out - np.where(source.bought, 0, kept_most)).astype(np.float32)
    return weights


@contextmanager
def _alone() -> Iterator[None]:
    """One thread for each network; that it stops before it has converged is meant."""
    with threadpool_limits(1), warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        yield
