"""What each kind of model offers to be trained: how a model is fitted on the facts before a date."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any, Protocol

from core.errors import UsageError
from core.workspace import Workspace
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


def trainer(kind: Kind[Any], mature: Path | None = None, *, from_log: bool = False) -> Trainer:
    """How models of a kind are trained; from the saved model of a mature shop on, if one is named, or on the feature
    values that the prediction log has kept.

    Raises:
        UsageError: models of this kind can't be trained so, or not from this one.
    """
    if from_log:
        require_logged(kind.name)
        of_log: Trainer = part(kind.name, "training", "LOG_TRAINER")
        return of_log
    if mature is None:
        found: Trainer = part(kind.name, "training", "TRAINER")
        return found
    require_startable(kind.name)
    started: Trainer = part(kind.name, "training", "warm_trainer")(mature)
    return started


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
