"""Reading and updating the online store, as the service does for every request."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from core.clock import day_start
from core.event_log import Event
from core.workspace import Workspace
from feature_repo import catalog, store, updates
from feature_repo.catalog import View
from feature_repo.materialization import Content, Materializations
from feature_repo.purchases import KIND, Purchase, by_customer
from feature_repo.snapshots import TIMESTAMP

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
        views = [view for view in catalog.VIEWS.values() if updates.updatable(view)]
        self._readers = {view: OnlineReader.of_views(workspace, [view]) for view in views}
        self._lock = threading.Lock()

    def apply(self, events: Sequence[Event], shown: Sequence[Event] = ()) -> int:
        """Fold purchases into their customers' features; returns how many customers changed.

        Other kinds of events show with the next snapshot. `shown` are events that were folded in before: a further
        line of their orders is no order more.

        Raises:
            NotReady: the online store has not been filled.
            StoreError: it does not answer.
        """
        if not any(event.kind == KIND for event in events):
            return 0
        latest = self._materializations.required()
        customers = by_customer(events, shown, latest.as_of, latest.content.timezone)
        with self._lock:
            for view, reader in self._readers.items():
                reader.write(view, _updated(view, reader, customers, latest.content))
        return len(customers)


def _updated(
    view: View, reader: OnlineReader, customers: Mapping[str, Sequence[Purchase]], content: Content
) -> pd.DataFrame:
    ids = list(customers)
    columns = reader.read(ids)
    rows = []
    for place, customer in enumerate(ids):
        row = {name: values[place] for name, values in columns.items()}
        if all(value is None for value in row.values()):
            row = updates.nobody(view, content.tables.__contains__)
        rows.append({view.key: customer, **updates.apply_purchases(view, row, customers[customer])})
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
