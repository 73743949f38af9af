"""Received events on their way into the online store: each counts once, whoever fills or updates the store.

An update reads rows, folds events in, and writes them back; filling the store from the tables forgets the events
that are not in these yet. Both happen under one lock of all who share the store. How far the store has come with the
events it says itself: it is asked, no mark is kept beside it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from typing import TYPE_CHECKING, Final

from core import shared_lock
from core.consents import Consents
from core.event_log import Event, EventLog
from core.workspace import Workspace, of_one_generation
from feature_repo import interactions_received, online
from feature_repo.materialization import Content, Materialization, Materializations
from feature_repo.online_standing import standing
from feature_repo.packed.filling import fill, has_snapshots
from feature_repo.packed.opened import online_backend
from feature_repo.store_errors import store_errors

if TYPE_CHECKING:
    from feature_repo.store import MaterializeReport

LOCK = "online-store"
PIECE: Final = 2_000
"""So many events are folded in together."""


@contextmanager
def alone(workspace: Workspace, patience: float | None = None) -> Iterator[bool]:
    """Hold the lock; False where another process still holds it after `patience` seconds (None: wait for it)."""
    with shared_lock.trying(workspace, LOCK, patience) as is_alone:
        yield is_alone


def fold_in(workspace: Workspace, log: EventLog, consents: Consents | None = None) -> Sequence[Event]:
    """Fold in what the online store does not show yet; returns it. Hold the lock meanwhile.

    What customers do besides buying is not shown of those who refuse personalisation: nothing else uses it. `consents`
    are those of now, which are read where they are not given.

    Raises:
        NotReady: the online store has not been filled, or holds another filling, and there is something to fold in.
        StoreError: it does not answer.
    """
    done: list[Event] = []
    while waiting := log.after(online.writer(workspace).folded(), PIECE):
        allowed = _allowed(workspace, waiting, consents)
        online.apply_events(workspace, allowed, waiting[-1].sequence or 0)
        done += waiting
    return done


def _allowed(workspace: Workspace, waiting: Sequence[Event], consents: Consents | None) -> Sequence[Event]:
    kinds = interactions_received.KINDS
    looked = {event.customer_id for event in waiting if event.kind in kinds}
    if not looked:
        return waiting
    refused = (consents or Consents.load(workspace)).refused(looked, "personalisation")
    return [event for event in waiting if event.kind not in kinds or event.customer_id not in refused]


@of_one_generation
def refill(workspace: Workspace, as_of: date) -> tuple[MaterializeReport, Sequence[Event]]:
    """Fill the online store as of a date, then fold in the events no ingest has taken; returns these too.

    Raises:
        DataError: before any data.
        StoreError: a store does not answer.
    """
    from feature_repo import store  # it imports Feast, which takes seconds

    with alone(workspace):
        report = store.materialize(workspace, as_of)
        return report, fold_in(workspace, EventLog(workspace))


def refill_what_was_lost(workspace: Workspace) -> Materialization | None:
    """Fill a store again that has lost what it held, from the very snapshots, and fold events in again.

    None: it has lost nothing, another process is at it, or the snapshots (or the code that made them) are not here.
    Feast is not needed for it.

    Raises:
        StoreError: the store does not answer.
    """
    with alone(workspace, 0) as is_alone:
        if not is_alone:
            return None
        with store_errors(online.WHAT):
            found = standing(workspace)
            if not found.is_lost or found.filling is None or not _can_refill(workspace, found.filling):
                return None
            fillings, latest = Materializations(workspace), found.filling
            filling = fillings.begin(latest.as_of, latest.content)
            fill(workspace, online_backend(workspace), filling)
            fillings.end(filling)
        fold_in(workspace, EventLog(workspace))
        return filling


def _can_refill(workspace: Workspace, filling: Materialization) -> bool:
    present = Content.now(workspace, filling.content.days)
    return dict(filling.content.transforms) == dict(present.transforms) and has_snapshots(workspace, filling)
