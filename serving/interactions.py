"""Events on their way to the next prediction: kept durably first, then shown by the online store."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime

import structlog

from core.errors import RegularsError
from core.event_log import Event, EventLog
from core.workspace import Workspace
from feature_repo import online, store

_log = structlog.get_logger(__name__)


class Interactions:
    """Takes events. What the online store could not show at once it shows as soon as it answers again."""

    def __init__(self, workspace: Workspace, log: EventLog) -> None:
        self._workspace = workspace
        self._log = log

    def take(self, events: Sequence[Event]) -> tuple[int, bool]:
        """Keep events and apply them; returns how many were new, and whether the online store shows them."""
        new = self._log.append(events)
        return len(new), self.apply_missed()

    def apply_missed(self) -> bool:
        """Apply what is new, and what a crash, a store that was down, or its refilling left behind.

        False: the store could not take it yet. One process at a time: each update reads, folds in, and writes.
        """
        with self._alone():
            waiting = self._log.unapplied(self._refilled_at())
            if not waiting:
                return True
            try:
                online.apply_events(self._workspace, waiting)
            except RegularsError as error:
                _log.error("events_not_applied", count=len(waiting), error=str(error))
                return False
            self._log.mark_applied(waiting)
            return True

    def _refilled_at(self) -> datetime | None:
        """When the online store was last filled from the tables."""
        marker = self._workspace.feast_dir / store.ONLINE
        return datetime.fromtimestamp(marker.stat().st_mtime, UTC) if marker.exists() else None

    @contextmanager
    def _alone(self) -> Iterator[None]:
        self._workspace.feast_dir.mkdir(parents=True, exist_ok=True)
        with (self._workspace.feast_dir / ".events.lock").open("w") as handle:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
