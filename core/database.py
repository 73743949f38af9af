"""The workspace's database: SQLite (WAL, every commit on disk) by default, PostgreSQL by setting.

No error of it shows the values of a statement: they are the customers'.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.engine import Engine
from sqlalchemy.exc import DisconnectionError, InterfaceError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from core.bounded_postgres import connection_type
from core.errors import SettingsError, did_you_mean


@dataclass(frozen=True)
class Waits:
    """How long one waits for a database, in seconds.

    `lock`: for another writer of an SQLite file. `connect`: for a server's greeting. `answer`: for the answer to one
    statement (None: as long as it takes), also of a server that is reached but says nothing any more. `pool`: for a
    connection that others of this process use. `unheard`: until data that the network loses count as lost.
    """

    lock: float
    connect: int
    answer: float | None
    pool: float
    unheard: int


JOBS: Final = Waits(lock=30, connect=10, answer=None, pool=30, unheard=60)
"""Of commands, which have time."""
REQUESTS: Final = Waits(lock=1, connect=2, answer=5, pool=1, unheard=5)
"""Of the service: somebody waits for the answer, and others for the thread."""


def expand(url: str) -> str:
    r"""Fill `${NAME}` from the environment; in the place of a user or a password as a URL needs it written.

    A value that may stand there as it is (one that is percent-encoded already, say) is taken as it is.

    Raises:
        SettingsError: where a name is not set.
    """
    server = re.match(r"\w[\w+.-]*://(?P<login>[^/?#]*)@", url)
    login = server.span("login") if server else (0, 0)

    def fill(match: re.Match[str]) -> str:
        name = match[1]
        if name not in os.environ:
            raise SettingsError(f"${{{name}}} is not set", where="environment", todo=did_you_mean(name, _similar(name)))
        value = os.environ[name]
        return _of_login(value) if login[0] <= match.start() < login[1] else value

    return re.sub(r"\$\{(\w+)\}", fill, url)


def _of_login(value: str) -> str:
    plain = re.fullmatch(r"(?:[\w.~!$&'()*+,;=-]|%[0-9A-Fa-f]{2})*", value, re.ASCII)
    return value if plain else quote(value, safe="")


def _similar(name: str) -> list[str]:
    return [known for known in os.environ if known[:1] == name[:1]] or ["PATH"]


def masked(url: str) -> str:
    """The URL without its password, for errors and logs."""
    return re.sub(r"(://[^:/@]*):[^@]*@", r"\1:***@", url)


def connect(url: str, path: Path, waits: Waits = JOBS) -> Engine:
    """An engine on `url` (a setting; may hold `${NAME}`), or on the SQLite file `path` where it is empty."""
    if url:
        return _server(driver(expand(url)), waits)
    path.parent.mkdir(parents=True, exist_ok=True)
    engine = sa.create_engine(
        f"sqlite:///{path}", hide_parameters=True, connect_args={"timeout": waits.lock}, pool_timeout=waits.pool
    )
    event.listen(engine, "connect", _durable)
    return engine


def _server(url: str, waits: Waits) -> Engine:
    """Of a server; one that is stopped refuses at once, one that hangs is given up after the waits."""
    address = sa.make_url(url)
    if address.get_backend_name() != "postgresql":
        return sa.create_engine(address, hide_parameters=True, pool_pre_ping=True)
    options = {"connect_timeout": waits.connect, "tcp_user_timeout": waits.unheard * 1000}
    options = {name: value for name, value in options.items() if name not in address.query}
    engine = sa.create_engine(
        address, hide_parameters=True, pool_pre_ping=True, pool_timeout=waits.pool, connect_args=options
    )
    event.listen(engine, "handle_error", _hide_details)
    bound(engine, waits)
    return engine


def bound(engine: Engine, waits: Waits) -> None:
    """Let an engine's new connections wait for answers only so long."""
    if waits.answer is not None and engine.dialect.name == "postgresql":
        event.listen(engine, "do_connect", _answering_within(waits.answer))


def _hide_details(context: sa.engine.ExceptionContext) -> None:
    """PostgreSQL adds the values of the row that it refuses."""
    for error in (context.original_exception, context.sqlalchemy_exception):
        if error is not None and error.args and isinstance(error.args[0], str):
            error.args = (re.sub(r"\s*^DETAIL:.*", "", error.args[0], flags=re.DOTALL | re.MULTILINE), *error.args[1:])


def _answering_within(seconds: float) -> Callable[..., Any]:
    """Connections of psycopg's own kind that are closed where a statement gets no answer in time.

    The server's `statement_timeout` says the same to a server that still listens.
    """

    def connect(dialect: Any, _record: Any, arguments: Any, options: dict[str, Any]) -> Any:
        milliseconds = int(seconds * 1000)
        said = f"{options.pop('options', '')} -c statement_timeout={milliseconds} -c lock_timeout={milliseconds}"
        return connection_type(dialect.dbapi, seconds).connect(*arguments, **options, options=said.strip())

    return connect


def driver(url: str) -> str:
    """Name psycopg 3 where a PostgreSQL URL names no driver."""
    return re.sub(r"^postgres(ql)?://", "postgresql+psycopg://", url)


def is_full(error: SQLAlchemyError) -> bool:
    """Whether there is no room on the database's disk."""
    origin = getattr(error, "orig", None)
    return getattr(origin, "sqlite_errorname", "") == "SQLITE_FULL" or getattr(origin, "sqlstate", "") == "53100"


def is_away(error: SQLAlchemyError) -> bool:
    """Whether the database does not answer, or not in time: later it may."""
    return isinstance(error, OperationalError | InterfaceError | PoolTimeout | DisconnectionError)


def takes_writes(engine: Engine) -> bool:
    """Whether the database, which answers, takes writes now: no other holds SQLite's file, no standby is asked.

    Raises:
        SQLAlchemyError: it does not answer.
    """
    with engine.connect() as connection:
        if connection.dialect.name != "sqlite":
            asked = "SELECT pg_is_in_recovery() OR current_setting('transaction_read_only')::boolean"
            return not connection.exec_driver_sql(asked).scalar()
        connection.exec_driver_sql("SELECT name FROM sqlite_master LIMIT 1").first()
        try:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        except OperationalError:
            return False
        connection.rollback()
        return True


def begin_alone(connection: sa.Connection, lock: int) -> None:
    """Begin a transaction that is alone until its end: by SQLite's write lock, or PostgreSQL's advisory lock `lock`."""
    if connection.dialect.name == "sqlite":
        # Begun by hand, for Python's driver begins a transaction only before a change of rows, not of tables.
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    else:
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(lock)))


def _durable(connection: Any, _record: Any) -> None:
    """WAL lets readers read while one writes; FULL makes a commit survive a power cut."""
    cursor = connection.cursor()
    if cursor.execute("PRAGMA page_count").fetchone() == (0,):  # later it would count for nothing, and lock the file
        cursor.execute("PRAGMA auto_vacuum=INCREMENTAL")
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.close()
