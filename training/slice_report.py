"""Where a trained model loses to the best baseline, and where it wins: in the card, a table and a picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from matplotlib.figure import Figure

from core.progress import current
from core.workspace import Workspace
from models.kinds import Kind
from models.slice_figure import SliceFigure
from models.slices import slices
from training.outcome import CardTable, Outcome

SLICES = "slices"
"""The entry of `record.json`, and the name of the run's table."""
_MOST = 12
_COLOURS = {True: "tab:red", False: "tab:blue"}


def told(workspace: Workspace, kind: Kind[Any], outcome: Outcome) -> Outcome:
    """The outcome with slices of its evaluation, where its rows are those of customers or series."""
    judged = outcome.evaluation
    if judged.sides is None:
        return outcome
    current().step("looking where it loses to the best baseline")
    found = slices(workspace, kind, outcome.evaluated_from, *judged.sides, deep=True)
    known = [each for each in found if not each.more_needed]
    if not known:
        return outcome
    return replace(
        outcome,
        tables=(*outcome.tables, table(known, kind, judged.best_baseline)),
        plots={**outcome.plots, "slices.png": draw(known, kind, judged.best_baseline)},
        extra={**outcome.extra, SLICES: [each.as_dict() for each in found]},
    )


def table(found: Sequence[SliceFigure], kind: Kind[Any], baseline: str) -> CardTable:
    """The slices that are worst for the model; all stand in `slices.json`."""
    sign = 1 if kind.higher_is_better else -1
    worst = sorted(found, key=lambda each: sign * each.pooled)[:_MOST]
    rows = tuple(
        (
            each.attribute,
            each.group,
            f"{each.units:,}",
            f"{each.value:.4f}",
            f"{each.pooled:+.4f} [{each.low:+.4f}, {each.high:+.4f}]",
            "certainly worse" if each.worse else "",
        )
        for each in worst
    )
    title = (
        f"Where it does least well beside {baseline}, on {kind.primary} (model minus baseline, paired; the groups of "
        "an attribute are drawn towards their mean, intervals hold together with 95%, groups under 30 are taken "
        f"together; the worst of {len(found)})"
    )
    return CardTable(title, ("attribute", "group", "units", "model", "difference", ""), rows)


def draw(found: Sequence[SliceFigure], kind: Kind[Any], baseline: str) -> Figure:
    """Every slice with its interval; red ones are certainly worse."""
    figure = Figure(figsize=(8, 0.24 * len(found) + 1.2), layout="constrained")
    axes = figure.subplots()
    for place, each in enumerate(reversed(found)):
        axes.plot([each.low, each.high], [place, place], color=_COLOURS[each.worse], linewidth=1.5)
        axes.plot(each.pooled, place, marker="s" if each.worse else "o", color=_COLOURS[each.worse], markersize=4)
    axes.axvline(0, color="grey", linewidth=1)
    names = [f"{each.attribute}: {each.group} ({each.units:,})" for each in reversed(found)]
    axes.set_yticks(range(len(found)), names, fontsize=7)
    better = "right" if kind.higher_is_better else "left"
    axes.set(xlabel=f"{kind.primary}: model minus {baseline} ({better} is better)", title="Where it wins and loses")
    return figure
