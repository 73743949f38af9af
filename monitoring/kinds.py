"""What each kind of model offers to be watched: its fairness, what drift compares, and the rules only it has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Protocol, TypeVar, runtime_checkable

import pandas as pd

from core.workspace import Workspace
from models.fairness_result import FairnessResult
from models.kinds import FittedModel, Kind, part
from models.version import Version
from monitoring.results import RuleState, Served, WaitingForecast
from monitoring.served.window import ServedWindow
from monitoring.side_by_side.answer_changes import AnswerChanges

M = TypeVar("M", bound=FittedModel)


@dataclass(frozen=True)
class Predictions:
    """The served model's prediction files now, and as of the day it was trained: its reference."""

    now: pd.DataFrame
    before: pd.DataFrame
    before_day: date


@dataclass(frozen=True)
class Findings:
    """What only one kind looks at: how its lists spread, which forecasts wait for a reviewer, its own rules."""

    exposure: Mapping[str, float] = field(default_factory=dict)
    waiting: tuple[WaitingForecast, ...] | None = None
    rules: tuple[RuleState, ...] = ()


@runtime_checkable
class KindMonitor(Protocol[M]):
    """How one kind of model is watched; `M` is the type of its models."""

    def fairness(self, workspace: Workspace, kind: Kind[M], model: M, as_of: date) -> FairnessResult:
        """The fairness of a model that knows nothing of `[as_of, as_of + horizon)`; that window must have passed.

        Raises:
            DataError: nobody can be scored as of that date.
        """
        ...

    def population(self, workspace: Workspace, as_of: date) -> Sequence[str] | None:
        """The entities whose features are compared; None: every one of the snapshot."""
        ...

    def prediction_columns(self, file: pd.DataFrame) -> pd.DataFrame:
        """What of a prediction file is compared: one number per customer or series."""
        ...

    def look(self, workspace: Workspace, version: Version, scored: Predictions, as_of: date) -> Findings:
        """What only this kind looks at, from the served model's predictions."""
        ...

    def served(self, window: ServedWindow) -> Served | None:
        """How good the answers themselves were that the service gave; None where nothing came of any yet."""
        ...

    def shop_rules(self, workspace: Workspace, as_of: date) -> list[RuleState]:
        """The rules it has about the shop, which need no version."""
        ...

    def changes(self, workspace: Workspace, a: pd.DataFrame, b: pd.DataFrame) -> AnswerChanges:
        """Whose answers change from version b to a, by their evaluations of the same units in the same order."""
        ...

    def leans_on(self, model: M) -> Mapping[str, float]:
        """How much a model leans on each of its inputs, in shares; empty where it tells none."""
        ...


def monitor(kind: Kind[Any]) -> KindMonitor[Any]:
    """How models of a kind are watched.

    Raises:
        TypeError: its folder holds something else.
    """
    found: object = part(kind.name, "monitoring", "MONITOR")
    if not isinstance(found, KindMonitor):
        raise TypeError(f"MONITOR of {kind.name!r} does not offer what a kind must")
    return found
