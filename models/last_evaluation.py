"""The evaluation that was made last, for who asks for the same one again: its performance first, then its fairness.

Kept only within a job that holds one generation of the tables (see `Workspace.pinned`), and no longer than it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Generic, TypeVar
from weakref import ref

from core.workspace import Workspace

Made = TypeVar("Made")


@dataclass(frozen=True)
class _Evaluated(Generic[Made]):
    """What was made, and of what; of the job and of the model only as long as others hold them."""

    workspace: ref[Workspace]
    model: ref[object]
    as_of: date
    made: Made

    def is_of(self, workspace: Workspace, model: object, as_of: date) -> bool:
        return self.workspace() is workspace and self.model() is model and self.as_of == as_of


class LastEvaluation(Generic[Made]):
    """The last evaluation of one kind."""

    def __init__(self) -> None:
        self._kept: _Evaluated[Made] | None = None

    def of(self, workspace: Workspace, model: object, as_of: date, make: Callable[[], Made]) -> Made:
        """That of a model as of a date: the one at hand where nothing else was asked for since, else a new one."""
        kept = self._kept
        if kept is not None and kept.is_of(workspace, model, as_of):
            return kept.made
        made = make()
        if workspace.is_pinned:
            self._kept = _Evaluated(ref(workspace, self._forget), ref(model, self._forget), as_of, made)
        return made

    def _forget(self, gone: object) -> None:
        """Once the job is over, or the model gone, nobody can ask for it again."""
        kept = self._kept
        if kept is not None and (gone is kept.workspace or gone is kept.model):
            self._kept = None
