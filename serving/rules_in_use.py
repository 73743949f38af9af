"""The merchandiser's rules that count now: a version applied anew, a new day and new tables are seen within a round."""

from __future__ import annotations

from contextlib import suppress
from datetime import date

from core import clock
from core.errors import RegularsError
from core.workspace import Workspace
from models.recommendation.merchandising.applied_rules import in_force_on, latest
from models.recommendation.merchandising.bound_rules import RuleSet


class RulesInUse:
    """`now` is one reference, replaced as a whole only where it changes; models prepare it once."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._made_for: tuple[int, date, int] | None = None
        self.now: RuleSet | None = None

    def refresh(self) -> None:
        """Look which version counts; what can't be read leaves the last one in force."""
        applied = latest(self._workspace)
        if applied is None:
            return
        day = date.max
        with suppress(RegularsError):  # no orders yet
            day = clock.present(self._workspace)
        wanted = applied.version, day, self._workspace.tables.generation
        if wanted != self._made_for:
            self.now = in_force_on(self._workspace, day, applied)
            self._made_for = wanted
