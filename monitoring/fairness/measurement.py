"""Measures the fairness of a model on a window: predictions as of its first day, held against what happened."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from core.messages import Message
from core.workspace import Workspace, of_one_generation
from models.fairness_result import FairnessResult, GroupFigure
from models.kinds import FittedModel, Kind
from monitoring.kinds import monitor

UNREGISTERED = "-"
"""What stands for the version in a prediction file that is measured and thrown away."""


@of_one_generation
def measure(workspace: Workspace, kind: Kind[Any], model: FittedModel, as_of: date) -> FairnessResult:
    """The fairness of a model that knows nothing of `[as_of, as_of + horizon)`; that window must have passed.

    Raises:
        DataError: nobody can be scored as of that date.
    """
    return monitor(kind).fairness(workspace, kind, model, as_of)


def result(
    kind: Kind[Any], as_of: date, until: date, figures: Iterable[GroupFigure], groups: bool | None = None
) -> FairnessResult:
    """The figures as the result of a measurement.

    `groups` says whether the shop keeps protected attributes, where figures are of other groups as well; without any
    to judge by, the note says so.
    """
    found = tuple(figures)
    measured = bool(found) if groups is None else groups
    note = None if measured else Message("fairness.no_protected_attributes")
    return FairnessResult(kind.name, as_of, until, found, note)
