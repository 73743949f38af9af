"""How a loss on later rows falls as more rows are learnt from, and from how many on more stop to pay."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

PICTURE, TABLE = "learning_curve.png", "learning_curve.csv"
SHARES = (1 / 64, 1 / 16, 1 / 4)
"""Fits on these shares of the rows cost together a third of one on all of them."""
FEWEST = 200
TOO_FEW = "There were too few rows to see what more of them bring: every one is used."


@dataclass(frozen=True)
class LearningCurve:
    """A loss (`loss`, a name for columns) on later rows (`on`, in words) by rows learnt from, ascending.

    says: what it tells, in a sentence
    enough: from how many rows on twice as many no longer pay; None: all of them did, or nobody looked
    """

    points: Sequence[tuple[int, float]]
    loss: str
    on: str
    says: str
    enough: int | None = None

    def plots(self) -> dict[str, Figure]:
        """For the run; none where there were too few rows to try."""
        return {PICTURE: self.draw()} if self.points else {}

    def tables(self) -> dict[str, str]:
        """Likewise."""
        return {TABLE: self.as_csv()} if self.points else {}

    def as_csv(self) -> str:
        """The rows, and the loss by its name."""
        return pd.DataFrame(self.points, columns=["rows", self.loss]).to_csv(index=False)

    def draw(self) -> Figure:
        """The losses over the rows, with where more stopped to pay."""
        figure = Figure(figsize=(6, 4), layout="constrained")
        axes: Axes = figure.subplots()
        axes.plot([rows for rows, _ in self.points], [loss for _, loss in self.points], marker="o")
        if self.enough is not None:
            axes.axvline(self.enough, color="grey", linewidth=1)
        axes.set(xscale="log", xlabel="rows learnt from", ylabel=f"{self.loss.replace('_', ' ')} on {self.on}")
        axes.set_title(self.says, fontsize="small", wrap=True)
        return figure


def doubled(first: int, below: int) -> Iterator[int]:
    """`first` and twice as many each time, as long as there are more rows than that."""
    count = first
    while count < below:
        yield count
        count *= 2


def measure(
    counts: Iterable[int], loss_of: Callable[[int], float], least_gain: float, *, loss: str, on: str
) -> LearningCurve:
    """The losses of `counts`, each twice the one before, until one gains less than `least_gain` on the one before."""
    points: list[tuple[int, float]] = []
    for count in counts:
        points.append((count, loss_of(count)))
        if len(points) > 1 and points[-2][1] - points[-1][1] < least_gain:
            enough = points[-2][0] if points[-2][1] <= points[-1][1] else count
            said = f"From {enough:,} rows on, twice as many gain less than {least_gain:g} in {loss.replace('_', ' ')}."
            return LearningCurve(points, loss, on, said, enough)
    return LearningCurve(points, loss, on, _unbounded(points))


def told(points: Sequence[tuple[int, float]], *, loss: str, on: str) -> LearningCurve:
    """The curve of points that were all measured, where every row is used whatever it says."""
    return LearningCurve(points, loss, on, _last_step(points, loss.replace("_", " "), on))


def _unbounded(points: Sequence[tuple[int, float]]) -> str:
    return f"Up to {points[-1][0]:,} rows, the most that could be tried, more rows gained." if points[1:] else TOO_FEW


def _last_step(points: Sequence[tuple[int, float]], loss: str, on: str) -> str:
    if len(points) < 2:
        return TOO_FEW
    (fewer, before), (more, after) = points[-2:]
    return f"With {fewer:,} rows instead of {more:,} {loss} on {on} was {before:.4f} instead of {after:.4f}."
