"""What a training learns from: labelled customers of past dates, and the population of the date it is made for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import pandas as pd

from core.errors import DataError
from core.progress import current
from core.workspace import Workspace
from models.churn import dataset
from training import splits


@dataclass(frozen=True)
class Examples:
    """What is known at `labels_until`: rows with features and labels, and the features of that date's population."""

    labels_until: date
    labelled: pd.DataFrame
    population: pd.DataFrame


def collect(workspace: Workspace, as_of: date) -> Examples:
    """Labelled rows at every origin known at `as_of`, and the population of `as_of`.

    Raises:
        DataError: too little history, or nobody (or everybody) left in it.
    """
    settings = workspace.settings.churn
    # A whole population, then one horizon each to fit, to tune and to evaluate on.
    enough = settings.active_days + 3 * settings.horizon_days
    splits.require_history(workspace.tables.first_day(), as_of, enough, "train churn")
    origins = dataset.known_origins(workspace, as_of)
    current().step(f"collecting features at {len(origins) + 1} dates from {origins[0]} to {as_of}")
    labelled = dataset.labelled(workspace, origins, as_of)
    return Examples(as_of, labelled, dataset.unlabelled(workspace, as_of))


def known_by(later: Examples, labels_until: date, horizon_days: int) -> Examples:
    """What was known at an earlier origin: labels whose windows end by it; its population is among the rows.

    Raises:
        DataError: nobody, or everybody, left before it.
    """
    days = later.labelled["as_of"]
    usable = splits.usable(list(days.unique()), labels_until, horizon_days)
    labelled = later.labelled[days.isin(usable)].reset_index(drop=True)
    if labelled["churned"].nunique() < 2:
        who = "everybody" if labelled["churned"].any() else "nobody"
        raise DataError(f"{who} left before {labels_until}", why="there is nothing to tell apart")
    return Examples(labels_until, labelled, later.labelled[days == labels_until])
