"""The online store as one SQLite file: each thread reads by a connection of its own, one at a time writes.

With a write-ahead log readers wait for no writer. What a power cut takes back it takes back as a whole, the state
with the rows: the events are folded in again then, so no write waits for the disk.

The log and its index have names of their own, and processes that hold a deleted file's go on holding them: a new file
never meets them, and each reader opens it once it sees that the name has another file.
"""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from core import locks
from feature_repo.packed.backend import (
    FOLD_SECONDS,
    READ_SECONDS,
    WRITE_SECONDS,
    Damaged,
    Found,
    Rows,
    StoreState,
    Wanted,
)

CHUNK: Final = 500
"""SQLite takes a limited number of values in one statement."""
CACHE_KB: Final = 16_000
"""Of pages that a reading connection keeps: SQLite's own 2 MB hold five hundred customers."""
LOOK_SECONDS: Final = 0.02
"""For so long a reader takes the file for the one that has the name."""
STATE: Final = "regulars_store_state"
PIECES: Final = "regulars_store_pieces"
"""What a filling that has not ended is made from, and the pieces of it that are there."""
_NEW: Final = "new_"
_DAMAGE: Final = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_IOERR_SHORT_READ}
"""A file that is not as SQLite left it, or whose log was taken away; a disk that fails says something else."""


_File = tuple[int, int]
"""The device and the number of a file, whatever its name."""


