"""Networks on pair features: what is kept of them says what they said, and nothing runs away."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from models.recommendation.networks import LIMIT, Layer, Networks, PairScaling

FEATURES = 5
values = arrays.arrays(
    np.float32, (40, FEATURES), elements=st.floats(-1e6, 1e6, width=32) | st.just(float("nan")), fill=st.nothing()
)


def networks(scaling: PairScaling, rng: np.random.Generator, size: int = 3) -> Networks:
    widths = [len(scaling.mean) + len(scaling.missing), 4, 3, 1]
    bag = tuple(
        tuple(
            Layer(rng.normal(size=shape).astype(np.float32), rng.normal(size=shape[1]).astype(np.float32))
            for shape in itertools.pairwise(widths)
        )
        for _ in range(size)
    )
    return Networks(scaling, bag)


@given(values)
def test_inputs_are_bounded_and_never_missing(features: np.ndarray) -> None:
    inputs = PairScaling.of(features).inputs(features)
    assert np.isfinite(inputs).all()
    assert np.abs(inputs).max() <= LIMIT


@given(values, values)
def test_features_no_training_saw_stay_bounded(seen: np.ndarray, later: np.ndarray) -> None:
    assert np.abs(PairScaling.of(seen).inputs(later)).max() <= LIMIT


def test_what_is_often_missing_is_told_apart_from_the_mean(rng: np.random.Generator) -> None:
    features = rng.normal(size=(100, 2)).astype(np.float32)
    features[::2, 1] = np.nan
    scaling = PairScaling.of(features)
    assert scaling.missing.tolist() == [1]
    assert scaling.inputs(features)[:2, 2].tolist() == [1.0, 0.0]


def test_a_saved_bag_says_the_same(tmp_path: Path, rng: np.random.Generator) -> None:
    features = rng.exponential(size=(50, FEATURES)).astype(np.float32)
    features[::3, 2] = np.nan
    bag = networks(PairScaling.of(features), rng)
    bag.save(tmp_path, "all")
    loaded = Networks.load(tmp_path, "all")
    assert loaded is not None
    np.testing.assert_array_equal(loaded.margins(features), bag.margins(features))
    assert Networks.load(tmp_path, "new") is None


def test_one_pair_alone_scores_as_among_others(rng: np.random.Generator) -> None:
    features = rng.exponential(size=(300, FEATURES)).astype(np.float32)
    bag = networks(PairScaling.of(features), rng)
    together = bag.margins(features)
    assert bag.margins(features[7:8])[0] == pytest.approx(together[7], abs=1e-4)
    assert len(bag.margins(features[:0])) == 0
