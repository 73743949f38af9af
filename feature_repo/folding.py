"""Received events on their way into the online store: each counts once, whoever fills or updates the store.

An update reads a row, folds events in, and writes it back; filling the store from the tables forgets the events
that are not in these yet. Both happen under one lock.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date

from core import locks
from core.event_log import Event, EventLog
from core.workspace import Workspace, of_one_generation
from feature_repo import filled, online, store
from feature_repo.store import MaterializeReport


@contextmanager
def alone(workspace: Workspace, patience: float | None = None) -> Iterator[bool]:
    """Hold the lock; False where another process still holds it after `patience` seconds (None: wait for it)."""
    path = workspace.feast_dir / ".events.lock"
    if patience is None:
        with locks.waiting(path):
            yield True
    else:
        with locks.trying(path, patience) as is_alone:
            yield is_alone


def fold_in(workspace: Workspace, log: EventLog) -> Sequence[Event]:
    """Fold in what the online store does not show yet; returns it. Hold the lock meanwhile.

    Raises:
        NotReady: the online store has not been filled.
        StoreError: it does not answer.
    """
    waiting = log.unapplied(filled.at(workspace))
    if waiting:
        online.apply_events(workspace, waiting, _shown(log, waiting))
        log.mark_applied(waiting)
    return waiting


def _shown(log: EventLog, waiting: Sequence[Event]) -> list[Event]:
    """The events of these customers that the online store shows already."""
    new = {event.sequence for event in waiting}
    return [event for event in log.pending({event.customer_id for event in waiting}) if event.sequence not in new]


@of_one_generation
def refill(workspace: Workspace, as_of: date) -> tuple[MaterializeReport, Sequence[Event]]:
    """Fill the online store as of a date, then fold in the events no ingest has taken; returns these too.

    Raises:
        DataError: before any data.
        StoreError: a store does not answer.
    """
    with alone(workspace):
        report = store.materialize(workspace, as_of)
        return report, fold_in(workspace, EventLog(workspace))