class SqliteBackend:
    """An online store in a file."""

    def __init__(self, path: str) -> None:
        self._path = Path(path)
        self._log = self._path.with_name(f"{self._path.name}-wal")
        self._own = threading.local()
        self._writing = threading.Lock()
        self._damaged: tuple[_File, sqlite3.Connection] | None = None
        """Which file could not be read; while a connection is kept no other file gets its number."""

    def read(self, wanted: Wanted) -> tuple[StoreState | None, Found]:
        """See `Backend`."""
        connection = self._reader()
        if connection is None:
            return None, [[None] * len(keys) for _, keys in wanted]
        try:
            return _read(connection, wanted)
        except sqlite3.DatabaseError as error:
            if _is_damage(error):
                self._damaged = self._own.file, connection
            raise

    def state(self) -> StoreState | None:
        """See `Backend`."""
        self._look_now()
        try:
            state = self.read(())[0]
        except sqlite3.DatabaseError as error:
            if _is_damage(error):
                raise Damaged(str(error)) from error
            raise
        if self.is_damaged():
            raise Damaged(f"{self._path} could not be read")
        return state

    def is_damaged(self) -> bool:
        """Whether the file that is there now could not be read before."""
        if self._damaged is not None and self._damaged[0] != self._file():
            self._damaged = None
        return self._damaged is not None

    def create(self, tables: Iterable[str]) -> None:
        """See `Backend`."""
        with self.writing() as connection:
            for table in tables:
                connection.execute(_table(table))

    def drop(self, tables: Iterable[str]) -> None:
        """See `Backend`."""
        with self.writing() as connection:
            for table in tables:
                connection.execute(f'DROP TABLE IF EXISTS "{table}"')

    def write(self, table: str, rows: Rows) -> None:
        """See `Backend`."""
        with self.writing() as connection:
            connection.execute(_table(table))
            connection.executemany(_upsert(table), rows)

    def fold(self, seen: StoreState, folded: int, rows: Mapping[str, Rows]) -> bool:
        """See `Backend`."""
        with self.writing(FOLD_SECONDS) as connection:
            if _state(connection) != seen:
                return False
            for table, changed in rows.items():
                connection.executemany(_upsert(table), changed)
            _keep(connection, StoreState(seen.filling, seen.layouts, folded))
            return True

    def clear(self, tables: Iterable[str]) -> None:
        """See `Backend`."""
        with self.writing() as connection:
            for table in (*tables, STATE, PIECES):
                connection.execute(f'DROP TABLE IF EXISTS "{table}"')

    @contextmanager
    def filling(self, tables: Sequence[str], source: str) -> Iterator[SqliteFilling]:
        """See `Backend`; each piece is a transaction, so that the write-ahead log stays short."""
        try:
            yield SqliteFilling(self, tables, source)
        except Exception as error:
            if _is_damage(error):
                self.renew()
                raise
            self.drop([*(_NEW + table for table in tables), PIECES])
            raise

    def ping(self) -> None:
        """See `Backend`."""
        self._look_now()
        connection = self._reader()
        if connection is None:
            raise FileNotFoundError(self._path)
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()

    def close(self) -> None:
        """See `Backend`; connections of other threads go with these."""
        self._own = threading.local()

    def _look_now(self) -> None:
        """Who asks how the store is wants to know it of this moment."""
        self._own.looked_until = 0.0

    def _reader(self) -> sqlite3.Connection | None:
        """This thread's connection to the file that has the name now; None where there is none.

        Whether it still has it is looked at now and then: the question takes as long as a read.
        """
        now = time.monotonic()
        if now < getattr(self._own, "looked_until", 0.0):
            known: sqlite3.Connection = self._own.connection
            return known
        if (file := self._file()) is None:
            self._own = threading.local()
            return None
        both = file, _number(self._log)
        if getattr(self._own, "both", None) != both:  # a connection goes on with the log that it has opened
            self._own.connection = self._connect("ro", READ_SECONDS)
            self._own.connection.execute(f"PRAGMA cache_size=-{CACHE_KB}")
            self._own.file, self._own.both = file, both
        self._own.looked_until = now + LOOK_SECONDS
        connection: sqlite3.Connection = self._own.connection
        return connection

    def _file(self) -> _File | None:
        """Which file has the name now."""
        return _number(self._path)

    @contextmanager
    def writing(self, seconds: float = WRITE_SECONDS) -> Iterator[sqlite3.Connection]:
        """A transaction that is alone, after waiting so long for other processes; nothing of it is kept if it fails."""
        with self._writing:
            if not self._path.exists():
                self._make()
            connection = self._connect("rw", seconds)
            try:
                connection.execute("PRAGMA journal_mode=WAL")
                connection.execute("PRAGMA synchronous=NORMAL")
                connection.execute("BEGIN IMMEDIATE")
                yield connection
                connection.execute("COMMIT")
            finally:
                connection.close()  # what was not committed goes

    def renew(self) -> None:
        """Put an empty file in the place of a damaged one."""
        with self._writing:
            self._make(anew=True)

    def _connect(self, mode: str, seconds: float) -> sqlite3.Connection:
        """To the file that is there: a new one is made in `_make` only."""
        url = f"{self._path.absolute().as_uri()}?mode={mode}"
        return sqlite3.connect(url, uri=True, isolation_level=None, timeout=seconds)

    def _make(self, anew: bool = False) -> None:
        """An empty file, without the log of one that had the name before; alone among all processes, as another may
        have made one meanwhile and written into its log.
        """
        with locks.waiting(self._path.with_suffix(".lock")):
            if self._path.exists() and not anew:
                return
            for file in (self._path, self._log, self._path.with_name(f"{self._path.name}-shm")):
                file.unlink(missing_ok=True)
            self._path.touch()


class SqliteFilling:
    """See `Filling`."""

    def __init__(self, backend: SqliteBackend, tables: Sequence[str], source: str) -> None:
        self._backend = backend
        self._tables = tables
        self._source = source
        if backend.is_damaged():
            backend.renew()
        try:
            self.done = self._begun()
        except sqlite3.DatabaseError as error:
            if not _is_damage(error):
                raise
            backend.renew()  # a filling takes the place of all that the file held
            self.done = self._begun()

    def put(self, table: str, rows: Rows, piece: str) -> None:
        """See `Filling`."""
        with self._backend.writing() as connection:
            connection.executemany(f'INSERT INTO "{_NEW}{table}" VALUES (?, ?)', rows)
            connection.execute(f"INSERT INTO {PIECES} VALUES (?, ?)", (self._source, piece))

    def switch(self, state: StoreState) -> None:
        """See `Filling`."""
        with self._backend.writing() as connection:
            for table in self._tables:
                connection.execute(f'DROP TABLE IF EXISTS "{table}"')
                connection.execute(f'ALTER TABLE "{_NEW}{table}" RENAME TO "{table}"')
            connection.execute(f"DROP TABLE {PIECES}")
            _keep(connection, state)

    def _begun(self) -> frozenset[str]:
        """The pieces of the filling that this one goes on with; where there is none, all is as at the beginning."""
        with self._backend.writing() as connection:
            connection.execute(f"CREATE TABLE IF NOT EXISTS {PIECES} (source TEXT NOT NULL, piece TEXT NOT NULL)")
            found = connection.execute(f"SELECT piece FROM {PIECES} WHERE source = ?", (self._source,)).fetchall()
            if not found:
                connection.execute(f"DELETE FROM {PIECES}")
                for table in self._tables:
                    connection.execute(f'DROP TABLE IF EXISTS "{_NEW}{table}"')
            for table in self._tables:
                connection.execute(_table(_NEW + table))
            return frozenset(piece for (piece,) in found)


