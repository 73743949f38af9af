"""What replicas share: what the online store was filled with, and the tables that answers go by."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Make the tables; an event that was applied was so before the first filling that is counted."""
    _materializations()
    _publication()
    with op.batch_alter_table("received_events") as table:
        table.add_column(sa.Column("applied_to", sa.Integer))
    op.execute("UPDATE received_events SET applied_to = 0 WHERE applied_at IS NOT NULL")


def _materializations() -> None:
    op.create_table(
        "materializations",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("as_of", sa.String(10), nullable=False),
        sa.Column("begun_at", sa.DateTime, nullable=False),
        sa.Column("ended_at", sa.DateTime),
        sa.Column("content", sa.Text, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "materialized_keys",
        sa.Column("view", sa.String(100), primary_key=True),
        sa.Column("parquet", sa.LargeBinary, nullable=False),
    )


def _publication() -> None:
    op.create_table(
        "published_manifest",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("content", sa.Text, nullable=False),
    )
    op.create_table(
        "published_files",
        sa.Column("table_name", sa.String(100), primary_key=True),
        sa.Column("file_name", sa.String(100), primary_key=True),
        sa.Column("content", sa.LargeBinary, nullable=False),
    )
