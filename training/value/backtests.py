"""Forecasts of past windows by what was known before each: how much of a booster is believed, and how far it is off.

The weight of a booster beside its formula is the one that would have been best, shrunk towards the formula where
windows are few or disagree. How far a booster's total is drawn towards the formula's (the anchor) is what kept totals
nearest to what came, shrunk towards half-way: a booster repeats the level of its windows, a formula that of all
history. The level is what the windows still agree on of the ratio of what came to what was expected.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np

from models.arrays import Float64Array
from models.churn.inputs import Inputs
from models.value.baselines import values_of
from models.value.evaluation import deviance
from models.value.labels import HORIZONS, TARGETS
from models.value.recipe import Recipe
from models.value.spread import Spread
from training.value.examples import Examples
from training.value.fitting import Belief, boost, towards

WINDOWS: Mapping[int, int] = {28: 3, 90: 2, 365: 1}
"""Windows that a horizon is tried on, at most."""
WEIGHTS = np.linspace(0.0, 1.0, 21)
ANCHORS = np.linspace(0.0, 1.0, 11)
_DOUBT = 0.25
_ANCHOR_DOUBT = 0.06
_LEVEL_DOUBT = 0.04
_FADING = 0.6
_ONE_WINDOW = 0.1


@dataclass(frozen=True)
class PastWindow:
    """What a formula and its booster said of the customers of one date, and what came."""

    formula: Float64Array
    boosted: Float64Array
    came: Float64Array

    def anchored(self, anchor: float) -> PastWindow:
        """With the booster's total drawn towards the formula's."""
        return replace(self, boosted=self.boosted * towards(self.formula, self.boosted, anchor))

    def log_ratio(self) -> float:
        """What came over what the booster says, in logarithms."""
        return _log_ratio(self.boosted, self.came)

    def blended(self, weight: float) -> Float64Array:
        """The two together."""
        return (1 - weight) * self.formula + weight * self.boosted

    def losses(self) -> Float64Array:
        """The mean deviance under each of WEIGHTS."""
        return np.array([deviance(self.blended(weight), self.came).mean() for weight in WEIGHTS])


Windows = dict[int, dict[str, list[PastWindow]]]
"""By the horizon and the target; the oldest first."""


class Past:
    """What was known at earlier dates, each computed once."""

    def __init__(self, examples: Examples) -> None:
        self.examples = examples
        self._known: dict[date, Examples] = {}

    def known_by(self, origin: date) -> Examples:
        """The examples that were known at an origin."""
        if origin not in self._known:
            self._known[origin] = self.examples.known_by(origin)
        return self._known[origin]

    def origins(self, days: int) -> list[date]:
        """The dates that a horizon is tried at: its windows don't overlap, and something could be learnt before."""
        usable = [o for o in self.examples.origins if o + timedelta(days=days) <= self.examples.until]
        taken: list[date] = []
        for origin in reversed(usable):
            apart = not taken or (taken[-1] - origin).days >= days
            if apart and len(taken) < WINDOWS[days] and len(self.known_by(origin).with_known(days)):
                taken.append(origin)
        return taken[::-1]


def windows(past: Past, inputs: Inputs, recipe: Recipe) -> Windows:
    """Every horizon that can be tried, on its past windows."""
    found: Windows = {}
    for days in HORIZONS:
        origins = past.origins(days)
        if origins:
            seen = [window(past, inputs, recipe, origin, days) for origin in origins]
            found[days] = {target: [each[target] for each in seen] for target in TARGETS}
    return found


def window(past: Past, inputs: Inputs, recipe: Recipe, origin: date, days: int) -> dict[str, PastWindow]:
    """Each target in the window from an origin."""
    before, rows = past.known_by(origin), past.examples.at(origin)
    said = zip(TARGETS, before.formula.expected(values_of(rows), days), strict=True)
    found = {}
    for target, formula in said:
        correction = boost(before, inputs, target, days, recipe)
        boosted = formula if correction is None else correction.boosted(inputs.matrix(rows), formula)
        found[target] = PastWindow(formula, boosted, rows[f"{target}_{days}d"].to_numpy(dtype=float))
    return found


def beliefs(found: Windows) -> dict[int, dict[str, Belief]]:
    """What the windows say of each horizon and target."""
    return {days: {target: belief(each) for target, each in of.items()} for days, of in found.items()}


def belief(found: Sequence[PastWindow]) -> Belief:
    """What the windows of one horizon and target say."""
    anchor = best_anchor(found)
    found = [window.anchored(anchor) for window in found]
    weight = best_weight([window.losses() for window in found])
    blended = [window.blended(weight) for window in found]
    level = shared_level([_log_ratio(each, window.came) for each, window in zip(blended, found, strict=True)])
    spread = Spread.fit(level * np.concatenate(blended), np.concatenate([window.came for window in found]))
    return Belief(weight, anchor, level, spread, len(found))


def best_weight(losses: Sequence[Float64Array]) -> float:
    """The weight of the least mean loss, shrunk by how few the windows are, and by how far their best lie apart."""
    best = float(WEIGHTS[int(np.argmin(np.mean(losses, axis=0)))])
    apart = float(np.std([WEIGHTS[int(np.argmin(each))] for each in losses]))
    return round(best * len(losses) / (len(losses) + _DOUBT * (1 + 2 * apart)), 4)


def best_anchor(found: Sequence[PastWindow]) -> float:
    """The anchor whose totals were nearest to what came, shrunk towards half-way where windows or gains are few."""
    misses = []
    for anchor in ANCHORS:
        ratios = np.abs([window.anchored(anchor).log_ratio() for window in found])
        miss = float(np.nanmean(ratios)) if np.isfinite(ratios).any() else 0.0
        misses.append(miss + _ANCHOR_DOUBT * abs(anchor - 0.5))
    best = float(ANCHORS[int(np.argmin(misses))])
    return round(0.5 + (best - 0.5) * len(found) / (len(found) + 1), 4)


def shared_level(log_ratios: Sequence[float]) -> float:
    """The mean of the windows' log ratios, the latest counting most, kept as far as it is large beside its error."""
    known = [(ratio, age) for age, ratio in enumerate(reversed(log_ratios)) if np.isfinite(ratio)]
    if not known:
        return 1.0
    ratios = np.array([ratio for ratio, _ in known])
    weights = np.array([_FADING**age for _, age in known])
    weights /= weights.sum()
    mean, windows = float(weights @ ratios), 1 / float((weights**2).sum())
    spread = float(weights @ (ratios - mean) ** 2)
    noise = spread / (windows - 1) if len(known) > 1 else _ONE_WINDOW**2
    return float(np.exp(mean * mean**2 / (mean**2 + noise + _LEVEL_DOUBT**2)))


def _log_ratio(expected: Float64Array, came: Float64Array) -> float:
    top, bottom = float(np.maximum(came, 0.0).sum()), float(expected.sum())
    return float(np.log(top / bottom)) if top > 0 and bottom > 0 else float("nan")