def _read(connection: sqlite3.Connection, wanted: Wanted) -> tuple[StoreState | None, Found]:
    if len(wanted) == 1 and len(wanted[0][1]) <= CHUNK and (found := _at_once(connection, *wanted[0])) is not None:
        return found
    connection.execute("BEGIN")  # rows and state of one moment
    try:
        return _state(connection), [_rows(connection, table, keys) for table, keys in wanted]
    finally:
        if connection.in_transaction:  # some failures have ended it already
            connection.execute("COMMIT")


def _number(path: Path) -> _File | None:
    try:
        there = path.stat()
    except FileNotFoundError:
        return None
    return there.st_dev, there.st_ino


def _is_damage(error: Exception) -> bool:
    code: int = getattr(error, "sqlite_errorcode", 0)
    return code in _DAMAGE or code & 0xFF in _DAMAGE  # the low byte is the kind


def _table(name: str) -> str:
    return f'CREATE TABLE IF NOT EXISTS "{name}" (entity_key BLOB PRIMARY KEY, content BLOB NOT NULL)'


def _upsert(table: str) -> str:
    return f'INSERT INTO "{table}" VALUES (?, ?) ON CONFLICT (entity_key) DO UPDATE SET content = excluded.content'


def _state(connection: sqlite3.Connection) -> StoreState | None:
    try:
        found = connection.execute(f"SELECT content FROM {STATE}").fetchone()
    except sqlite3.OperationalError as error:
        if "no such table" not in str(error):
            raise
        return None
    return StoreState.from_json(found[0]) if found else None


def _at_once(
    connection: sqlite3.Connection, table: str, keys: Sequence[bytes]
) -> tuple[StoreState | None, Found] | None:
    """Rows of one table and the state in one statement, as nearly every request; None where a table is not there."""
    marks = ",".join("?" * len(keys))
    query = f'SELECT NULL, content FROM {STATE} UNION ALL SELECT * FROM "{table}" WHERE entity_key IN ({marks})'
    try:
        found: dict[bytes | None, bytes] = dict(connection.execute(query, keys))
    except sqlite3.OperationalError as error:
        if "no such table" not in str(error):
            raise
        return None
    state = found.get(None)
    return (None if state is None else StoreState.from_json(state)), [[found.get(key) for key in keys]]


def _keep(connection: sqlite3.Connection, state: StoreState) -> None:
    connection.execute(f"CREATE TABLE IF NOT EXISTS {STATE} (id INTEGER PRIMARY KEY, content TEXT NOT NULL)")
    connection.execute(f"INSERT OR REPLACE INTO {STATE} VALUES (1, ?)", (state.to_json(),))


def _rows(connection: sqlite3.Connection, table: str, keys: Sequence[bytes]) -> list[bytes | None]:
    found: dict[bytes, bytes] = {}
    try:
        for start in range(0, len(keys), CHUNK):
            chunk = keys[start : start + CHUNK]
            marks = ",".join("?" * len(chunk))
            found.update(connection.execute(f'SELECT * FROM "{table}" WHERE entity_key IN ({marks})', chunk))
    except sqlite3.OperationalError as error:
        if "no such table" not in str(error):
            raise
    return [found.get(key) for key in keys]
