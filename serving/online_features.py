"""The customers', products' and series' features from the online store; nothing is an answer too."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import structlog

from core.errors import NotReady, RegularsError, StoreError
from core.logs import trail
from core.workspace import Workspace
from feature_repo import catalog
from feature_repo.online import OnlineReader
from feature_repo.packed.feature_rows import FeatureRows
from serving.circuit_breaker import CircuitBreaker
from serving.traces import span

PIECE: Final = 200
PAUSE_SECONDS: Final = 0.001
_log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Pace:
    """How long a read may take, and how many times as long as it reads it rests between two pieces."""

    budget_seconds: float = math.inf
    patience: float = 0.0


ASKED: Final = Pace(budget_seconds=1.0)
"""By a request, whatever it asks; then the defaults answer."""
LOADING: Final = Pace()
"""Before anybody is answered: as fast as it goes, to the end."""
BEHIND: Final = Pace(patience=3.0)
"""Behind the requests, which hardly notice: nobody waits for it."""


@dataclass(frozen=True)
class Found:
    """The features of those ids the store knows: `columns` has one value for each of `known`, in order.

    `is_read` is False where the store did not answer, is too slow, or has lost what it held: then nothing is known of
    anybody, which says nothing about them.
    """

    known: list[str]
    columns: Mapping[str, Sequence[Any]]
    is_read: bool = True

    @property
    def row(self) -> dict[str, int]:
        """Id -> its place in the columns."""
        return {each: place for place, each in enumerate(self.known)}

    @property
    def first(self) -> Mapping[str, Any]:
        """All values of the first of them."""
        if isinstance(self.columns, FeatureRows):
            return self.columns.values_of(0)
        return {name: values[0] for name, values in self.columns.items()}

    def of(self, ids: Sequence[str]) -> Found:
        """What was found of some of the ids."""
        row = self.row
        known = [each for each in ids if each in row]
        places = [row[each] for each in known]
        if isinstance(self.columns, FeatureRows):
            return Found(known, self.columns.take(places), self.is_read)
        return Found(known, {name: [of[at] for at in places] for name, of in self.columns.items()}, self.is_read)


class OnlineFeatures:
    """Reads the online store. One that does not answer is left alone for a while and then tried by one request at a
    time; meanwhile nothing is known of anybody, and the answers say so.
    """

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._readers: dict[str, OnlineReader] = {}
        self._making = threading.Lock()
        self._breaker = CircuitBreaker()
        url = workspace.settings.stores.online
        self.is_local = not url or url.startswith("sqlite")
        """Whether the store is a file of this machine."""

    @property
    def answers(self) -> bool:
        """Whether the store answered when it was asked last."""
        return self._breaker.is_closed

    def read_view(self, view: str, ids: Sequence[str]) -> Found:
        """All features of one view; an id the store does not know is left out."""
        return self._safely(view, ids, lambda: OnlineReader.of_views(self._workspace, [catalog.view(view)]))

    def read(self, service: str, key: str, ids: Sequence[str], pace: Pace = ASKED) -> Found:
        """The features of a service for ids of its entity `key`; an id the store does not know is left out."""
        return self._safely(f"{service} {key}", ids, lambda: OnlineReader(self._workspace, service, key), pace)

    def _safely(self, name: str, ids: Sequence[str], make: Callable[[], OnlineReader], pace: Pace = ASKED) -> Found:
        if not ids:
            return Found([], {})
        if not self._breaker.lets_through():
            return Found([], {}, is_read=False)
        try:
            with span("features"):
                found = self._read(self._reader(name, make), list(dict.fromkeys(ids)), pace)
        except NotReady as error:  # it answers, and holds nothing
            self._breaker.succeeded()
            _log.error("features_not_there", features=name, error=str(error))
            return Found([], {}, is_read=False)
        except Exception as error:
            self._breaker.failed()
            said = str(error) if isinstance(error, RegularsError) else ""  # others' words may name a customer
            _log.error("features_not_read", features=name, error=type(error).__name__, said=said, trail=trail(error))
            return Found([], {}, is_read=False)
        self._breaker.succeeded()
        return found

    def _read(self, reader: OnlineReader, ids: list[str], pace: Pace) -> Found:
        """Many ids are read piece by piece, so that a request for one customer gets in between."""
        parts: list[FeatureRows] = []
        pause, until = 0.0, time.monotonic() + pace.budget_seconds
        for start in range(0, len(ids), PIECE):
            if pause:
                time.sleep(pause)
            began = time.monotonic()
            if began > until:
                raise StoreError("the online store is too slow", why=f"{start} of {len(ids)} were read in time")
            parts.append(reader.read_rows(ids[start : start + PIECE]))
            pause = max(PAUSE_SECONDS, pace.patience * (time.monotonic() - began))
        found = parts[0] if len(parts) == 1 else FeatureRows.joined(parts)
        if all(found.is_known):
            return Found(ids, found)
        there = [place for place, is_known in enumerate(found.is_known) if is_known]
        return Found([ids[place] for place in there], found.take(there))

    def _reader(self, name: str, make: Callable[[], OnlineReader]) -> OnlineReader:
        if name not in self._readers:
            with self._making:
                if name not in self._readers:
                    self._readers[name] = make()
        return self._readers[name]
