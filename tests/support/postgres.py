"""Databases of a test's own on the PostgreSQL server of the test session."""

from __future__ import annotations

import uuid

import sqlalchemy as sa

from core.database import driver


def new_database(server_url: str) -> str:
    """Make an empty database on the server and give its URL."""
    name = f"test_{uuid.uuid4().hex[:12]}"
    engine = sa.create_engine(driver(server_url), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(sa.text(f"create database {name}"))
    url = engine.url.set(database=name).render_as_string(hide_password=False)
    engine.dispose()
    return url
