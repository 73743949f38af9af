"""Fits the members of a portfolio, and the baselines it is judged by, on the same examples."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import xgboost as xgb

from core.workspace import Workspace
from models.arrays import Float32Array, Float64Array, Int64Array
from models.churn import baselines
from models.churn.baselines import LogisticBaseline
from models.churn.calibration import Calibration
from models.churn.inputs import Inputs
from models.churn.linear import Linear
from models.churn.model import BoostedModel, mean_margins
from models.churn.recipe import FIXED, Recipe
from models.churn.scorer import About, Scorer, describe_population
from training.churn import linear_booster
from training.churn.examples import Examples
from training.churn.merging import merged
from training.kinds import Weigher

Margins = Callable[[Float32Array], Float64Array]
BAG = 4
"""Boosters of a model that serves: their mean is steadier than any of them."""
BAG_OF_PAST = 2
"""Of a window that only tells how to weigh the members."""
SIMPLE = ("rfm_logistic", "bgnbd")
"""Baselines that are members as well."""


@dataclass(frozen=True)
class Fitted:
    """The members, and the baselines (some are both), fitted on what is known at one date."""

    members: dict[str, Scorer]
    baselines: dict[str, Scorer]


@dataclass(frozen=True)
class Fitter:
    """Fits by one recipe, as of any date."""

    workspace: Workspace
    inputs: Inputs
    recipe: Recipe
    weigh: Weigher | None = None
    """Of the members that are no baselines: those stay what anybody would have."""

    def fit(self, examples: Examples, bag: int = BAG) -> Fitted:
        """Members and baselines of the same rows."""
        rows = sample(examples.labelled, self.recipe.most_rows, self.workspace.settings.seed)
        simple = baselines.fit_on(self.workspace, rows, examples.population, examples.labels_until)
        matrix, churned = self.inputs.matrix(rows), rows["churned"].to_numpy()
        weights = self.weigh.of(rows) if self.weigh else None
        logistic = Linear.fit(matrix, churned, self.recipe.strength, weights)
        sparse = linear_booster.fit(matrix, churned, self.workspace.settings.threads, weights)
        boosters = [merged(self._boosters(matrix, churned, bag, weights))]
        trees = self.about(examples, lambda some: mean_margins(boosters, some))
        members: dict[str, Scorer] = {
            "trees": BoostedModel(trees, boosters, Calibration()),
            "logistic": LogisticBaseline(self.about(examples, logistic.margins), logistic),
            "linear_booster": LogisticBaseline(self.about(examples, sparse.margins), sparse),
        }
        return Fitted(members | {name: simple[name] for name in SIMPLE}, simple)

    def about(self, examples: Examples, margins: Margins) -> About:
        """What is said of a scorer with these margins, and of the population it is for."""
        ranks, rate = describe_population(self.inputs, margins, examples.population)
        return About(examples.labels_until, self.workspace.settings.churn.horizon_days, self.inputs, ranks, rate)

    def _boosters(
        self, matrix: Float32Array, churned: Int64Array, bag: int, weights: Float64Array | None
    ) -> list[xgb.Booster]:
        settings, recipe = self.workspace.settings, self.recipe
        options = {"seed": settings.seed, "count": bag, "threads": settings.threads}
        return fit_boosters(matrix, churned, recipe.parameters, recipe.rounds, weights=weights, **options)


def sample(rows: pd.DataFrame, most: int, seed: int) -> pd.DataFrame:
    """Those rows, or a seeded sample of so many of them, in their order."""
    if len(rows) <= most:
        return rows
    chosen = np.random.default_rng(seed).choice(len(rows), most, replace=False)
    return rows.iloc[np.sort(chosen)].reset_index(drop=True)


def fit_boosters(
    matrix: Float32Array,
    churned: Int64Array,
    parameters: Mapping[str, Any],
    rounds: int,
    *,
    seed: int,
    count: int,
    threads: int,
    weights: Float64Array | None = None,
) -> list[xgb.Booster]:
    """Boosters that differ by their seed only: by which rows and columns each tree sees."""
    rows = xgb.DMatrix(matrix, churned, weight=weights, nthread=threads)
    given = {**FIXED, **parameters, "nthread": threads}
    return [xgb.train({**given, "seed": seed + number}, rows, rounds) for number in range(count)]
