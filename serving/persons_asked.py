"""Whom applications ask for: ids that are another customer's, read again when the shop's tables change."""

from __future__ import annotations

from core.customer_ids import CustomerIds
from core.workspace import Workspace


class PersonsAsked:
    """The ids as of now; `now` is one reference, replaced as a whole."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._generation = -1
        self.now = CustomerIds()

    def refresh(self) -> None:
        """Read the ids if the tables changed."""
        if self._workspace.tables.generation not in {0, self._generation}:
            with self._workspace.pinned() as workspace:
                self.now, self._generation = CustomerIds.load(workspace), workspace.tables.generation
