"""Reading and updating the online store, as the service does for every request."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import pandas as pd

from core.clock import day_start
from core.event_log import Event
from core.workspace import Workspace
from feature_repo import catalog, interactions_received, store, updates
from feature_repo.catalog import View
from feature_repo.materialization import Content, Materializations
from feature_repo.purchases import KIND, Row, by_customer
from feature_repo.snapshots import TIMESTAMP

T = TypeVar("T")
Apply = Callable[[View, Row, Sequence[T]], dict[str, Any]]
_WRITERS: dict[Path, OnlineWriter] = {}
_WRITERS_LOCK = threading.Lock()


class OnlineReader:
    """The features of a service for given ids, from the online store.

    The service is resolved once: make one reader and keep it. Safe to use from several threads. `key` names
    the entity where the service has several (`customer_id`, `product_id`); else the first view's.

    Raises:
        UsageError: no such service or key.
        StoreError: the registry does not answer.
    """

    def __init__(self, workspace: Workspace, service: str, key: str | None = None) -> None:
        self._read_from(workspace, store.views_of(service, [key or catalog.service(service)[0].key]))

    @classmethod
    def of_views(cls, workspace: Workspace, views: Sequence[View]) -> OnlineReader:
        """A reader of whole views that share their key."""
        reader = cls.__new__(cls)
        reader._read_from(workspace, tuple(views))
        return reader

    def _read_from(self, workspace: Workspace, views: tuple[View, ...]) -> None:
        self.views = views
        self.key = views[0].key
        self.names = [feature.name for view in views for feature in view.features]
        self._references = store.references(views)
        self._feast = store.feature_store(workspace)
        self._lock = threading.Lock()

    def read(self, ids: Sequence[str]) -> dict[str, list[Any]]:
        """Feature name -> values in the order of `ids`; None where the store knows nothing.

        Raises:
            StoreError: the store does not answer.
        """
        if not ids:
            return {name: [] for name in self.names}
        with self._lock, store.feast_errors("the online store"):
            response = self._feast.get_online_features(
                features=self._references, entity_rows=[{self.key: each} for each in ids]
            )
            found = response.to_dict()
        return {name: found[name] for name in self.names}

    def write(self, view: View, rows: pd.DataFrame) -> None:
        """Put rows (key, features, event_timestamp) of a view in the place of those in the store.

        Raises:
            StoreError: the store does not answer.
        """
        with self._lock, store.feast_errors("the online store"):
            self._feast.write_to_online_store(view.name, df=rows)


class OnlineWriter:
    """Folds events into the online store; make one and keep it. One update at a time."""

    def __init__(self, workspace: Workspace) -> None:
        self._materializations = Materializations(workspace)
        views = catalog.VIEWS.values()
        self._of_purchases = [view for view in views if updates.shows_purchases(view)]
        self._of_interactions = [view for view in views if updates.shows_interactions(view)]
        shown = [*self._of_purchases, *self._of_interactions]
        self._readers = {view: OnlineReader.of_views(workspace, [view]) for view in shown}
        self._lock = threading.Lock()

    def apply(self, events: Sequence[Event], shown: Sequence[Event] = ()) -> int:
        """Fold events into their customers' features; returns how many customers changed.

        Kinds that no family can fold in show with the next snapshot. `shown` are events that were folded in before: a
        further line of their orders is no order more.

        Raises:
            NotReady: the online store has not been filled.
            StoreError: it does not answer.
        """
        if not any(at_once(event) for event in events):
            return 0
        latest = self._materializations.required()
        content = latest.content
        bought = by_customer(events, shown, latest.as_of, content.timezone)
        done = interactions_received.by_customer(events, latest.as_of, content.timezone)
        with self._lock:
            for view in self._of_purchases:
                self._write(view, bought, updates.apply_purchases, content)
            for view in self._of_interactions:
                self._write(view, done, updates.apply_interactions, content)
        return len({*bought, *done})

    def _write(self, view: View, happened: Mapping[str, Sequence[T]], apply: Apply[T], content: Content) -> None:
        if not happened or view.name not in content.days:  # an older release has filled the store without the view
            return
        reader = self._readers[view]
        rows = _updated(view, reader, happened, apply, content)
        if len(rows):
            reader.write(view, rows)


def at_once(event: Event) -> bool:
    """Whether the online store shows the event, not only the next snapshot."""
    return event.kind == KIND or event.kind in interactions_received.KINDS


def _updated(
    view: View, reader: OnlineReader, customers: Mapping[str, Sequence[T]], apply: Apply[T], content: Content
) -> pd.DataFrame:
    ids = list(customers)
    columns = reader.read(ids)
    rows = []
    for place, customer in enumerate(ids):
        row = {name: values[place] for name, values in columns.items()}
        if all(value is None for value in row.values()):
            row = updates.nobody(view, content.tables.__contains__)
        changed = apply(view, row, customers[customer])
        if changed != row:
            rows.append({view.key: customer, **changed})
    frame = pd.DataFrame(rows, columns=[view.key, *columns])
    return frame.assign(**{TIMESTAMP: pd.Timestamp(day_start(content.days[view.name], content.timezone))})


def apply_events(workspace: Workspace, events: Sequence[Event], shown: Sequence[Event] = ()) -> int:
    """`OnlineWriter.apply` with a writer that this process keeps for the workspace.

    Raises:
        NotReady: the online store has not been filled.
        StoreError: it does not answer.
    """
    if not events:
        return 0
    with _WRITERS_LOCK:
        if workspace.root not in _WRITERS:
            _WRITERS[workspace.root] = OnlineWriter(workspace)
    return _WRITERS[workspace.root].apply(events, shown)
