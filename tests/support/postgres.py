"""Databases of a test's own on the PostgreSQL server of the test session."""

from __future__ import annotations

import uuid

import sqlalchemy as sa

from core.database import driver
from core.state.schema import METADATA, RELEASES
from core.state.upgrade import upgrade


def new_database(server_url: str) -> str:
    """Make an empty database on the server and give its URL."""
    name = f"test_{uuid.uuid4().hex[:12]}"
    engine = sa.create_engine(driver(server_url), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(sa.text(f"create database {name}"))
    url = engine.url.set(database=name).render_as_string(hide_password=False)
    engine.dispose()
    return url


def emptied(url: str) -> None:
    """Give the database of a state this release's schema and no rows, whatever a test left open in it."""
    engine = sa.create_engine(driver(url))
    upgrade(engine)
    names = ", ".join(name for name in METADATA.tables if name != RELEASES.name)
    others = "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> "
    with engine.begin() as connection:
        connection.exec_driver_sql(others + "pg_backend_pid()")
        connection.exec_driver_sql(f"truncate {names} restart identity")
    engine.dispose()
