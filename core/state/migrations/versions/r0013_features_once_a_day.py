"""Features lie in the log once a day, and lines name them; PostgreSQL splits them by month, as predictions."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """Lines of before keep their own. Nobody looks lines up by their subject, and an index costs as much as a line."""
    op.drop_index("ix_prediction_results_subject", "prediction_results")
    op.add_column("prediction_results", sa.Column("feature_row", sa.String(40)))
    op.create_table(
        "feature_rows",
        sa.Column("row_id", sa.String(40), primary_key=True),
        sa.Column("features", sa.LargeBinary, nullable=False),
        postgresql_partition_by="RANGE (row_id)",
    )
    if op.get_bind().dialect.name == "postgresql":
        op.execute("CREATE TABLE feature_rows_others PARTITION OF feature_rows DEFAULT")
