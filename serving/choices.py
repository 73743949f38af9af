"""The customers' consents, read again when the shop's tables change."""

from __future__ import annotations

from core.consents import Consents
from core.workspace import Workspace


class Choices:
    """The consents as of now; `now` is one reference, replaced as a whole. Until they are read all count as refused."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._generation = -1
        self.now = Consents(tracked=True, default=False)

    def refresh(self) -> None:
        """Read the consents if the tables changed; a replica that knows of no tables knows of no choices either."""
        if self._workspace.tables.generation not in {0, self._generation}:
            with self._workspace.pinned() as workspace:
                self.now, self._generation = Consents.load(workspace), workspace.tables.generation
