"""Small neural networks on pair features: what trees cut into steps they see as slopes, so that both err differently.

A bag of perceptrons with two hidden layers (rectified), fitted by scikit-learn; what is kept are its weights.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from models.arrays import BoolArray, Float32Array, Int64Array

LIMIT = 4.0
"""Deviations from the mean beyond which a feature counts as that far: networks go on in a straight line, for ever."""
_AT_ONCE = 65_536
"""Pairs that are scored at once: all layers of a bag of them are 100 MB."""


@dataclass(frozen=True)
class PairScaling:
    """How features become a network's inputs: logarithms, standardised; a missing one is the mean, and said to be.

    `mean` and `deviation` are of the logarithms, shape (F,); `missing` are the places of the features that say
    whether they are missing, shape (M,).
    """

    mean: Float32Array
    deviation: Float32Array
    missing: Int64Array

    @classmethod
    def of(cls, features: Float32Array, rarely: float = 0.01) -> PairScaling:
        """As the training's pairs have them; what is missing in fewer than a share of `rarely` is not told apart."""
        absent = np.isnan(features)
        known: BoolArray = np.asarray(~absent.all(axis=0))
        mean, deviation = np.zeros(features.shape[1], np.float32), np.ones(features.shape[1], np.float32)
        logs = _logarithms(features[:, known])
        mean[known] = np.nanmean(logs, axis=0)
        deviation[known] = np.nanstd(logs, axis=0) + 1e-6
        return cls(mean, deviation, np.flatnonzero(absent.mean(axis=0) > rarely).astype(np.int64))

    def inputs(self, features: Float32Array) -> Float32Array:
        """Shape (n, F + M)."""
        scaled = (_logarithms(features) - self.mean) / self.deviation
        inputs = np.empty((len(features), features.shape[1] + len(self.missing)), dtype=np.float32)
        own, absent = inputs[:, : features.shape[1]], np.isnan(features)
        np.clip(scaled, -LIMIT, LIMIT, out=own)
        own[absent] = 0.0
        inputs[:, features.shape[1] :] = absent[:, self.missing]
        return inputs


@dataclass(frozen=True)
class Layer:
    """`weights` of shape (inputs, outputs), `biases` of shape (outputs,)."""

    weights: Float32Array
    biases: Float32Array


@dataclass(frozen=True)
class Networks:
    """The log odds that a pair is bought, as the mean of a bag of networks has them."""

    scaling: PairScaling
    bag: tuple[tuple[Layer, ...], ...]

    def margins(self, features: Float32Array) -> Float32Array:
        """Shape (n,)."""
        blocks = [self._block(features[first : first + _AT_ONCE]) for first in range(0, len(features), _AT_ONCE)]
        return np.concatenate(blocks) if blocks else np.zeros(0, dtype=np.float32)

    def _block(self, features: Float32Array) -> Float32Array:
        inputs = self.scaling.inputs(features)
        total = np.zeros(len(features), dtype=np.float32)
        for layers in self.bag:
            total += _forward(layers, inputs)
        return total / np.float32(len(self.bag))

    def save(self, directory: Path, name: str) -> None:
        """As Parquet: a row per network and layer, and a row per feature."""
        layers = [
            {
                "network": network,
                "layer": place,
                "inputs": len(layer.weights),
                "weights": layer.weights.ravel(),
                "biases": layer.biases,
            }
            for network, own in enumerate(self.bag)
            for place, layer in enumerate(own)
        ]
        pd.DataFrame(layers).to_parquet(directory / f"{name}.networks.parquet", index=False)
        told = np.isin(np.arange(len(self.scaling.mean)), self.scaling.missing)
        scaling = {"mean": self.scaling.mean, "deviation": self.scaling.deviation, "missing": told}
        pd.DataFrame(scaling).to_parquet(directory / f"{name}.scaling.parquet", index=False)

    @classmethod
    def load(cls, directory: Path, name: str) -> Networks | None:
        """What `save` wrote; None where there is none."""
        path = directory / f"{name}.networks.parquet"
        if not path.exists():
            return None
        rows = pd.read_parquet(path, partitioning=None).sort_values(["network", "layer"])
        bag = tuple(tuple(map(_layer, own.to_dict("records"))) for _, own in rows.groupby("network"))
        told = pd.read_parquet(directory / f"{name}.scaling.parquet", partitioning=None)
        missing = np.flatnonzero(told["missing"]).astype(np.int64)
        mean, deviation = (told[column].to_numpy(np.float32) for column in ("mean", "deviation"))
        return cls(PairScaling(mean, deviation, missing), bag)


def _forward(layers: Sequence[Layer], inputs: Float32Array) -> Float32Array:
    *hidden, last = layers
    values = inputs
    for layer in hidden:
        values = values @ layer.weights
        values += layer.biases
        np.maximum(values, 0, out=values)
    found: Float32Array = (values @ last.weights + last.biases)[:, 0]
    return found


def _layer(row: Mapping[Hashable, Any]) -> Layer:
    weights = np.asarray(row["weights"], dtype=np.float32)
    return Layer(weights.reshape(row["inputs"], -1), np.asarray(row["biases"], dtype=np.float32))


def _logarithms(features: Float32Array) -> Float32Array:
    """sign(x) log(1 + |x|)."""
    logs = np.log1p(np.abs(features))
    return np.copysign(logs, features, out=logs)
