"""Of which inputs it is shown how a forecast goes with them: of each part of a forecast, then whatever gains most."""

from __future__ import annotations

from collections.abc import Mapping

from models import booster_gains
from models.demand.inputs import columns
from models.demand.model import DemandModel
from training import local_effects
from training.demand.folds import Fold
from training.local_effects import LocalEffect

MOST = 9


def measure(model: DemandModel, fold: Fold, seed: int) -> list[LocalEffect]:
    """How the mean, in parts of a series' level, goes with what it sees, over the examples that it was fitted on.

    Those are of many origins: at one alone the shop's own course is the same for all.
    """
    if not len(fold.examples):
        return []
    rows = fold.examples.matrix[local_effects.drawn(len(fold.examples), seed)]
    read = rows[:, [fold.inputs.names.index(name) for name in model.names]]
    importance = booster_gains.shares(model.means, model.names)
    return local_effects.measure(lambda matrix: model.ratios(matrix)[0], read, model.names, wanted(importance))


def wanted(importance: Mapping[str, float]) -> list[str]:
    """The input of each part that gains most, for level, calendar and promotions differ in scale; then the others."""
    parts = {column.name: column.part for column in columns()}
    ranked = [name for name in local_effects.leading(importance, len(importance)) if importance[name] > 0]
    first = {parts[name]: name for name in reversed(ranked)}.values()
    rest = [name for name in ranked if name not in first]
    return sorted([*first, *rest[: MOST - len(first)]], key=ranked.index)
