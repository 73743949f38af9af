"""What a unit of each product costs now, read again when the shop's tables change."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from core.workspace import Workspace
from models.recommendation.unit_margins import unit_costs


class UnitCostsInUse:
    """`now` is one reference, replaced as a whole."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._generation = -1
        self.now: Mapping[str, float] = MappingProxyType({})

    def refresh(self) -> None:
        """Read the costs, if the tables changed."""
        if self._workspace.tables.generation != self._generation:
            with self._workspace.pinned() as workspace:
                found, self._generation = unit_costs(workspace), workspace.tables.generation
            self.now = found
