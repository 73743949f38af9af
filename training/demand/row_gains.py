"""What more rows bring to the forecasts: the tuning's loss on its windows, with fewer rows to learn from."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from core.workspace import Workspace
from models.demand.kind import KIND
from models.demand.recipe import Recipe
from training import learning_curve
from training.demand.folds import Fold, Rolling
from training.demand.tuning import MOST_EXAMPLES, wrmsse
from training.learning_curve import FEWEST, SHARES, LearningCurve
from training.study import Tuned


def measure(workspace: Workspace, known: Rolling, folds: Sequence[Fold], tuned: Tuned) -> LearningCurve:
    """Four points, each with four times the rows of the one before; the last is the study's best trial."""
    recipe, settings = Recipe.of(tuned.best.params), workspace.settings
    options = {"seed": settings.seed, "threads": settings.threads}
    sold = [known.labels(fold.labels_until, known.evaluated_from) for fold in folds]
    most = [min(len(fold.examples), MOST_EXAMPLES) for fold in folds]
    shares = [share for share in SHARES if min(most) * share >= FEWEST]

    def loss_of(share: float) -> float:
        losses = [
            wrmsse(fold, fold.examples.at_most(round(rows * share)), truth, recipe, **options)
            for fold, rows, truth in zip(folds, most, sold, strict=True)
        ]
        return float(np.mean(losses))

    points = [(round(max(most) * share), loss_of(share)) for share in shares]
    if points:
        points.append((max(most), float(tuned.best.value)))
    return learning_curve.told(points, loss=KIND.primary, on="the windows before the evaluation")
