"""The products that can't be had now, read again when the shop's tables change."""

from __future__ import annotations

from core.workspace import Workspace
from feature_repo.availability import unavailable


class UnavailableProducts:
    """`now` is one reference, replaced as a whole only where it changes; models prepare it once."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._generation = -1
        self.now: frozenset[str] = frozenset()

    def refresh(self) -> None:
        """Read which products can't be had, if the tables changed."""
        if self._workspace.tables.generation != self._generation:
            with self._workspace.pinned() as workspace:
                found, self._generation = unavailable(workspace), workspace.tables.generation
            if found != self.now:
                self.now = found
