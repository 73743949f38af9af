"""The main cause for which each customer is about to leave: the family of reasons that raises the odds most."""

from __future__ import annotations

from collections.abc import Mapping
from typing import get_args

import numpy as np

from core.settings import Cause
from feature_repo import catalog
from models.arrays import Float64Array
from models.churn.inputs import Columns, Inputs
from models.churn.scorer import Scorer

CAUSES: tuple[Cause, ...] = get_args(Cause)


def main_cause(effects: Mapping[Cause, float]) -> Cause | None:
    """The cause whose summed effect raises the log-odds of leaving most; None where none raises them."""
    cause = max(effects, key=lambda each: effects[each], default=None)
    return cause if cause and effects[cause] > 0 else None


def main_causes(scorer: Scorer, columns: Columns) -> list[Cause | None]:
    """The main cause of each row of the columns (features by name)."""
    inputs = scorer.about.inputs
    return causes_of(inputs, scorer.contributions(inputs.matrix(columns)))


def causes_of(inputs: Inputs, effects: Float64Array) -> list[Cause | None]:
    """The main cause of each row of what the inputs add to the log-odds, shape (rows, features)."""
    # A feature without a cause of its own explains nothing that a marketer could act upon.
    of_feature = np.array([catalog.cause_of(feature) for feature in inputs.features], dtype=object)
    sums = {cause: effects[:, of_feature == cause].sum(axis=1) for cause in CAUSES}
    return [main_cause({cause: float(sums[cause][row]) for cause in CAUSES}) for row in range(len(effects))]
