"""A key's limit, and the token it had before, which lives on for a while."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Add their columns."""
    op.add_column("api_keys", sa.Column("per_second", sa.Float))
    op.add_column("api_keys", sa.Column("previous_hash", sa.String(64)))
    op.add_column("api_keys", sa.Column("previous_until", sa.DateTime))
