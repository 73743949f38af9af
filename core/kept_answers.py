"""What the steps of one job have asked already, for those that ask the same again.

Kept only within a job that holds one generation of the tables (see `Workspace.pinned`), and no longer than it.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Generic, TypeVar
from weakref import WeakKeyDictionary

from core.workspace import Workspace

Made = TypeVar("Made")


class KeptAnswers(Generic[Made]):
    """The answers to one kind of question: of each job the `most` that were made last."""

    def __init__(self, most: int = 1) -> None:
        self._most = most
        self._of_jobs: WeakKeyDictionary[Workspace, dict[Hashable, Made]] = WeakKeyDictionary()

    def of(self, workspace: Workspace, question: Hashable, make: Callable[[], Made]) -> Made:
        """The answer at hand, else a new one. An answer must not hold the workspace, nor be changed by who gets it."""
        if not workspace.is_pinned:
            return make()
        kept = self._of_jobs.setdefault(workspace, {})
        if question in kept:
            return kept[question]
        made = make()
        while len(kept) >= self._most:
            kept.pop(next(iter(kept)), None)
        kept[question] = made
        return made
