"""Batch predictions that the service was asked for, and their files."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """New tables."""
    op.create_table(
        "batch_jobs",
        sa.Column("job_id", sa.String(40), primary_key=True),
        sa.Column("model", sa.String(40), nullable=False),
        sa.Column("options", sa.Text, nullable=False),
        sa.Column("key_id", sa.String(16), nullable=False),
        sa.Column("key_name", sa.String(100), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("asked_at", sa.DateTime, nullable=False),
        sa.Column("begun_at", sa.DateTime),
        sa.Column("seen_at", sa.DateTime),
        sa.Column("ended_at", sa.DateTime),
        sa.Column("step", sa.Text),
        sa.Column("share", sa.Float),
        sa.Column("problem", sa.Text),
        sa.Column("version", sa.String(20)),
        sa.Column("as_of", sa.String(10)),
        sa.Column("rows", sa.BigInteger),
        sa.Column("bytes", sa.BigInteger),
        sa.Column("sha256", sa.String(64)),
    )
    op.create_index("ix_batch_jobs_state", "batch_jobs", ["state"])
    op.create_table(
        "batch_job_parts",
        sa.Column("job_id", sa.String(40), primary_key=True),
        sa.Column("part", sa.Integer, primary_key=True),
        sa.Column("content", sa.LargeBinary, nullable=False),
    )
