"""Lets the embedded model registry follow a workspace that was moved or copied.

MLflow keeps where artifacts lie as absolute paths. A copy that still pointed to the folder it came from would read
from there, and train into it.
"""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa

_PLACES = {
    "experiments": ("artifact_location",),
    "runs": ("artifact_uri",),
    "logged_models": ("artifact_location",),
    "model_versions": ("source", "storage_location"),
}
"""The columns of MLflow's database that hold a path."""


def follow(engine: sa.Engine, artifacts: Path) -> bool:
    """Point all that MLflow's database remembers of artifacts to where they are now; whether it had to.

    Args:
        engine: of an embedded database.
        artifacts: the folder of artifacts, in which every experiment has one of its own name.
    """
    if not sa.inspect(engine).has_table("experiments"):
        return False
    with engine.begin() as connection:
        rows = connection.execute(sa.text("SELECT name, artifact_location FROM experiments")).all()
        roots = {place.removesuffix(f"/{name}") for name, place in rows if place and place.endswith(f"/{name}")}
        moved = roots - {str(artifacts)}
        for old in moved:
            for table, columns in _PLACES.items():
                for column in columns:
                    connection.execute(_replacement(table, column), {"old": f"{old}/", "new": f"{artifacts}/"})
    return bool(moved)


def _replacement(table: str, column: str) -> sa.TextClause:
    """Both names come from `_PLACES`."""
    return sa.text(
        f"UPDATE {table} SET {column} = :new || substr({column}, length(:old) + 1)"
        f" WHERE substr({column}, 1, length(:old)) = :old"
    )
