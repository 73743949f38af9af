"""What each kind of model offers to be trained: how a model is fitted on the facts before a date."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Protocol

import pandas as pd

from core.errors import UsageError
from core.workspace import Workspace
from models.arrays import Float64Array
from models.kinds import Budget, Kind, part
from training.outcome import Outcome


class Trainer(Protocol):
    """Tunes, evaluates beside the baselines and fits; a kind's `TRAINER`."""

    def __call__(self, workspace: Workspace, as_of: date, directory: Path, budget: Budget) -> Outcome:
        """Train on the facts before `as_of`.

        It leaves three sealed saved models in `directory`, which become the version's artifact as they are:
        `model/` (fitted on everything known at `as_of`: it serves), `evaluation/` (fitted on the facts before
        `evaluated_from`: what the metrics are of), `baseline/` (the best baseline, fitted at `as_of`: it serves
        where the quality gate failed and there is no champion).

        Raises:
            DataError: too little history before `as_of`; it says which date is the earliest.
            NotReady: nothing has been ingested, or the time ran out before one trial was complete.
        """
        ...


@dataclass(frozen=True)
class Weigher:
    """Weighs training rows so that their outcome is as frequent in every group of some protected attributes.

    `of` gives the weight of each row (customer_id, churned, ...), mean about 1.
    """

    attributes: tuple[str, ...]
    of: Callable[[pd.DataFrame], Float64Array]


def trainer(kind: Kind[Any]) -> Trainer:
    """How models of a kind are trained."""
    found: Trainer = part(kind.name, "training", "TRAINER")
    return found


def warm_trainer(kind: Kind[Any], mature: Path) -> Trainer:
    """How they are trained from the saved model of a mature shop on.

    Raises:
        UsageError: models of this kind can't be started so, or not from this one.
    """
    require_startable(kind.name)
    found: Trainer = part(kind.name, "training", "warm_trainer")(mature)
    return found


def log_trainer(kind: Kind[Any]) -> Trainer:
    """How they are trained on the feature values that the prediction log has kept.

    Raises:
        UsageError: the log keeps none of this kind.
    """
    require_logged(kind.name)
    found: Trainer = part(kind.name, "training", "LOG_TRAINER")
    return found


def mitigated_trainer(kind: Kind[Any], weigh: Weigher) -> Trainer:
    """How they are trained on weighed rows.

    Raises:
        UsageError: training of this kind knows no weights.
    """
    require_mitigable(kind.name)
    found: Trainer = part(kind.name, "training", "mitigated_trainer")(weigh)
    return found


def require_tuned(name: str) -> None:
    """Refuse a kind whose training has no study that others could help with.

    Raises:
        UsageError: it is such a kind.
    """
    if name == "uplift":
        raise UsageError("uplift has no trials to help with", why="it chooses among a few fits, none of them long")


def require_startable(name: str) -> None:
    """Refuse a kind whose models can't be started from another shop's.

    Raises:
        UsageError: it is such a kind.
    """
    if name != "demand":
        raise UsageError(f"{name} can't be started from another shop's model", todo="only demand can")


def require_logged(name: str) -> None:
    """Refuse a kind whose feature values the prediction log does not keep.

    Raises:
        UsageError: it is such a kind.
    """
    if name != "churn":
        raise UsageError(
            f"{name} can't be trained from the prediction log",
            why="the log keeps the feature values of churn only",
            todo=f"run: regulars train {name}",
        )


def require_mitigable(name: str) -> None:
    """Refuse a kind whose training rows can't be weighed.

    Raises:
        UsageError: it is such a kind.
    """
    if name != "churn":
        raise UsageError(
            f"{name} can't be trained on weighed rows",
            why="weights make an outcome as frequent in every group, and only churn learns a yes or no of customers",
            todo=f"run: regulars train {name}",
        )
