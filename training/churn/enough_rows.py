"""On how many rows a fit is worth its time: doubled until a later window no longer gains by it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from core.workspace import Workspace
from models.churn.inputs import Inputs
from models.churn.model import mean_margins
from training import learning_curve
from training.churn.examples import Examples
from training.churn.fitting import fit_boosters, sample
from training.churn.losses import log_losses
from training.learning_curve import LearningCurve

FIRST_ROWS = 20_000
LEAST_GAIN = 3e-4
"""In log loss, for twice the rows."""


def measure(
    workspace: Workspace, known: Examples, inputs: Inputs, parameters: Mapping[str, Any], rounds: int
) -> LearningCurve:
    """FIRST_ROWS and powers of 2 times as many, by what more rows gain on the latest origin among these."""
    rows, gap = known.labelled, pd.Timedelta(days=known.gap_days)
    days = pd.to_datetime(rows["as_of"])
    earlier, later = rows[days <= days.max() - gap], rows[days == days.max()]
    settings = workspace.settings

    def loss_of(count: int) -> float:
        part = sample(earlier, count, settings.seed)
        matrix, churned = inputs.matrix(part), part["churned"].to_numpy()
        fitted = fit_boosters(
            matrix, churned, parameters, rounds, seed=settings.seed, count=1, threads=settings.threads
        )
        margins = mean_margins(fitted, inputs.matrix(later))
        return float(log_losses(margins, later["churned"].to_numpy()).mean())

    counts = learning_curve.doubled(FIRST_ROWS, len(earlier))
    return learning_curve.measure(counts, loss_of, LEAST_GAIN, loss="log_loss", on="the latest origin")
