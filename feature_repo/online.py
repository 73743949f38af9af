"""Reading and updating the online store, as the service does for every request; Feast is not needed for it."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from core.errors import NotReady, StoreError
from core.event_log import Event
from core.packed_rows import Layout, PackedRow
from core.workspace import Workspace
from feature_repo import catalog, interactions_received, purchases, updates
from feature_repo.catalog import View
from feature_repo.interactions_received import among
from feature_repo.materialization import Content, Materialization, Materializations
from feature_repo.packed.backend import StoreState
from feature_repo.packed.entity_keys import entity_keys
from feature_repo.packed.feature_rows import FeatureRows, Row
from feature_repo.packed.filling import event_timestamp
from feature_repo.packed.opened import online_backend
from feature_repo.packed.view_tables import layout_of, table_of
from feature_repo.store_errors import store_errors

WHAT: Final = "the online store"
ATTEMPTS: Final = 5
_REFILL: Final = "run: regulars materialize"
_WRITERS: dict[Path, OnlineWriter] = {}
_WRITERS_LOCK = threading.Lock()


class OnlineReader:
    """The features of a service for given ids, from the online store.

    Safe to use from several threads, none of which waits for another. `key` names the entity where the service has
    several (`customer_id`, `product_id`); else the first view's.

    Raises:
        UsageError: no such service or key.
        SettingsError: the settings name no store that can be used.
    """

    def __init__(self, workspace: Workspace, service: str, key: str | None = None) -> None:
        self._read_from(workspace, catalog.views_of(service, [key or catalog.service(service)[0].key]))

    @classmethod
    def of_views(cls, workspace: Workspace, views: Sequence[View]) -> OnlineReader:
        """A reader of whole views that share their key."""
        reader = cls.__new__(cls)
        reader._read_from(workspace, tuple(views))
        return reader

    def _read_from(self, workspace: Workspace, views: tuple[View, ...]) -> None:
        self.views = views
        self.key = views[0].key
        self._layouts = [(view.name, table_of(view.name), layout_of(view)) for view in views]
        self.names = [name for _, _, layout in self._layouts for name in layout.names]
        self._backend = online_backend(workspace)

    def read(self, ids: Sequence[str]) -> dict[str, list[Any]]:
        """Feature name -> values in the order of `ids`; None where the store knows nothing. Raises as `read_rows`."""
        return dict(self.read_rows(ids))

    def read_rows(self, ids: Sequence[str]) -> FeatureRows:
        """The rows of ids, in their order.

        Raises:
            NotReady: the store was never filled, was emptied, or was filled by another release.
            StoreError: it does not answer.
        """
        if not ids:
            return self.rows([])
        keys = entity_keys(self.key, ids)
        with store_errors(WHAT):
            state, found = self._backend.read([(table, keys) for _, table, _ in self._layouts])
        if state is None:
            raise empty()
        for name, _, layout in self._layouts:
            refuse_other_layout(state, name, layout)
        return self.rows(list(zip(*found, strict=True)))

    def rows(self, rows: Sequence[Row]) -> FeatureRows:
        """Rows of this reader's views."""
        return FeatureRows([layout for _, _, layout in self._layouts], rows)


class OnlineWriter:
    """Folds events into the online store; make one and keep it.

    Each row carries the sequence of the last event folded into it, and the store the last of all, in one transaction
    with the rows: whoever is killed, and whatever the store forgets, each event counts once.
    """

    def __init__(self, workspace: Workspace) -> None:
        self._materializations = Materializations(workspace)
        self._backend = online_backend(workspace)
        self._views = [_Folded.of(view) for view in catalog.VIEWS.values() if _folds(view)]

    def folded(self) -> int:
        """The sequence of the last event that the store shows; 0 before the first, and where it holds nothing.

        Raises:
            StoreError: it does not answer.
        """
        with store_errors(WHAT):
            state = self._backend.state()
        return state.folded if state else 0

    def apply(self, events: Sequence[Event], up_to: int = 0) -> int:
        """Fold events, in their order, into their customers' features; returns how many customers they are of.

        Kinds that no family can fold in show with the next snapshot. Events that a row shows already change nothing.
        `up_to` is the sequence up to which the store then shows all, those left out included.

        Raises:
            NotReady: the online store has not been filled, or what it holds is not this workspace's filling.
            StoreError: it does not answer.
        """
        by_customer: dict[str, list[Event]] = {}
        for event in filter(at_once, events):
            by_customer.setdefault(event.customer_id, []).append(event)
        if not by_customer and not up_to:
            return 0
        for _ in range(ATTEMPTS):
            if self._fold(by_customer, up_to):
                return len(by_customer)
        raise StoreError(f"{WHAT} was changed by others again and again", todo="events are folded in later")

    def _fold(self, by_customer: Mapping[str, Sequence[Event]], up_to: int) -> bool:
        """False: somebody else has changed the store since it was read."""
        ids = list(by_customer)
        wanted = [(each.table, entity_keys(each.view.key, ids)) for each in self._views]
        with store_errors(WHAT):
            state, found = self._backend.read(wanted)
        state, filling = state or StoreState(""), self._filling(state)
        changed = {}
        for each, (table, keys), rows in zip(self._views, wanted, found, strict=True):
            if each.view.name in state.layouts:  # an older release has filled the store without the view
                refuse_other_layout(state, each.view.name, each.layout)
                new = (each.after(row, by_customer[who], filling) for who, row in zip(ids, rows, strict=True))
                changed[table] = [(key, row) for key, row in zip(keys, new, strict=True) if row is not None]
        with store_errors(WHAT):
            return self._backend.fold(state, max(state.folded, up_to), changed)

    def _filling(self, state: StoreState | None) -> Materialization:
        if state is None:
            raise empty()
        filling = self._materializations.shown_by(state.filling)
        if filling is None:
            raise foreign()
        return filling


