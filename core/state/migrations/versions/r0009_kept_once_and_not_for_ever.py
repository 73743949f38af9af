"""Requests sent again are known; predictions carry their features, and PostgreSQL keeps each month of them in a
partition, which goes as a whole when its time is over.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Rows stay; on PostgreSQL those of before become the first partition."""
    _idempotency_keys()
    op.create_index("ix_feedback_received_at", "feedback", ["received_at"])
    op.create_table(
        "feature_lists",
        sa.Column("feature_list", sa.String(32), primary_key=True),
        sa.Column("names", sa.Text, nullable=False),
    )
    op.add_column("predictions", sa.Column("feature_list", sa.String(32)))
    op.add_column("prediction_results", sa.Column("features", sa.LargeBinary))
    if op.get_bind().dialect.name == "postgresql":
        begins = _first_partition()
        _partition("predictions", begins, ["made_at"])
        _partition("prediction_results", begins, ["subject"])


def _idempotency_keys() -> None:
    op.create_table(
        "idempotency_keys",
        sa.Column("token", sa.String(255), primary_key=True),
        sa.Column("owner", sa.String(16), primary_key=True),
        sa.Column("path", sa.String(100), primary_key=True),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("answer", sa.Text, nullable=False),
        sa.Column("at", sa.DateTime, nullable=False),
    )
    op.create_index("ix_idempotency_keys_at", "idempotency_keys", ["at"])


def _first_partition() -> str:
    """The first id of the next month, as 12 hexadecimal digits of milliseconds since 1970."""
    begins = "date_trunc('month', now() AT TIME ZONE 'utc') + interval '1 month'"
    query = f"SELECT lpad(to_hex((extract(epoch FROM {begins}) * 1000)::bigint), 12, '0')"
    return str(op.get_bind().execute(sa.text(query)).scalar())


def _partition(table: str, begins: str, indexed: list[str]) -> None:
    """Let a partitioned table take the place of `table`, whose rows before `begins` become its first partition.

    Rows with later ids, which a clock ahead of time may have made, move to the partition for all others.
    """
    before, others = f"{table}_before", f"{table}_others"
    op.execute(f"ALTER TABLE {table} RENAME TO {before}")
    op.execute(f"ALTER INDEX {table}_pkey RENAME TO {before}_pkey")
    for column in indexed:
        op.execute(f"ALTER INDEX ix_{table}_{column} RENAME TO ix_{before}_{column}")
    like = "INCLUDING DEFAULTS"
    op.execute(f"CREATE TABLE {table} (LIKE {before} {like}) PARTITION BY RANGE (prediction_id)")
    key = "prediction_id" if table == "predictions" else "prediction_id, position"
    op.execute(f"ALTER TABLE {table} ADD CONSTRAINT {table}_pkey PRIMARY KEY ({key})")
    for column in indexed:
        op.create_index(f"ix_{table}_{column}", table, [column])
    op.execute(f"CREATE TABLE {others} PARTITION OF {table} DEFAULT")
    op.execute(
        f"WITH moved AS (DELETE FROM {before} WHERE prediction_id >= '{begins}' RETURNING *) "
        f"INSERT INTO {others} SELECT * FROM moved"
    )
    op.execute(f"ALTER TABLE {table} ATTACH PARTITION {before} FOR VALUES FROM (MINVALUE) TO ('{begins}')")
