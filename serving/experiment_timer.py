"""Looks what comes of the experiments while nobody runs `regulars monitor`: a clearly worse arm goes by itself.

To judge takes every answer of an experiment and the orders since: seconds of a core, in a process of its own at low
priority. It is the machine with the tables that looks, one worker of it at a time.
"""

from __future__ import annotations

import threading
import time
from datetime import timedelta
from typing import Final

from core import locks, utc
from core.errors import RegularsError
from core.workspace import Workspace
from models import experiment_looks
from serving import side_process
from serving.champions import Champions

MODULE: Final = "monitoring.experiment_process"
"""Named, not imported: what monitors is no part of the service."""
LOCK: Final = ".experiments.lock"
AGAIN_SECONDS: Final = 600.0
"""After one that failed."""
LONGEST_SECONDS: Final = 1800.0


class ExperimentLooks:
    """`refresh` may be called often, and looks `serving.experiment_look_seconds` after the last time."""

    def __init__(self, origin: Workspace, champions: Champions) -> None:
        self._origin = origin
        self._champions = champions
        self._every = origin.settings.serving.experiment_look_seconds
        self._stop = threading.Event()
        self._failed: RegularsError | None = None
        self._again = 0.0

    def refresh(self) -> None:
        """Look, if it is time.

        Raises:
            RegularsError: the last look came to nothing; the log has what its process said.
        """
        if not self._every or not self._is_due():
            return
        if self._failed is not None and time.monotonic() < self._again:
            raise self._failed
        with locks.trying(self._origin.models_dir / LOCK) as is_alone:
            if is_alone and self._is_due() and self._can_look():
                self._look()

    def close(self) -> None:
        """End a look under way: the next service looks again."""
        self._stop.set()

    def _is_due(self) -> bool:
        """Whether an experiment runs that neither began nor was looked at within the time (a clock may jump back)."""
        begun = min((utc.parse(each.started_at) for each in self._champions.experiments()), default=None)
        if begun is None:
            return False
        last, now = experiment_looks.last(self._origin), utc.now()
        recent = timedelta(seconds=self._every)
        return not any(timedelta(0) <= now - at < recent for at in (begun, last) if at is not None)

    def _can_look(self) -> bool:
        return self._origin.tables.has("orders") and side_process.is_installed(MODULE)

    def _look(self) -> None:
        code = side_process.run(self._origin, MODULE, stop=self._stop, longest=LONGEST_SECONDS)
        self._failed = None
        if code and not self._stop.is_set():
            self._again = time.monotonic() + min(AGAIN_SECONDS, self._every)
            self._failed = RegularsError(f"the look at the experiments ended with {code}")
            raise self._failed
