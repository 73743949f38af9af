"""What a training learns from: labelled customers of past dates, and the population of the date it is made for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date

import pandas as pd

from core.errors import DataError
from core.progress import current
from core.workspace import Workspace
from feature_repo.facts import DrawnRows
from models.churn import dataset
from training import splits

LEAST_OF_EACH = 5
"""Customers who left, and who stayed, in the window of an evaluation: with fewer an interval says nothing."""


@dataclass(frozen=True)
class Examples:
    """What is known at `labels_until`: rows with features and labels, and the features of that date's population.

    `gap_days`: what became of the rows of an origin is known so many days after it, and rows of an origin so much later
    may be evaluated by what was fitted on them. `notes` say in the model card where the rows are from; `digest` is what
    they depend on beside the tables; `there` is how many rows there were, of which these were drawn by chance.
    """

    labels_until: date
    labelled: pd.DataFrame
    population: pd.DataFrame
    gap_days: int
    notes: tuple[str, ...] = ()
    digest: str | None = None
    there: int | None = None


Source = Callable[[Workspace, date], Examples]
"""Where rows come from: labelled ones of the past of a date, and the population of the date.

Raises:
    DataError: too few.
"""


def collect(workspace: Workspace, as_of: date) -> Examples:
    """Labelled rows at every origin known at `as_of`, and the population of `as_of`: a `Source`, the shop's tables.

    Raises:
        DataError: too little history, or nobody (or everybody) left in it.
    """
    settings = workspace.settings.churn
    # A whole population, then one horizon each to fit, to tune and to evaluate on.
    enough = settings.active_days + 3 * settings.horizon_days
    splits.require_history(workspace.tables.first_day(), as_of, enough, "train churn")
    origins = dataset.known_origins(workspace, as_of)
    current().step(f"collecting features at {len(origins) + 1} dates from {origins[0]} to {as_of}")
    drawn = dataset.some_labelled(workspace, origins, as_of)
    labelled, population = drawn.frame, dataset.unlabelled(workspace, as_of, dataset.MOST_ROWS)
    if population.empty or labelled.empty:
        raise DataError(
            f"nobody is active as of {as_of if population.empty else origins[-1]}",
            why=f"no customer who allows profiling bought anything in the {settings.active_days} days before"
            " (churn.active_days)",
            todo=f"train as of an earlier date than {as_of}, or bring the orders since",
        )
    return Examples(as_of, labelled, population, settings.horizon_days, _drawn_note(drawn), there=drawn.there)


def _drawn_note(drawn: DrawnRows) -> tuple[str, ...]:
    """Where there were more rows than are learnt from."""
    rows, there = len(drawn.frame), drawn.there
    if rows == there:
        return ()
    said = f"Of {there:,} rows {rows:,} were drawn by chance, one as likely as another: each stands for"
    return (f"{said} {drawn.weight:.1f}.",)


def require_evaluable(then: Examples) -> None:
    """Refuse an evaluation that can't tell a good model from a bad one.

    Raises:
        DataError: hardly anybody left, or hardly anybody stayed, in the window it is made for.
    """
    left = int(then.population["churned"].sum())
    stayed = len(then.population) - left
    if min(left, stayed) < LEAST_OF_EACH:
        raise DataError(
            f"of {len(then.population):,} customers active as of {then.labels_until} {left:,} left and {stayed:,} "
            "stayed: too few to evaluate a model on",
            why=f"at least {LEAST_OF_EACH} who left and {LEAST_OF_EACH} who stayed are needed in the last window",
            todo="train as of another date, or set churn.horizon_days and churn.active_days to the shop's rhythm",
        )


def known_by(later: Examples, labels_until: date) -> Examples:
    """What was known at an earlier origin: labels whose windows end by it; its population is among the rows.

    Raises:
        DataError: nobody, or everybody, left before it.
    """
    days = later.labelled["as_of"]
    usable = splits.usable(list(days.unique()), labels_until, later.gap_days)
    labelled = later.labelled[days.isin(usable)].reset_index(drop=True)
    if labelled["churned"].nunique() < 2:
        who = "everybody" if labelled["churned"].any() else "nobody"
        raise DataError(
            f"{who} left before {labels_until}",
            why="there is nothing to tell apart: some who left and some who stayed are needed",
            todo="set churn.horizon_days and churn.active_days to how often customers buy, or train as of another date",
        )
    return replace(later, labels_until=labels_until, labelled=labelled, population=later.labelled[days == labels_until])
