"""Locks between all processes that share a workspace's database, on one machine or on many.

PostgreSQL keeps them, and lets them go when the holder's connection ends, however it ends. Where the database is a
file of this machine the lock is one, too.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from core import locks
from core.workspace import Workspace

LOOK_SECONDS = 0.05
_DEAD_AFTER = {"tcp_keepalives_idle": 10, "tcp_keepalives_interval": 5, "tcp_keepalives_count": 3}
"""A holder whose machine has lost its power is missed within half a minute, not after the usual two hours."""


@contextmanager
def waiting(workspace: Workspace, name: str) -> Iterator[None]:
    """Hold the lock `name`; wait for it as long as another holds it."""
    with trying(workspace, name, None):
        yield


@contextmanager
def trying(workspace: Workspace, name: str, patience: float | None) -> Iterator[bool]:
    """Hold the lock `name`, and yield True; False where another still holds it after `patience` seconds (None: wait).

    Raises:
        SQLAlchemyError: the database does not answer.
    """
    if workspace.database.dialect.name == "postgresql":
        with _advisory(workspace.database, name, patience) as is_alone:
            yield is_alone
        return
    path = workspace.root / f".{name}.lock"
    if patience is None:
        with locks.waiting(path):
            yield True
    else:
        with locks.trying(path, patience) as is_alone:
            yield is_alone


@contextmanager
def _advisory(engine: Engine, name: str, patience: float | None) -> Iterator[bool]:
    """One transaction holds it, also through a pooler that gives each transaction another connection."""
    deadline = None if patience is None else time.monotonic() + patience
    query = sa.select(sa.func.pg_try_advisory_xact_lock(_number(name)))
    with engine.begin() as connection:
        for setting, value in {**_DEAD_AFTER, "idle_in_transaction_session_timeout": 0}.items():
            connection.exec_driver_sql(f"SET LOCAL {setting} = {value}")
        while not (is_alone := bool(connection.execute(query).scalar())):
            if deadline is not None and time.monotonic() > deadline:
                break
            time.sleep(LOOK_SECONDS)
        yield is_alone


def _number(name: str) -> int:
    """PostgreSQL names its advisory locks by numbers of 64 bits."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], signed=True)
