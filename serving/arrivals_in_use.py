"""The new products that explored places may show, read again on a new day and with new tables."""

from __future__ import annotations

from contextlib import suppress
from datetime import date

from core import clock
from core.errors import RegularsError
from core.workspace import Workspace
from models.recommendation.variety.new_arrivals import NewArrivals


class ArrivalsInUse:
    """`now` is one reference, replaced as a whole; None where nothing is explored, or there are no new products."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._read_for: tuple[date, int] | None = None
        self.now: NewArrivals | None = None

    def refresh(self) -> None:
        """Read them where the day or the tables changed; a replica without orders has none."""
        if not self._workspace.settings.recommendation.explore_share:
            return
        with suppress(RegularsError):
            wanted = clock.present(self._workspace), self._workspace.tables.generation
            if wanted != self._read_for:
                self._read_for = wanted
                found = NewArrivals.load(self._workspace, wanted[0])
                self.now = found if len(found) else None
