"""The chance with which an item is in a list is kept."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Add its column."""
    op.add_column("prediction_results", sa.Column("propensity", sa.Float))
