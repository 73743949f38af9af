"""Received events on their way into the online store: each counts once, whoever fills or updates the store.

An update reads a row, folds events in, and writes it back; filling the store from the tables forgets the events
that are not in these yet. Both happen under one lock.
"""

from __future__ import annotations

import fcntl
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date

from core.event_log import Event, EventLog
from core.workspace import Workspace
from feature_repo import filled, online, store
from feature_repo.store import MaterializeReport

LOOK_SECONDS = 0.02


@contextmanager
def alone(workspace: Workspace, patience: float | None = None) -> Iterator[bool]:
    """Hold the lock; False where another process still holds it after `patience` seconds (None: wait for it)."""
    workspace.feast_dir.mkdir(parents=True, exist_ok=True)
    deadline = None if patience is None else time.monotonic() + patience
    with (workspace.feast_dir / ".events.lock").open("w") as handle:
        yield _locked(handle.fileno(), deadline)


def fold_in(workspace: Workspace, log: EventLog) -> Sequence[Event]:
    """Fold in what the online store does not show yet; returns it. Hold the lock meanwhile.

    Raises:
        NotReady: the online store has not been filled.
        StoreError: it does not answer.
    """
    waiting = log.unapplied(filled.at(workspace))
    if waiting:
        online.apply_events(workspace, waiting)
        log.mark_applied(waiting)
    return waiting


def refill(workspace: Workspace, as_of: date) -> tuple[MaterializeReport, Sequence[Event]]:
    """Fill the online store as of a date, then fold in the events no ingest has taken; returns these too.

    Raises:
        DataError: before any data.
        StoreError: a store does not answer.
    """
    with alone(workspace):
        report = store.materialize(workspace, as_of)
        return report, fold_in(workspace, EventLog(workspace))


def _locked(handle: int, deadline: float | None) -> bool:
    if deadline is None:
        fcntl.flock(handle, fcntl.LOCK_EX)
        return True
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                return False
            time.sleep(LOOK_SECONDS)
        else:
            return True
