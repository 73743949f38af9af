"""On how many rows a fit is worth its time: doubled until a later window no longer gains by it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

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


@dataclass(frozen=True)
class LearningCurve:
    """The log loss on the latest origin by rows learnt from, ascending, and how many rows are enough.

    Where more rows still gained, or there were too few to tell, `enough` is `dataset.MOST_ROWS`, `is_flat` false.
    """

    points: Sequence[tuple[int, float]]
    enough: int
    is_flat: bool

    def as_csv(self) -> str:
        """rows, log_loss"""
        return pd.DataFrame(self.points, columns=["rows", "log_loss"]).to_csv(index=False)

    def draw(self) -> Figure:
        """The losses over the rows, with where more stopped to pay."""
        figure = Figure(figsize=(6, 4), layout="constrained")
        axes: Axes = figure.subplots()
        axes.plot([rows for rows, _ in self.points], [loss for _, loss in self.points], marker="o")
        if self.is_flat:
            axes.axvline(self.enough, color="grey", linewidth=1)
        axes.set(xscale="log", xlabel="rows learnt from", ylabel="log loss on the latest origin", title=self.says)
        return figure

    @property
    def says(self) -> str:
        """From how many rows on more add nothing, in a sentence."""
        if self.is_flat:
            return f"From {self.enough:,} rows on, twice as many gain less than {LEAST_GAIN} in log loss."
        if not self.points:
            return f"With fewer than {FIRST_ROWS:,} rows to learn from every one is used."
        return f"Up to {self.points[-1][0]:,} rows, the most that could be tried, more rows gained."


def measure(
    workspace: Workspace, known: Examples, inputs: Inputs, parameters: Mapping[str, Any], rounds: int
) -> LearningCurve:
    """FIRST_ROWS and powers of 2 times as many, by what more rows gain on the latest origin among these.

    Where all of the rows still gain, or there are too few to tell, every row that there will be is enough.
    """
    rows, gap = known.labelled, pd.Timedelta(days=known.gap_days)
    days = pd.to_datetime(rows["as_of"])
    earlier, later = rows[days <= days.max() - gap], rows[days == days.max()]
    points: list[tuple[int, float]] = []
    count = FIRST_ROWS
    while count < len(earlier):
        part = sample(earlier, count, workspace.settings.seed)
        matrix, churned, settings = inputs.matrix(part), part["churned"].to_numpy(), workspace.settings
        fitted = fit_boosters(
            matrix, churned, parameters, rounds, seed=settings.seed, count=1, threads=settings.threads
        )
        margins = mean_margins(fitted, inputs.matrix(later))
        points.append((count, float(log_losses(margins, later["churned"].to_numpy()).mean())))
        if len(points) > 1 and points[-2][1] - points[-1][1] < LEAST_GAIN:
            return LearningCurve(points, count // 2 if points[-2][1] <= points[-1][1] else count, is_flat=True)
        count *= 2
    return LearningCurve(points, dataset.MOST_ROWS, is_flat=False)
