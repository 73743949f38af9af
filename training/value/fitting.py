"""Fits the boosters that correct a formula, and puts a model together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import xgboost as xgb

from models.arrays import Float32Array, Float64Array
from models.churn.inputs import Inputs
from models.value.baselines import values_of, with_fifths
from models.value.labels import HORIZONS, TARGETS
from models.value.model import Correction, Horizon, ValueModel, start_of
from models.value.recipe import FIXED, Recipe
from models.value.spread import Spread
from training.value.examples import Examples

OBJECTIVES: Mapping[str, Mapping[str, Any]] = {
    "spend": {"objective": "reg:tweedie", "tweedie_variance_power": 1.5},
    "visits": {"objective": "count:poisson", "max_delta_step": 0.7},
}
MOST_ROWS = 40_000
"""Rows that a booster is fitted on: the latest, of more a seeded sample."""


@dataclass(frozen=True)
class Belief:
    """What earlier windows say of a horizon's booster: its share, whose total to keep, the level, how far it is off."""

    weight: float = 0.0
    anchor: float = 0.5
    level: float = 1.0
    spread: Spread = field(default_factory=Spread)
    windows: int = 0


Beliefs = Mapping[int, Mapping[str, Belief]]
"""By the horizon and the target; a horizon that could not be tried is missing."""


@dataclass(frozen=True)
class Target:
    """What a booster learns: rows, what came of them in parts of the usual, and where it starts."""

    matrix: Float32Array
    label: Float64Array
    start: Float64Array
    usual: float

    def rows(self, threads: int) -> xgb.DMatrix:
        """For XGBoost."""
        return xgb.DMatrix(self.matrix, self.label, base_margin=self.start, nthread=threads)


def target_of(examples: Examples, inputs: Inputs, target: str, days: int, most: int = MOST_ROWS) -> Target:
    """The rows whose window is over, the formula fitted at `examples.until`."""
    places = np.flatnonzero(examples.labelled[f"spend_{days}d"].notna().to_numpy())
    if len(places) > most:
        rng = np.random.default_rng(examples.workspace.settings.seed)
        places = np.sort(rng.choice(places, most, replace=False))
    rows = examples.labelled.iloc[places]
    came = np.maximum(rows[f"{target}_{days}d"].to_numpy(dtype=float), 0.0)
    usual = float(came.mean()) if len(came) and came.mean() > 0 else 1.0
    expected = dict(zip(TARGETS, examples.formula.expected(values_of(rows), days), strict=True))[target]
    return Target(examples.matrix(inputs)[places], came / usual, start_of(expected, usual), usual)


def boost(
    examples: Examples, inputs: Inputs, target: str, days: int, recipe: Recipe, *, most: int = MOST_ROWS
) -> Correction | None:
    """A booster believed in full; None where nothing came of any row."""
    found, settings = target_of(examples, inputs, target, days, most), examples.workspace.settings
    if not found.label.any():
        return None
    given = {**FIXED, **OBJECTIVES[target], **recipe.parameters, "nthread": settings.threads, "seed": settings.seed}
    rows = found.rows(settings.threads)
    booster = xgb.train(given, rows, recipe.rounds)
    # Unlike Poisson's, Tweedie's gradients may vanish where the sums still differ.
    scale = float(found.label.sum() / booster.predict(rows).sum(dtype=float))
    booster.set_param({"nthread": 1})
    return Correction(found.usual, scale, booster, 1.0)


def fit_model(examples: Examples, inputs: Inputs, recipe: Recipe, beliefs: Beliefs) -> ValueModel:
    """The model without a hazard: the formula at `examples.until`, corrected as far as is believed."""
    tried = [days for days in HORIZONS if days in beliefs]
    horizons: dict[int, Horizon] = {}
    for days in HORIZONS:
        if days in beliefs or not tried:
            parts = {}
            for target in TARGETS:
                belief = beliefs.get(days, {}).get(target, Belief())
                boosted = boost(examples, inputs, target, days, recipe) if belief.weight > 0 else None
                parts[target] = _corrected(examples, inputs, boosted, belief, (target, days))
            horizons[days] = Horizon(parts)
        else:
            longest = max((n for n in tried if n < days), default=tried[0])
            times = days / longest
            spreads = {t: beliefs[longest][t].spread.stretched(times) for t in TARGETS}
            horizons[days] = Horizon({t: Correction(spread=s) for t, s in spreads.items()}, longest)
    return with_fifths(ValueModel(examples.until, inputs, examples.formula, horizons), examples.population)


def towards(formula: Float64Array, boosted: Float64Array, anchor: float) -> float:
    """By what to multiply a booster's forecasts, so that their total comes nearer to the formula's."""
    one, other = float(formula.sum()), float(boosted.sum())
    return (one / other) ** anchor if one > 0 and other > 0 else 1.0


def _corrected(
    examples: Examples, inputs: Inputs, boosted: Correction | None, belief: Belief, of: tuple[str, int]
) -> Correction:
    """The booster as far as it is believed, its total that of the population as of `examples.until`."""
    if boosted is None:
        return Correction(level=belief.level, spread=belief.spread)
    target, days = of
    population = examples.population
    formula = dict(zip(TARGETS, examples.formula.expected(values_of(population), days), strict=True))[target]
    said = boosted.boosted(inputs.matrix(population), formula)
    return replace(
        boosted,
        scale=boosted.scale * towards(formula, said, belief.anchor),
        weight=belief.weight,
        level=belief.level,
        spread=belief.spread,
    )
