"""The folds a recipe is searched on: origins to fit on, and a later one to score on."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from models.arrays import Float32Array, Int64Array
from models.churn import dataset
from models.churn.inputs import Inputs
from training import splits
from training.churn.fitting import sample

FOLDS = 3
MOST_ROWS = 10_000
"""Of each side of a fold: a search needs to tell recipes apart, not to fit as well as possible."""


@dataclass(frozen=True)
class Fold:
    """Rows of the origins to fit on, and of the later origin to score on."""

    matrix: Float32Array
    churned: Int64Array
    later: Float32Array
    later_churned: Int64Array


def make_folds(examples: pd.DataFrame, inputs: Inputs, gap_days: int, seed: int) -> list[Fold]:
    """The latest FOLDS splits in which both sides have customers who left and who stayed (see `Examples.gap_days`)."""
    origins = sorted(examples["as_of"].unique())
    apart = dataset.STEP_DAYS * max(1, round(gap_days / dataset.STEP_DAYS))
    rolling = splits.rolling(origins, gap_days, FOLDS, apart)
    made = [_fold(examples, inputs, split, seed) for split in rolling]
    return [fold for fold in made if _both(fold.churned) and _both(fold.later_churned)]


def _fold(examples: pd.DataFrame, inputs: Inputs, split: splits.Split, seed: int) -> Fold:
    train = sample(examples[examples["as_of"].isin(split.train)], MOST_ROWS, seed)
    later = sample(examples[examples["as_of"] == split.evaluate], MOST_ROWS, seed)
    return Fold(inputs.matrix(train), train["churned"].to_numpy(), inputs.matrix(later), later["churned"].to_numpy())


def _both(churned: Int64Array) -> bool:
    return bool(0 < churned.sum() < len(churned))
