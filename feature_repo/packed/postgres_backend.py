"""The online store in PostgreSQL: each thread has a connection of its own, which no silent server holds up."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import psycopg
from psycopg import sql

from feature_repo.packed.backend import FOLD_SECONDS, READ_SECONDS, WRITE_SECONDS, Found, Rows, StoreState, Wanted

STATE: Final = "regulars_store_state"
PIECES: Final = "regulars_store_pieces"
"""What a filling that has not ended is made from, and the pieces of it that are there."""
_NEW: Final = "new_"


class PostgresBackend:
    """An online store in a database, in the schema that `?schema=` names (`public`)."""

    def __init__(self, url: str) -> None:
        self._address, self._schema = _address(url)
        self._own = threading.local()
        self._idle: list[_Impatient] = []

    def read(self, wanted: Wanted) -> tuple[StoreState | None, Found]:
        """See `Backend`."""
        connection = self._reader()
        try:
            with connection.cursor(binary=True) as cursor:
                return self._read(cursor, wanted)
        except psycopg.errors.UndefinedTable:
            return self._read_what_is_there(connection, wanted)
        finally:
            if connection.closed or connection.broken:
                self._own.connection = None

    def state(self) -> StoreState | None:
        """See `Backend`."""
        return self.read(())[0]

    def create(self, tables: Iterable[str]) -> None:
        """See `Backend`."""
        with self.writing() as connection:
            for table in tables:
                connection.execute(self._table(table))

    def drop(self, tables: Iterable[str]) -> None:
        """See `Backend`."""
        with self.writing() as connection:
            for table in tables:
                connection.execute(sql.SQL("DROP TABLE IF EXISTS {}").format(self.name(table)))

    def write(self, table: str, rows: Rows) -> None:
        """See `Backend`."""
        with self.writing() as connection:
            connection.execute(self._table(table))
            self._upsert(connection, table, rows)

    def fold(self, seen: StoreState, folded: int, rows: Mapping[str, Rows]) -> bool:
        """See `Backend`."""
        query = sql.SQL("UPDATE {} SET content = %s WHERE content = %s").format(self.name(STATE))
        after = StoreState(seen.filling, seen.layouts, folded)
        try:
            with self._folding() as connection:
                if connection.execute(query, (after.to_json(), seen.to_json())).rowcount != 1:
                    return False
                for table, changed in rows.items():
                    self._upsert(connection, table, changed)
                return True
        except psycopg.errors.UndefinedTable:  # emptied since it was read
            return False

    def clear(self, tables: Iterable[str]) -> None:
        """See `Backend`."""
        self.drop((*tables, STATE, PIECES))

    @contextmanager
    def filling(self, tables: Sequence[str], source: str) -> Iterator[PostgresFilling]:
        """See `Backend`; each piece is a transaction, and so is the switch, which a reader never sees half of."""
        try:
            yield PostgresFilling(self, tables, source)
        except Exception:
            self.drop([*(_NEW + table for table in tables), PIECES])
            raise

    def ping(self) -> None:
        """See `Backend`."""
        self._reader().execute("SELECT 1")

    def close(self) -> None:
        """See `Backend`; connections of other threads go with these."""
        self._own = threading.local()
        while self._idle:
            self._idle.pop().close()

    def _read(self, cursor: psycopg.Cursor[Any], wanted: Wanted) -> tuple[StoreState | None, Found]:
        asked = [(place, table, keys) for place, (table, keys) in enumerate(wanted) if keys]
        parts = [sql.SQL("SELECT -1, NULL::bytea, convert_to(content, 'UTF8') FROM {}").format(self.name(STATE))]
        for place, table, _ in asked:
            part = sql.SQL("SELECT {}, entity_key, content FROM {} WHERE entity_key = ANY(%b)")
            parts.append(part.format(sql.Literal(place), self.name(table)))
        cursor.execute(sql.SQL(" UNION ALL ").join(parts), [list(keys) for _, _, keys in asked], prepare=True)
        state, found = None, [dict[bytes, bytes]() for _ in wanted]
        for place, key, content in cursor.fetchall():
            if place < 0:
                state = StoreState.from_json(bytes(content))
            else:
                found[place][bytes(key)] = bytes(content)
        return state, [[found[place].get(key) for key in keys] for place, (_, keys) in enumerate(wanted)]

    def _read_what_is_there(
        self, connection: psycopg.Connection[Any], wanted: Wanted
    ) -> tuple[StoreState | None, Found]:
        query = "SELECT tablename FROM pg_tables WHERE schemaname = %s"
        there = {name for (name,) in connection.execute(query, (self._schema,))}
        if STATE not in there:
            return None, [[None] * len(keys) for _, keys in wanted]
        with connection.cursor(binary=True) as cursor:
            state, found = self._read(cursor, [(table, keys if table in there else []) for table, keys in wanted])
        return state, [rows or [None] * len(keys) for rows, (_, keys) in zip(found, wanted, strict=True)]

    def _reader(self) -> psycopg.Connection[Any]:
        connection: psycopg.Connection[Any] | None = getattr(self._own, "connection", None)
        if connection is None or connection.closed:
            connection = self._own.connection = self._connect(READ_SECONDS)
        return connection

    @contextmanager
    def writing(self) -> Iterator[psycopg.Connection[Any]]:
        """`connected` once what is always there has been made."""
        with self.connected(WRITE_SECONDS) as connection:
            connection.execute(sql.SQL("CREATE SCHEMA IF NOT EXISTS {}").format(sql.Identifier(self._schema)))
            connection.execute(
                sql.SQL("CREATE TABLE IF NOT EXISTS {} (id int PRIMARY KEY, content text NOT NULL)").format(
                    self.name(STATE)
                )
            )
            yield connection

    @contextmanager
    def connected(self, seconds: float) -> Iterator[psycopg.Connection[Any]]:
        """A transaction by a connection of its own; nothing of it is kept if it fails."""
        with self._connect(seconds) as connection, connection.transaction():
            yield connection

    @contextmanager
    def _folding(self) -> Iterator[psycopg.Connection[Any]]:
        """A transaction by the connection that the last one left, if it still answers: a new one costs more than all
        that is done by it.
        """
        try:
            connection = self._idle.pop()
            connection.execute("SELECT 1")
        except (IndexError, psycopg.Error):
            connection = self._connect(FOLD_SECONDS)
        try:
            with connection.transaction():
                yield connection
        finally:
            if connection.closed or self._idle:
                connection.close()
            else:
                self._idle.append(connection)

    def _connect(self, seconds: float) -> _Impatient:
        connection = _Impatient.connect(self._address, autocommit=True, connect_timeout=2)
        connection.patience = seconds
        return connection

    def name(self, table: str) -> sql.Identifier:
        """A table of the schema."""
        return sql.Identifier(self._schema, table)

    def _table(self, table: str) -> sql.Composed:
        made = "CREATE TABLE IF NOT EXISTS {} (entity_key bytea PRIMARY KEY, content bytea NOT NULL)"
        return sql.SQL(made).format(self.name(table))

    def _upsert(self, connection: psycopg.Connection[Any], table: str, rows: Rows) -> None:
        query = sql.SQL(
            "INSERT INTO {} VALUES (%b, %b) ON CONFLICT (entity_key) DO UPDATE SET content = excluded.content"
        ).format(self.name(table))
        with connection.cursor() as cursor:
            cursor.executemany(query, rows)


class PostgresFilling:
    """See `Filling`."""

    def __init__(self, backend: PostgresBackend, tables: Sequence[str], source: str) -> None:
        self._backend = backend
        self._tables = tables
        self._source = source
        self._pieces = backend.name(PIECES)
        self.done = self._begun()

    def put(self, table: str, rows: Rows, piece: str) -> None:
        """See `Filling`."""
        query = sql.SQL("COPY {} FROM STDIN (FORMAT BINARY)").format(self._backend.name(_NEW + table))
        with self._backend.connected(WRITE_SECONDS) as connection, connection.cursor() as cursor:
            with cursor.copy(query) as copy:
                copy.set_types(["bytea", "bytea"])
                for row in rows:
                    copy.write_row(row)
            cursor.execute(sql.SQL("INSERT INTO {} VALUES (%s, %s)").format(self._pieces), (self._source, piece))

    def switch(self, state: StoreState) -> None:
        """See `Filling`."""
        with self._backend.writing() as connection:
            for table in self._tables:
                new, old = self._backend.name(_NEW + table), self._backend.name(table)
                connection.execute(sql.SQL("ALTER TABLE {} ADD PRIMARY KEY (entity_key)").format(new))
                connection.execute(sql.SQL("DROP TABLE IF EXISTS {}").format(old))
                connection.execute(sql.SQL("ALTER TABLE {} RENAME TO {}").format(new, sql.Identifier(table)))
            query = "INSERT INTO {} VALUES (1, %s) ON CONFLICT (id) DO UPDATE SET content = excluded.content"
            connection.execute(sql.SQL(query).format(self._backend.name(STATE)), (state.to_json(),))
            connection.execute(sql.SQL("DROP TABLE {}").format(self._pieces))

    def _begun(self) -> frozenset[str]:
        """The pieces of the filling that this one goes on with; where there is none, all is as at the beginning."""
        with self._backend.writing() as connection:
            made = "CREATE TABLE IF NOT EXISTS {} (source text NOT NULL, piece text NOT NULL)"
            connection.execute(sql.SQL(made).format(self._pieces))
            query = sql.SQL("SELECT piece FROM {} WHERE source = %s").format(self._pieces)
            done = frozenset(str(piece) for (piece,) in connection.execute(query, (self._source,)))
            if not done:
                connection.execute(sql.SQL("DELETE FROM {}").format(self._pieces))
            for table in self._tables:
                new = self._backend.name(_NEW + table)
                if not done:
                    connection.execute(sql.SQL("DROP TABLE IF EXISTS {}").format(new))
                made = "CREATE TABLE IF NOT EXISTS {} (entity_key bytea NOT NULL, content bytea NOT NULL)"
                connection.execute(sql.SQL(made).format(new))
            return done


class _Impatient(psycopg.Connection[Any]):
    """Gives up a server that is silent for `patience` seconds; PostgreSQL's own limits are kept by the server."""

    patience: float = READ_SECONDS

    def wait(self, gen: Any, interval: float = 0.1, timeout: float | None = None) -> Any:
        try:
            return super().wait(gen, interval=interval, timeout=self.patience if timeout is None else timeout)
        except psycopg.errors._WaitTimeout as error:
            self.pgconn.finish()
            raise psycopg.OperationalError(f"no answer within {self.patience:g} s") from error


def _address(url: str) -> tuple[str, str]:
    """What psycopg takes, and the schema."""
    parts = urlsplit(url)
    options = dict(parse_qsl(parts.query))
    schema = options.pop("schema", "public")
    rest = parts._replace(scheme=parts.scheme.split("+")[0], query=urlencode(options))
    return urlunsplit(rest), schema
