"""Events on their way to the next prediction: kept durably first, then shown by the online store."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import structlog

from core.errors import RegularsError
from core.event_log import Event, EventLog
from core.repeats import RequestToken
from core.workspace import Workspace
from feature_repo import folding, online
from serving.choices import Choices

PATIENCE_SECONDS = 1.0
_log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Taken:
    """What became of events: `known` were sent before, `deferred` are of kinds that wait for the next snapshot.

    `applied`: the online store shows the others, and there is one.
    """

    known: int
    applied: bool
    deferred: int


class EventIntake:
    """Takes events. What the online store could not show at once it shows as soon as it can."""

    def __init__(self, workspace: Workspace, log: EventLog, choices: Choices | None = None) -> None:
        self._workspace = workspace
        self._log = log
        self._choices = choices

    def take(self, events: Sequence[Event], repeat: RequestToken | None = None) -> Taken:
        """Keep events, and fold those into the online store that it can show at once."""
        known = self._log.take(events, repeat).known
        shows_all = self.apply_missed()
        at_once = sum(map(online.at_once, events))
        return Taken(known, bool(at_once) and shows_all, len(events) - at_once)

    def apply_missed(self) -> bool:
        """Apply what is new, and what a crash, a store that was down, or its refilling left behind.

        False: the store could not take it yet: it is down, or being filled.
        """
        with folding.alone(self._workspace, PATIENCE_SECONDS) as is_alone:
            if not is_alone:
                return False
            try:
                folding.fold_in(self._workspace, self._log, self._choices.now if self._choices else None)
            except RegularsError as error:
                _log.error("events_not_applied", error=str(error))
                return False
            return True
