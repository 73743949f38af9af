"""How each series answers to its price and to promotions, as learnt; saved as data beside the model of demand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import ndtr, ndtri

from core.errors import StoreError
from feature_repo.families.series_promotions import CHANNELS
from models.arrays import BoolArray, Float64Array

RESPONSES = "prices.parquet"
COUNT = 1 + len(CHANNELS)
"""Responses of a series: to its price, and to being promoted in each way."""
LEAST_SURE = 0.05
"""A response to the price that is negative with a smaller chance than this is none to answer by."""
DRAWS = 1000
_SEED = 20_170_102


@dataclass(frozen=True)
class PriceResponses:
    """The responses of S series.

    price: (S,), what a unit usually costs; lowest, highest: (S,), between which its price has lain
    mean: (S, 1 + channels), by how much the logarithm of sales rises with that of the price (the elasticity), and with
        the share promoted in each way; covariance: (S, 1 + channels, 1 + channels)
    own: (S,), how much of the elasticity the series' own weeks tell, 0 to 1; the rest its group and the shop
    refused: (S,), why no elasticity is answered by, empty where it is
    promoted: (S, channels), the share that a promotion of the series usually reaches in each way
    varied: (S, channels), whether it was sometimes promoted that way, and sometimes not
    """

    ids: tuple[str, ...]
    price: Float64Array
    lowest: Float64Array
    highest: Float64Array
    mean: Float64Array
    covariance: Float64Array
    own: Float64Array
    refused: tuple[str, ...]
    promoted: Float64Array
    varied: BoolArray

    @cached_property
    def rows(self) -> Mapping[str, int]:
        """Where each series stands."""
        return {series: row for row, series in enumerate(self.ids)}

    @property
    def answered(self) -> int:
        """Of how many series a price can be asked."""
        return sum(not refused for refused in self.refused)

    def draws(self, row: int) -> Float64Array:
        """Equally likely responses of a series, (DRAWS, 1 + channels), that to the price below 0.

        A dearer product sells less: where the weeks leave it open, what lies above 0 is cut off.
        """
        root = np.linalg.cholesky(self.covariance[row] + 1e-12 * np.eye(COUNT))
        chances, normal = _chances()
        most = max(float(ndtr(-self.mean[row, 0] / root[0, 0])), 1e-9)
        standard = np.column_stack([ndtri(chances * most), normal])
        found: Float64Array = self.mean[row] + standard @ root.T
        found[:, 0] = np.minimum(found[:, 0], 0.0)
        return found

    def save(self, directory: Path) -> None:
        """Write them as Parquet into a folder; nothing where there is no series."""
        if not self.ids:
            return
        columns: dict[str, object] = {
            "series_id": list(self.ids),
            "price": self.price,
            "lowest": self.lowest,
            "highest": self.highest,
            "own": self.own,
            "refused": list(self.refused),
            "mean": list(self.mean),
            "covariance": list(self.covariance.reshape(len(self.ids), -1)),
            "promoted": list(self.promoted),
            "varied": list(self.varied),
        }
        pd.DataFrame(columns).to_parquet(directory / RESPONSES, index=False)

    @classmethod
    def load(cls, directory: Path) -> PriceResponses:
        """Those of a folder; a version of a release that learnt none has none.

        Raises:
            StoreError: the file can't be read.
        """
        if not (directory / RESPONSES).exists():
            return NO_RESPONSES
        try:
            frame = pd.read_parquet(directory / RESPONSES)
            count = len(frame)
            return cls(
                ids=tuple(frame["series_id"].astype(str)),
                price=frame["price"].to_numpy(dtype=float),
                lowest=frame["lowest"].to_numpy(dtype=float),
                highest=frame["highest"].to_numpy(dtype=float),
                mean=_stacked(frame["mean"], (count, COUNT)),
                covariance=_stacked(frame["covariance"], (count, COUNT, COUNT)),
                own=frame["own"].to_numpy(dtype=float),
                refused=tuple(frame["refused"].astype(str)),
                promoted=_stacked(frame["promoted"], (count, len(CHANNELS))),
                varied=_stacked(frame["varied"], (count, len(CHANNELS))) > 0,
            )
        except (OSError, ValueError, KeyError) as error:
            raise StoreError(f"{RESPONSES} can't be read", where=str(directory), why=str(error)) from error


def _stacked(column: pd.Series[Any], shape: tuple[int, ...]) -> Float64Array:
    return np.array([np.asarray(each, dtype=float) for each in column], dtype=float).reshape(shape)


def _chances() -> tuple[Float64Array, Float64Array]:
    """The same numbers in every process: one scenario has one answer."""
    rng = np.random.default_rng(_SEED)
    normal = np.column_stack([ndtri(rng.permutation(_middles())) for _ in CHANNELS])
    return _middles(), normal


def _middles() -> Float64Array:
    return (np.arange(DRAWS) + 0.5) / DRAWS


_NONE = np.zeros(0)
NO_RESPONSES = PriceResponses(
    ids=(),
    price=_NONE,
    lowest=_NONE,
    highest=_NONE,
    mean=np.zeros((0, COUNT)),
    covariance=np.zeros((0, COUNT, COUNT)),
    own=_NONE,
    refused=(),
    promoted=np.zeros((0, len(CHANNELS))),
    varied=np.zeros((0, len(CHANNELS)), dtype=bool),
)
