"""What an online store must be able to do, whatever keeps it; and which store the settings name."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final, Protocol
from urllib.parse import urlsplit

from core.errors import SettingsError

Wanted = Sequence[tuple[str, Sequence[bytes]]]
"""Tables, and of each the keys that are asked for."""
Found = list[list[bytes | None]]
"""For each table asked, for each key, its row; None where there is none."""
Rows = Sequence[tuple[bytes, bytes]]
"""Keys with their rows."""

READ_SECONDS: Final = 0.5
"""So long a request waits for a store that does not answer."""
CONNECT_SECONDS: Final = 0.5
WRITE_SECONDS: Final = 60.0
"""So long a filling waits for one piece."""
FOLD_SECONDS: Final = 2.0
"""So long an event waits for who else writes into the store: it is kept already, and can be shown later."""


class Damaged(Exception):  # noqa: N818 - a state of the store, whoever asks
    """What the store keeps can't be read any more, and waiting mends nothing: a filling makes it anew."""


@dataclass(frozen=True)
class StoreState:
    """What the store says of itself, kept beside the rows and changed together with them.

    Attributes:
        filling: the token of the filling whose rows these are (`Materialization.token`).
        layouts: view -> the fingerprint of its rows' layout, as hex.
        folded: the sequence of the last received event that was folded in; 0: none since the filling.
    """

    filling: str
    layouts: Mapping[str, str] = field(default_factory=dict)
    folded: int = 0

    def to_json(self) -> str:
        """As it is kept."""
        return json.dumps(vars(self), sort_keys=True)

    @staticmethod
    @lru_cache(8)
    def from_json(text: str | bytes) -> StoreState:
        """The inverse of `to_json`. Every read brings the text, which hardly ever changes."""
        return StoreState(**json.loads(text))


class Backend(Protocol):
    """An online store. Safe to use from several threads, none of which waits for another's reading.

    All raise what the store's client raises where it does not answer. Tables that are not there are read as empty.
    """

    def read(self, wanted: Wanted) -> tuple[StoreState | None, Found]:
        """The rows, and what the store says of itself: in one round trip."""

    def state(self) -> StoreState | None:
        """What the store says of itself; None where it was never filled, or was emptied.

        Raises:
            Damaged: it can't be read any more, or some of it could not before.
        """

    def create(self, tables: Iterable[str]) -> None:
        """Make tables where they are not there."""

    def drop(self, tables: Iterable[str]) -> None:
        """Remove tables with all their rows."""

    def write(self, table: str, rows: Rows) -> None:
        """Put rows in the place of those of their keys."""

    def fold(self, seen: StoreState, folded: int, rows: Mapping[str, Rows]) -> bool:
        """Write rows and `folded`, or nothing and say False where the state is not as `seen` any more."""

    def clear(self, tables: Iterable[str]) -> None:
        """Remove tables, and what the store says of itself: it is as if it had never been filled."""

    def filling(self, tables: Sequence[str], source: str) -> AbstractContextManager[Filling]:
        """Fill tables anew beside the old ones, which are read meanwhile.

        A filling from the same `source` that was killed goes on: its pieces are `done`. One that fails leaves nothing,
        where the store still answers.
        """

    def ping(self) -> None:
        """Ask for an answer."""

    def close(self) -> None:
        """Let go of all connections."""


class Filling(Protocol):
    """New content on its way into a store: nothing of it shows before `switch`.

    Safe to use from several threads, each with pieces of its own.
    """

    done: frozenset[str]
    """The pieces that were there when it began."""

    def put(self, table: str, rows: Rows, piece: str) -> None:
        """Add rows, each key once, and with them the note that this piece is there."""

    def switch(self, state: StoreState) -> None:
        """Put the new tables and the state in the place of the old, at once."""


def open_backend(url: str) -> Backend:
    """The store at `sqlite:///PATH`, `postgresql://...` or `redis://...` (Valkey, too); nothing is asked yet.

    Raises:
        SettingsError: no store of that kind can be used.
    """
    scheme = urlsplit(url).scheme.split("+")[0]
    if scheme == "sqlite":
        from feature_repo.packed.sqlite_backend import SqliteBackend

        return SqliteBackend(url.removeprefix("sqlite:///"))
    if scheme in {"redis", "rediss"}:
        from feature_repo.packed.redis_backend import RedisBackend

        return RedisBackend(url)
    if scheme in {"postgresql", "postgres"}:
        from feature_repo.packed.postgres_backend import PostgresBackend

        return PostgresBackend(url)
    raise SettingsError(
        f"stores.online can't be a {scheme}:// URL", todo="use redis://, postgresql://, or leave it empty"
    )
