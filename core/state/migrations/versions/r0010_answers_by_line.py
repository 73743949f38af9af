"""Lines of an answer say which version made them where the answer is of several, and answers say how long they took."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Rows of before have neither."""
    op.add_column("predictions", sa.Column("seconds", sa.Float))
    op.add_column("prediction_results", sa.Column("version", sa.String(20)))
    op.add_column("prediction_results", sa.Column("variant", sa.String(20)))
