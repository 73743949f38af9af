"""On how many rows a fit is worth its time: doubled until a later window no longer gains by it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from core.workspace import Workspace
from models.churn import dataset
from models.churn.inputs import Inputs
from models.churn.model import mean_margins
from training.churn.examples import Examples
from training.churn.fitting import fit_boosters, sample
from training.churn.losses import log_losses

FIRST_ROWS = 20_000
LEAST_GAIN = 3e-4
"""In log loss, for twice the rows."""


def enough_rows(
    workspace: Workspace, known: Examples, inputs: Inputs, parameters: Mapping[str, Any], rounds: int
) -> int:
    """FIRST_ROWS or a power of 2 times as many, by what more rows gain on the latest origin among these.

    Where all of the rows still gain, or there are too few to tell, every row that there will be (`dataset.MOST_ROWS`).
    """
    rows, gap = known.labelled, pd.Timedelta(days=known.gap_days)
    days = pd.to_datetime(rows["as_of"])
    earlier, later = rows[days <= days.max() - gap], rows[days == days.max()]
    enough, before = FIRST_ROWS, np.inf
    while enough < len(earlier):
        part = sample(earlier, enough, workspace.settings.seed)
        matrix, churned, settings = inputs.matrix(part), part["churned"].to_numpy(), workspace.settings
        fitted = fit_boosters(
            matrix, churned, parameters, rounds, seed=settings.seed, count=1, threads=settings.threads
        )
        margins = mean_margins(fitted, inputs.matrix(later))
        loss = float(log_losses(margins, later["churned"].to_numpy()).mean())
        if before - loss < LEAST_GAIN:
            return enough // 2 if before <= loss else enough
        enough, before = enough * 2, loss
    return dataset.MOST_ROWS
