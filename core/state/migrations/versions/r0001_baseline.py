"""The tables of Regulars 0.1.0, which made each on its first use: those that are there are left as they are."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make what is missing."""
    _releases()
    _predictions()
    _feedback()
    _events()
    _access()
    _monitoring()


def _releases() -> None:
    op.create_table(
        "regulars_schema_releases",
        sa.Column("revision", sa.String(32), primary_key=True),
        sa.Column("release", sa.String(40), nullable=False),
        sa.Column("applied_at", sa.DateTime, nullable=False),
    )


def _predictions() -> None:
    op.create_table(
        "predictions",
        sa.Column("prediction_id", sa.String(40), primary_key=True),
        sa.Column("made_at", sa.DateTime, nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("model", sa.String(40), nullable=False),
        sa.Column("version", sa.String(20), nullable=False),
        sa.Column("variant", sa.String(20), nullable=False),
        sa.Column("request", sa.Text, nullable=False),
        if_not_exists=True,
    )
    op.create_table(
        "prediction_results",
        sa.Column("prediction_id", sa.String(40), primary_key=True),
        sa.Column("position", sa.Integer, primary_key=True),
        sa.Column("subject", sa.String(300), nullable=False),
        sa.Column("item", sa.String(300)),
        sa.Column("value", sa.Float),
        sa.Column("fallback", sa.String(40)),
        if_not_exists=True,
    )
    _index("predictions", "made_at")
    _index("prediction_results", "subject")


def _feedback() -> None:
    op.create_table(
        "feedback",
        sa.Column("feedback_id", sa.String(40), primary_key=True),
        sa.Column("prediction_id", sa.String(40), nullable=False),
        sa.Column("received_at", sa.DateTime, nullable=False),
        sa.Column("key_name", sa.String(100)),
        sa.Column("outcome", sa.Text, nullable=False),
        if_not_exists=True,
    )
    _index("feedback", "prediction_id")


def _events() -> None:
    op.create_table(
        "received_events",
        sa.Column("sequence", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("event_key", sa.String(64), nullable=False, unique=True),
        sa.Column("received_at", sa.DateTime, nullable=False),
        sa.Column("customer_id", sa.String(300), nullable=False),
        sa.Column("content", sa.Text, nullable=False),
        sa.Column("applied_at", sa.DateTime),
        sa.Column("ingested_at", sa.DateTime),
        sqlite_autoincrement=True,
        if_not_exists=True,
    )
    for column in ("customer_id", "applied_at", "ingested_at"):
        _index("received_events", column)


def _access() -> None:
    op.create_table(
        "api_keys",
        sa.Column("id", sa.String(16), primary_key=True),
        sa.Column("name", sa.String(100), nullable=False, unique=True),
        sa.Column("token_hash", sa.String(64), nullable=False),
        sa.Column("rights", sa.String(200), nullable=False),
        sa.Column("created_at", sa.DateTime, nullable=False),
        sa.Column("expires_at", sa.DateTime),
        sa.Column("revoked_at", sa.DateTime),
        if_not_exists=True,
    )
    number = sa.BigInteger().with_variant(sa.Integer, "sqlite")
    texts = [sa.Column(name, sa.Text, nullable=False) for name in ("at", "action", "who", "subject", "details", "mac")]
    seq = sa.Column("seq", number, primary_key=True, autoincrement=False)
    op.create_table("audit_log", seq, *texts, if_not_exists=True)


def _monitoring() -> None:
    op.create_table(
        "alerts",
        sa.Column("id", sa.Integer, primary_key=True),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("level", "source", "subject", "text")),
        sa.Column("first_at", sa.Text, nullable=False),
        sa.Column("last_at", sa.Text, nullable=False),
        sa.Column("times", sa.Integer, nullable=False),
        sa.Column("closed_at", sa.Text),
        sa.Column("closed_by", sa.Text),
        if_not_exists=True,
    )
    op.create_table(
        "accepted_forecasts",
        sa.Column("version", sa.String(20), primary_key=True),
        sa.Column("as_of", sa.String(10), primary_key=True),
        sa.Column("series_id", sa.String(300), primary_key=True),
        sa.Column("who", sa.Text, nullable=False),
        sa.Column("at", sa.Text, nullable=False),
        if_not_exists=True,
    )
    op.create_table(
        "monitoring_runs",
        sa.Column("id", sa.Integer, primary_key=True),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("as_of", "at", "document")),
        if_not_exists=True,
    )
    _index("monitoring_runs", "as_of")


def _index(table: str, column: str) -> None:
    op.create_index(f"ix_{table}_{column}", table, [column], if_not_exists=True)
