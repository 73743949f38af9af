"""Brings a workspace's database to the schema of this release: Alembic, in one transaction, one process at a time.

The lock is the database's own, held until the commit: SQLite's write lock, PostgreSQL's advisory lock. A process that
is killed half-way leaves what was before, and the next one begins anew. A database that is up to date costs one
SELECT, and Alembic is not imported.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Engine
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError

from core.database import begin_alone
from core.errors import StoreError

MIGRATIONS: Final = Path(__file__).parent / "migrations"
VERSION_TABLE: Final = "regulars_schema_version"
"""Not Alembic's own name for it: MLflow's and Optuna's tables may lie in the same PostgreSQL database."""
WAIT_SECONDS: Final = 3600
_LOCK: Final = 0x52656774  # PostgreSQL's advisory lock for migrating
_alembic = threading.Lock()  # Alembic's `context` and `op` are one per process


class DatabaseAway(StoreError):  # noqa: N818 - what is the case, said as such
    """The workspace's database can't be opened now; it may later."""


def upgrade(engine: Engine, migrations: Path = MIGRATIONS) -> None:
    """Apply the revisions that the database does not have yet; wait where another process is at it.

    Raises:
        StoreError: the database does not answer, is damaged, or a newer release made it.
    """
    if is_current(engine, migrations):
        return
    known = revisions(migrations)
    with _alembic, _locked(engine) as connection:
        # Asked without an error this time: what goes wrong would end the transaction, and the lock with it.
        versioned = sa.inspect(connection).has_table(VERSION_TABLE)
        if not versioned or _revision(connection, known) != known[-1]:
            _migrate(connection, migrations)


def refuse_newer(engine: Engine) -> None:
    """Refuse what a newer release made, before a command that needs no database writes beside it.

    A database that does not answer is left to whoever needs it, and so is one that has to be migrated.

    Raises:
        StoreError: a newer release made it; with both versions.
    """
    try:
        with engine.connect() as connection:
            _revision(connection, revisions())
    except DBAPIError:
        return


def revisions(migrations: Path = MIGRATIONS) -> list[str]:
    """The revisions this release knows, the oldest first, by the names of their files (`rNNNN_what.py`)."""
    return sorted(path.stem[1:5] for path in (migrations / "versions").glob("r[0-9][0-9][0-9][0-9]_*.py"))


def is_current(engine: Engine, migrations: Path = MIGRATIONS) -> bool:
    """Whether the database has this release's schema.

    Read without a lock: another process may make the tables between two looks, so what failed is read again then.

    Raises:
        DatabaseAway: it does not answer.
        StoreError: it is damaged, or a newer release made it.
    """
    known = revisions(migrations)
    if (current := _reads_current(engine, known)) is not None:
        return current
    try:
        if not sa.inspect(engine).has_table(VERSION_TABLE):
            return False
        with engine.connect() as connection:
            return _revision(connection, known) == known[-1]
    except DBAPIError as error:
        may_come_back = isinstance(error, OperationalError | InterfaceError) or error.connection_invalidated
        raise (DatabaseAway if may_come_back else StoreError)(
            "the workspace's database can't be opened",
            where=_place(engine),
            why=(str(error.orig).strip().splitlines() or [type(error).__name__])[0],
            todo="see: regulars doctor",
        ) from error


def _reads_current(engine: Engine, known: list[str]) -> bool | None:
    """None where there is no version table, or nothing can be read at all."""
    try:
        with engine.connect() as connection:
            return _revision(connection, known) == known[-1]
    except DBAPIError:
        return None


def _revision(connection: sa.Connection, known: list[str]) -> str | None:
    """The revision of the database, which has a version table."""
    found = connection.exec_driver_sql(f"SELECT version_num FROM {VERSION_TABLE}").scalar()
    if found is not None and found not in known:
        raise _newer(connection, str(found), known[-1])
    return found


def _newer(connection: sa.Connection, found: str, newest: str) -> StoreError:
    query = sa.text("SELECT release FROM regulars_schema_releases WHERE revision = :revision")
    release = connection.execute(query, {"revision": found}).scalar()
    return StoreError(
        f"a newer release made the workspace's database: its schema is {found} of Regulars {release or 'unknown'}, "
        f"this is Regulars {_release()}, which knows schemas up to {newest}",
        where=_place(connection.engine),
        todo=f"use Regulars {release} or newer" if release else "use the release that made it, or a newer one",
    )


def _place(engine: Engine) -> str:
    return engine.url.render_as_string(hide_password=True)


def _release() -> str:
    from importlib.metadata import version

    return version("regulars")


@contextmanager
def _locked(engine: Engine) -> Iterator[sa.Connection]:
    """A transaction that no other process migrates beside."""
    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            connection.exec_driver_sql(f"PRAGMA busy_timeout={WAIT_SECONDS * 1000}")
        begin_alone(connection, _LOCK)
        yield connection
        connection.commit()
        connection.invalidate()  # with it goes the long wait


def _migrate(connection: sa.Connection, migrations: Path) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(migrations).replace("%", "%%"))
    config.attributes.update(connection=connection, version_table=VERSION_TABLE, release=_release())
    command.upgrade(config, "head")
