"""The online store in Redis or Valkey: a hash for each table, so that a new one takes the old one's place at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import Any, Final, cast
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from feature_repo.packed.backend import CONNECT_SECONDS, READ_SECONDS, WRITE_SECONDS, Found, Rows, StoreState, Wanted

STATE: Final = "regulars:store_state"
PIECES: Final = "regulars:store_pieces"
"""What a filling that has not ended is made from, and the pieces of it that are there."""
PREFIX: Final = "regulars:rows:"
PIECE: Final = 1_000
"""So many rows go in one command."""
CONNECTIONS: Final = 64
_NEW, _OLD = ":new", ":old"


class RedisBackend:
    """An online store in a server. What it keeps must not be evicted: `maxmemory-policy noeviction`."""

    def __init__(self, url: str) -> None:
        self._reading = _client(url, READ_SECONDS)
        self._writing = _client(url, WRITE_SECONDS)

    def read(self, wanted: Wanted) -> tuple[StoreState | None, Found]:
        """See `Backend`."""
        with self._reading.pipeline(transaction=True) as pipeline:
            pipeline.get(STATE)
            asked = [(table, keys) for table, keys in wanted if keys]
            for table, keys in asked:
                pipeline.hmget(PREFIX + table, list(keys))
            state, *rows = pipeline.execute()
        found = iter(rows)
        return _state(state), [list(next(found)) if keys else [] for _, keys in wanted]

    def state(self) -> StoreState | None:
        """See `Backend`."""
        return _state(self._reading.get(STATE))

    def create(self, tables: Iterable[str]) -> None:
        """See `Backend`: there is nothing to do, a hash comes with its first row."""

    def drop(self, tables: Iterable[str]) -> None:
        """See `Backend`."""
        names = [PREFIX + table + which for table in tables for which in ("", _NEW, _OLD)]
        if names:
            self._writing.unlink(*names)

    def write(self, table: str, rows: Rows) -> None:
        """See `Backend`."""
        _put(self._writing, PREFIX + table, rows)

    def fold(self, seen: StoreState, folded: int, rows: Mapping[str, Rows]) -> bool:
        """See `Backend`."""
        with self._writing.pipeline(transaction=True) as pipeline:
            pipeline.watch(STATE)  # type: ignore[no-untyped-call]
            if _state(pipeline.get(STATE)) != seen:
                return False
            pipeline.multi()
            for table, changed in rows.items():
                if changed:
                    pipeline.hset(PREFIX + table, mapping=dict(changed))
            pipeline.set(STATE, StoreState(seen.filling, seen.layouts, folded).to_json())
            try:
                pipeline.execute()
            except redis.WatchError:
                return False
        return True

    def clear(self, tables: Iterable[str]) -> None:
        """See `Backend`."""
        self.drop(tables)
        self._writing.unlink(STATE, PIECES)

    @contextmanager
    def filling(self, tables: Sequence[str], source: str) -> Iterator[RedisFilling]:
        """See `Backend`; until the switch the server holds the old rows and the new."""
        beside = [PREFIX + table + which for table in tables for which in (_NEW, _OLD)]
        try:
            yield RedisFilling(self._writing, tables, source)
        except Exception:
            self._writing.unlink(*beside, PIECES)
            raise
        self._writing.unlink(*beside, PIECES)

    def ping(self) -> None:
        """See `Backend`."""
        self._reading.ping()

    def close(self) -> None:
        """See `Backend`."""
        self._reading.close()
        self._writing.close()


class RedisFilling:
    """See `Filling`."""

    def __init__(self, client: redis.Redis, tables: Sequence[str], source: str) -> None:
        self._client = client
        self._tables = tables
        self._source = source
        self.done = self._begun()

    def put(self, table: str, rows: Rows, piece: str) -> None:
        """See `Filling`; rows without their note are put again, in their own place."""
        _put(self._client, PREFIX + table + _NEW, rows)
        self._client.sadd(PIECES, self._noted + piece)

    def switch(self, state: StoreState) -> None:
        """See `Filling`; the old rows are freed behind it, which takes a while."""
        there = [PREFIX + table for table in self._tables if self._client.exists(PREFIX + table)]
        filled = [PREFIX + table for table in self._tables if self._client.exists(PREFIX + table + _NEW)]
        with self._client.pipeline(transaction=True) as pipeline:
            for name in there:
                pipeline.rename(name, name + _OLD)
            for name in filled:
                pipeline.rename(name + _NEW, name)
            pipeline.set(STATE, state.to_json())
            pipeline.unlink(PIECES)
            pipeline.execute()

    @property
    def _noted(self) -> str:
        return f"{self._source} "

    def _begun(self) -> frozenset[str]:
        """The pieces of the filling that this one goes on with; where there is none, all is as at the beginning."""
        noted = [each.decode() for each in cast(set[bytes], self._client.smembers(PIECES))]
        done = frozenset(each.removeprefix(self._noted) for each in noted if each.startswith(self._noted))
        if not done:
            self._client.unlink(PIECES, *(PREFIX + table + which for table in self._tables for which in (_NEW, _OLD)))
        return done


def _client(url: str, seconds: float) -> redis.Redis:
    """A connection that the server has closed is opened again once; a server that is silent is not waited for again."""
    retry = Retry(NoBackoff(), 1, supported_errors=(redis.ConnectionError,))
    return redis.Redis.from_url(
        _spelled(url),
        socket_timeout=seconds,
        socket_connect_timeout=CONNECT_SECONDS,
        socket_keepalive=True,
        max_connections=CONNECTIONS,
        retry=retry,
    )


def _spelled(url: str) -> str:
    """`?ssl=true`, as Feast has it, is `rediss://` for the client."""
    parts = urlsplit(url)
    options = dict(parse_qsl(parts.query))
    scheme = "rediss" if options.pop("ssl", "").lower() == "true" else parts.scheme
    return urlunsplit(parts._replace(scheme=scheme, query=urlencode(options)))


def _put(client: redis.Redis, name: str, rows: Iterable[tuple[bytes, bytes]]) -> None:
    left = iter(rows)
    while piece := dict(islice(left, PIECE)):
        client.hset(name, mapping=piece)


def _state(content: Any) -> StoreState | None:
    return StoreState.from_json(content) if content else None