@dataclass(frozen=True)
class _Folded:
    """A view that events are folded into, and what is looked up about it once."""

    view: View
    table: str
    layout: Layout
    shows_purchases: bool
    shows_interactions: bool

    @classmethod
    def of(cls, view: View) -> _Folded:
        bought, done = updates.shows_purchases(view), updates.shows_interactions(view)
        return cls(view, table_of(view.name), layout_of(view), bought, done)

    def after(self, packed: bytes | None, events: Sequence[Event], filling: Materialization) -> bytes | None:
        """The row of a customer after events; None where they change nothing."""
        before = self._row(packed, filling.content)
        new = [event for event in events if event.sequence is None or event.sequence > before.sequence]
        as_of, zone = filling.as_of, filling.content.timezone
        bought, orders = purchases.in_order(new, before.orders, as_of, zone)
        values: Mapping[str, Any] = before.values
        if bought and self.shows_purchases:
            values = updates.apply_purchases(self.view, values, bought)
        if self.shows_interactions:
            values = updates.apply_interactions(self.view, values, among(new, as_of, zone))
        if values == before.values and orders == before.orders:
            return None
        sequence = max((event.sequence or 0 for event in new), default=0)
        after = replace(before, values=values, orders=orders, sequence=max(before.sequence, sequence))
        return self.layout.pack(after)

    def _row(self, packed: bytes | None, content: Content) -> PackedRow:
        if packed is not None and self.layout.knows(packed):
            return self.layout.unpack(packed)
        nobody = updates.nobody(self.view, content.tables.__contains__)
        return PackedRow(nobody, event_timestamp(content.days[self.view.name], content.timezone))


def at_once(event: Event) -> bool:
    """Whether the online store shows the event, not only the next snapshot."""
    return event.kind == purchases.KIND or event.kind in interactions_received.KINDS


def writer(workspace: Workspace) -> OnlineWriter:
    """The writer that this process keeps for the workspace."""
    with _WRITERS_LOCK:
        if workspace.root not in _WRITERS:
            _WRITERS[workspace.root] = OnlineWriter(workspace)
        return _WRITERS[workspace.root]


def apply_events(workspace: Workspace, events: Sequence[Event], up_to: int = 0) -> int:
    """`OnlineWriter.apply` with the writer that this process keeps.

    Raises:
        NotReady: the online store has not been filled, or what it holds is not this workspace's filling.
        StoreError: it does not answer.
    """
    return writer(workspace).apply(events, up_to)


def empty() -> NotReady:
    """The online store holds nothing."""
    return NotReady(f"{WHAT} is empty", todo=_REFILL)


def foreign() -> NotReady:
    """The online store holds something else than this workspace has filled it with."""
    return NotReady(
        f"{WHAT} holds another filling than this workspace's last one",
        why="it was put back to an earlier state, or is shared with a workspace that has another stores.database",
        todo=_REFILL,
    )


def refuse_other_layout(state: StoreState, view: str, layout: Layout) -> None:
    """Refuse rows that hold other columns than this release's; a view that was not filled is only empty.

    Raises:
        NotReady: they do.
    """
    if state.layouts.get(view, layout.fingerprint.hex()) != layout.fingerprint.hex():
        raise NotReady(f"{WHAT} was filled by another release", where=view, todo=_REFILL)


def _folds(view: View) -> bool:
    return updates.shows_purchases(view) or updates.shows_interactions(view)
