"""Accepted forecasts keep the total that was accepted and its horizon; those accepted so far hold for their date."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Two columns, null in the rows there are."""
    with op.batch_alter_table("accepted_forecasts") as table:
        table.add_column(sa.Column("units", sa.Float))
        table.add_column(sa.Column("horizon_days", sa.Integer))
