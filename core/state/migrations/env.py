"""What Alembic runs: `core.state.upgrade` hands over a connection, in a transaction that it commits itself."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import sqlalchemy as sa
from alembic import context
from alembic.runtime.migration import MigrationContext, MigrationInfo

from core import utc

_given = context.config.attributes


def _note_release(
    ctx: MigrationContext, step: MigrationInfo, heads: Collection[Any], run_args: Mapping[str, Any]
) -> None:
    """Keep which release applied a revision, for the message of an older one that meets it."""
    names = ("revision", "release", "applied_at")
    releases = sa.table("regulars_schema_releases", *(sa.column(name) for name in names))
    row = {"revision": step.up_revision_id, "release": _given["release"], "applied_at": utc.naive(utc.now())}
    assert ctx.connection is not None
    ctx.connection.execute(releases.insert().values(row))


context.configure(
    connection=_given["connection"],
    version_table=_given["version_table"],
    transactional_ddl=True,
    on_version_apply=_note_release,
)
context.run_migrations()
