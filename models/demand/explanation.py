"""A forecast taken apart, in units: what each part adds to the mean of a day, adding up to it exactly.

The boosters multiply: the logarithm of their forecast is a sum of the inputs' contributions (SHAP values of trees,
Lundberg et al., 2020), averaged over the bags. The difference between the recent level and their forecast is shared
out in proportion to the logarithmic contributions (the additive logarithmic mean Divisia index, Ang, 2005); what the
bags' mean and the quantiles' share change is shared out by their size. Each adjustment adds what it changed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import get_args

import numpy as np
import xgboost as xgb

from models.arrays import Float32Array, Float64Array
from models.demand.adjustments import Word
from models.demand.inputs import Inputs, Part, columns, derive
from models.demand.model import DemandModel
from models.demand.plans import Plans
from models.demand.series import Histories
from models.demand.signals.use import UNUSED

BOOSTED: tuple[str, ...] = get_args(Part)
ADJUSTED = ("counting", "day_total", "signals", "correction")
PARTS = (*BOOSTED, *ADJUSTED)
"""In this order: the first six are the boosters', the last four what is done to their word afterwards."""


@dataclass(frozen=True)
class ForecastParts:
    """Takes apart what a model forecasts from histories and plans; the whole shop is derived once, when first asked."""

    model: DemandModel
    histories: Histories
    plans: Plans
    horizon: int

    def parts(self, row: int) -> Float64Array:
        """The parts (H, len(PARTS)) of the mean forecast of the series in a row, in units."""
        shape = self._inputs.shape
        matrix = self._inputs.matrix.reshape(*shape, -1)[row]
        level = self._inputs.level[row] * self._inputs.open
        boosted = _shared_out(level, self._word.mean[row], self._contributions(matrix))
        steps = np.stack([self._word.mean[row], *(mean[row] for mean in self._means)], axis=1)
        return np.hstack([boosted, np.diff(steps, axis=1)])

    @cached_property
    def _inputs(self) -> Inputs:
        return derive(self.histories, self.plans, self.horizon).only(self.model.names)

    @cached_property
    def _word(self) -> Word:
        return self.model.word(self.histories, self.plans, self._inputs)

    @cached_property
    def _means(self) -> tuple[Float64Array, ...]:
        """The mean after each adjustment, (S, H)."""
        full = self.model.adjustments
        plain = replace(full, alignment=0.0, signals=UNUSED, level=1.0)
        stages = (plain, replace(plain, alignment=full.alignment), replace(full, level=1.0), full)
        return tuple(stage.apply(self._word)[0] for stage in stages)

    def _contributions(self, matrix: Float32Array) -> Float64Array:
        """The mean logarithmic contribution of each boosted part, (N, len(BOOSTED)); the bias counts to the level."""
        each = _logarithmic(self.model, xgb.DMatrix(matrix))
        part = {column.name: column.part for column in columns()}
        places = [BOOSTED.index(part[name]) for name in self.model.names] + [BOOSTED.index("level")]
        summed = np.zeros((len(matrix), len(BOOSTED)))
        np.add.at(summed.T, places, each.T)
        return summed


def _logarithmic(model: DemandModel, data: xgb.DMatrix) -> Float64Array:
    """Each input's mean contribution over the bags, and over the shops where the model was started from another."""
    each = [booster.predict(data, pred_contribs=True) for booster in model.means]
    own: Float64Array = np.mean(each, axis=0, dtype=float)
    if model.mature is not None:
        own = (1 - model.mature.share) * own + model.mature.share * _logarithmic(model.mature.model, data)
    return own


def named(parts: Float64Array) -> Mapping[str, float]:
    """One day's parts by their names."""
    return dict(zip(PARTS, parts.tolist(), strict=True))


def _shared_out(level: Float64Array, mean: Float64Array, contributions: Float64Array) -> Float64Array:
    """The mean (N,) as parts (N, len(BOOSTED)): the level, and what contributions changed of it; zeros where closed."""
    sold = (level > 0) & (mean > 0)
    ratio = np.log(np.where(sold, mean, 1.0) / np.where(sold, level, 1.0))
    size = np.abs(contributions)
    share = size / np.maximum(size.sum(1, keepdims=True), 1e-12)
    logs = contributions + (ratio - contributions.sum(1))[:, None] * share
    # The logarithmic mean of the two, which is the level where they are equal.
    between = np.where(np.abs(ratio) > 1e-9, (mean - level) / np.where(np.abs(ratio) > 1e-9, ratio, 1.0), level)
    parts = logs * between[:, None]
    parts[:, BOOSTED.index("level")] += level
    return np.where(sold[:, None], parts, 0.0)
