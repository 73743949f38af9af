"""The workspace's database: SQLite (WAL, every commit on disk) by default, PostgreSQL by setting."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.engine import Engine

from core.errors import SettingsError, did_you_mean


def expand(url: str) -> str:
    r"""Fill `${NAME}` from the environment.

    Raises:
        SettingsError: where a name is not set.
    """

    def fill(match: re.Match[str]) -> str:
        name = match[1]
        if name not in os.environ:
            raise SettingsError(f"${{{name}}} is not set", where="environment", todo=did_you_mean(name, _similar(name)))
        return os.environ[name]

    return re.sub(r"\$\{(\w+)\}", fill, url)


def _similar(name: str) -> list[str]:
    return [known for known in os.environ if known[:1] == name[:1]] or ["PATH"]


def masked(url: str) -> str:
    """The URL without its password, for errors and logs."""
    return re.sub(r"(://[^:/@]*):[^@]*@", r"\1:***@", url)


def connect(url: str, path: Path) -> Engine:
    """An engine on `url` (a setting; may hold `${NAME}`), or on the SQLite file `path` where it is empty."""
    if url:
        return sa.create_engine(driver(expand(url)), pool_pre_ping=True)
    path.parent.mkdir(parents=True, exist_ok=True)
    engine = sa.create_engine(f"sqlite:///{path}", connect_args={"timeout": 30})
    event.listen(engine, "connect", _durable)
    return engine


def driver(url: str) -> str:
    """Name psycopg 3 where a PostgreSQL URL names no driver."""
    return re.sub(r"^postgres(ql)?://", "postgresql+psycopg://", url)


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
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.close()
