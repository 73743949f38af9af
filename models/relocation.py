"""Lets the embedded model registry follow a workspace that was copied, moved or restored.

MLflow keeps where artifacts lie as absolute paths. A copy that still pointed to the folder it came from would read
from there, and write into it. So before anything is read or written, what points to another workspace's artifacts
is made to point to the same place in this one.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import sqlalchemy as sa

INSIDE: Final = "/mlflow/artifacts/"
"""What every artifact's path has in it: the part of it that lies in a workspace begins here."""
_PLACES: Final = (
    ("experiments", "artifact_location"),
    ("runs", "artifact_uri"),
    ("logged_models", "artifact_location"),
    ("model_versions", "source"),
    ("model_versions", "storage_location"),
)
"""The columns of MLflow's database that hold a path."""


def follow(engine: sa.Engine, artifacts: Path) -> int:
    """Point what MLflow's database remembers of artifacts to where they are now; returns how many paths it changed.

    Args:
        engine: of an embedded database.
        artifacts: this workspace's folder of artifacts, `.../mlflow/artifacts`.
    """
    with engine.begin() as connection:
        tables = set(connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'table'").scalars())
        return sum(_follow(connection, *place, artifacts) for place in _PLACES if place[0] in tables)


def _follow(connection: sa.Connection, table: str, column: str, artifacts: Path) -> int:
    """Plain SQL: this runs before nearly every look at the registry, and building a query takes longer than it."""
    here = f"{artifacts}/"
    found = connection.exec_driver_sql(
        f"SELECT DISTINCT {column} FROM {table} "
        f"WHERE instr({column}, ?) AND substr({column}, 1, ?) <> ? AND NOT instr({column}, '://')",
        (INSIDE, len(here), here),
    ).scalars()
    moved = [(f"{here}{old.rpartition(INSIDE)[2]}", old) for old in found]
    for new_and_old in moved:
        connection.exec_driver_sql(f"UPDATE {table} SET {column} = ? WHERE {column} = ?", new_and_old)
    return len(moved)
