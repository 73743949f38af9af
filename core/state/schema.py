"""Every table of the workspace's database. Times are UTC: naive, or ISO text where the column is text."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa

LONGEST_KEY_NAME: Final = 100
LONGEST_IDEMPOTENCY_KEY: Final = 255
METADATA: Final = sa.MetaData()

RELEASES: Final = sa.Table(
    "regulars_schema_releases",
    METADATA,
    sa.Column("revision", sa.String(32), primary_key=True),
    sa.Column("release", sa.String(40), nullable=False),
    sa.Column("applied_at", sa.DateTime, nullable=False),
)
"""Which release brought the database to which revision."""

PREDICTIONS: Final = sa.Table(
    "predictions",
    METADATA,
    sa.Column("prediction_id", sa.String(40), primary_key=True),
    sa.Column("made_at", sa.DateTime, nullable=False, index=True),
    sa.Column("kind", sa.String(40), nullable=False),
    sa.Column("model", sa.String(40), nullable=False),
    sa.Column("version", sa.String(20), nullable=False),
    sa.Column("variant", sa.String(20), nullable=False),
    sa.Column("request", sa.Text, nullable=False),
    sa.Column("feature_list", sa.String(32)),
    sa.Column("seconds", sa.Float),
    sa.Column("lines", sa.Text, nullable=False, server_default="[]"),
    postgresql_partition_by="RANGE (prediction_id)",
)
"""Answered requests, made in `seconds`; `request` is JSON without ids, `lines` are what was told (`core.answer_lines`).
Ids sort by time, PostgreSQL splits by month.
"""

FEATURE_ROWS: Final = sa.Table(
    "feature_rows",
    METADATA,
    sa.Column("row_id", sa.String(40), primary_key=True),
    sa.Column("features", sa.LargeBinary, nullable=False),
    postgresql_partition_by="RANGE (row_id)",
)
"""Features that lines of a day were made of, packed, once each; ids begin with their day's first moment."""

FEATURE_LISTS: Final = sa.Table(
    "feature_lists",
    METADATA,
    sa.Column("feature_list", sa.String(32), primary_key=True),
    sa.Column("names", sa.Text, nullable=False),
)
"""What the values are called that predictions' lines were made of, in their order (`core.feature_values`)."""

FEEDBACK: Final = sa.Table(
    "feedback",
    METADATA,
    sa.Column("feedback_id", sa.String(40), primary_key=True),
    sa.Column("prediction_id", sa.String(40), nullable=False, index=True),
    sa.Column("received_at", sa.DateTime, nullable=False, index=True),
    sa.Column("key_name", sa.String(LONGEST_KEY_NAME)),
    sa.Column("outcome", sa.Text, nullable=False),
)
"""What came of predictions; `outcome` is JSON."""

RECEIVED_EVENTS: Final = sa.Table(
    "received_events",
    METADATA,
    sa.Column("sequence", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("event_key", sa.String(64), nullable=False, unique=True),
    sa.Column("received_at", sa.DateTime, nullable=False),
    sa.Column("customer_id", sa.String(300), nullable=False, index=True),
    sa.Column("content", sa.Text, nullable=False),
    sa.Column("applied_at", sa.DateTime, index=True),
    sa.Column("applied_to", sa.Integer),
    sa.Column("ingested_at", sa.DateTime, index=True),
    sqlite_autoincrement=True,
)
"""Events as they reached the service; `content` is JSON. `applied_at` and `applied_to` are those of earlier releases,
which write them while replicas of both run: nothing reads them, and a later release drops them."""

IDEMPOTENCY_KEYS: Final = sa.Table(
    "idempotency_keys",
    METADATA,
    sa.Column("token", sa.String(LONGEST_IDEMPOTENCY_KEY), primary_key=True),
    sa.Column("owner", sa.String(16), primary_key=True),
    sa.Column("path", sa.String(100), primary_key=True),
    sa.Column("digest", sa.String(64), nullable=False),
    sa.Column("answer", sa.Text, nullable=False),
    sa.Column("at", sa.DateTime, nullable=False, index=True),
)
"""What requests with an `Idempotency-Key` were told; `answer` is JSON, `digest` a hash of what was sent."""

API_KEYS: Final = sa.Table(
    "api_keys",
    METADATA,
    sa.Column("id", sa.String(16), primary_key=True),
    sa.Column("name", sa.String(LONGEST_KEY_NAME), nullable=False, unique=True),
    sa.Column("token_hash", sa.String(64), nullable=False),
    sa.Column("rights", sa.String(200), nullable=False),
    sa.Column("created_at", sa.DateTime, nullable=False),
    sa.Column("expires_at", sa.DateTime),
    sa.Column("revoked_at", sa.DateTime),
    sa.Column("per_second", sa.Float),
    sa.Column("previous_hash", sa.String(64)),
    sa.Column("previous_until", sa.DateTime),
)
"""Keys, as hashes; the token before the last rotation opens until `previous_until`."""

AUDIT_LOG: Final = sa.Table(
    "audit_log",
    METADATA,
    sa.Column("seq", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=False),
    sa.Column("at", sa.Text, nullable=False),
    sa.Column("action", sa.Text, nullable=False),
    sa.Column("who", sa.Text, nullable=False),
    sa.Column("subject", sa.Text, nullable=False),
    sa.Column("details", sa.Text, nullable=False),
    sa.Column("mac", sa.Text, nullable=False),
)
"""The hash chain; `details` is JSON, and its text is what the chain covers."""

ALERTS: Final = sa.Table(
    "alerts",
    METADATA,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("level", sa.Text, nullable=False),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("subject", sa.Text, nullable=False),
    sa.Column("kind", sa.Text),
    sa.Column("code", sa.Text, nullable=False),
    sa.Column("details", sa.Text, nullable=False),
    sa.Column("first_at", sa.Text, nullable=False),
    sa.Column("last_at", sa.Text, nullable=False),
    sa.Column("times", sa.Integer, nullable=False),
    sa.Column("closed_at", sa.Text),
    sa.Column("closed_by", sa.Text),
    sa.Column("owner", sa.Text),
    sa.Column("told", sa.Text),
    sa.Column("due_at", sa.Text),
    sa.Column("escalated", sa.Text),
)
"""What somebody has to look at; `code` and `details` (JSON) are its message. `told` is the worst level that channels
were told of, `due_at` when somebody has to have answered, `escalated` at which level nobody had, and when (JSON)."""

ALERT_SILENCES: Final = sa.Table(
    "alert_silences",
    METADATA,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("subject", sa.Text, nullable=False),
    sa.Column("level", sa.Text, nullable=False),
    sa.Column("who", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("at", sa.Text, nullable=False),
    sa.Column("until", sa.Text, nullable=False),
)
"""Who asked for silence about what, up to which level; the newest of a source and a subject counts."""

ALERT_DELIVERIES: Final = sa.Table(
    "alert_deliveries",
    METADATA,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("alert_id", sa.Integer, nullable=False, index=True),
    sa.Column("channel", sa.Text, nullable=False),
    sa.Column("news", sa.Text, nullable=False),
    sa.Column("state", sa.String(20), nullable=False, index=True),
    sa.Column("at", sa.Text, nullable=False),
    sa.Column("tries", sa.Integer, nullable=False),
    sa.Column("next_at", sa.Text, nullable=False),
    sa.Column("message", sa.String(40)),
    sa.Column("problem", sa.Text),
    sa.Column("sent_at", sa.Text),
)
"""What each channel has to be told of an alert, and how that went; those that went out together share a `message`."""

ACCEPTED_FORECASTS: Final = sa.Table(
    "accepted_forecasts",
    METADATA,
    sa.Column("version", sa.String(20), primary_key=True),
    sa.Column("as_of", sa.String(10), primary_key=True),
    sa.Column("series_id", sa.String(300), primary_key=True),
    sa.Column("who", sa.Text, nullable=False),
    sa.Column("at", sa.Text, nullable=False),
    sa.Column("units", sa.Float),
    sa.Column("horizon_days", sa.Integer),
)
"""Forecasts a reviewer accepted: `units` of the series over `horizon_days` days."""

MONITORING_RUNS: Final = sa.Table(
    "monitoring_runs",
    METADATA,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("as_of", sa.Text, nullable=False, index=True),
    sa.Column("at", sa.Text, nullable=False),
    sa.Column("document", sa.Text, nullable=False),
)
"""Summaries of monitoring; `document` is JSON."""

QUALITY_RUNS: Final = sa.Table(
    "quality_runs",
    METADATA,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("at", sa.Text, nullable=False),
    sa.Column("day", sa.String(10), nullable=False, index=True),
    sa.Column("generation", sa.Integer, nullable=False),
    sa.Column("document", sa.Text, nullable=False),
)
"""Assessments of the quality of the shop's data; `document` is JSON."""

MATERIALIZATIONS: Final = sa.Table(
    "materializations",
    METADATA,
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("as_of", sa.String(10), nullable=False),
    sa.Column("begun_at", sa.DateTime, nullable=False),
    sa.Column("ended_at", sa.DateTime),
    sa.Column("content", sa.Text, nullable=False),
    sqlite_autoincrement=True,
)
"""Fillings of the online store; `content` is JSON."""

MATERIALIZED_KEYS: Final = sa.Table(
    "materialized_keys",
    METADATA,
    sa.Column("view", sa.String(100), primary_key=True),
    sa.Column("parquet", sa.LargeBinary, nullable=False),
)
"""The entities in the online store, per view: a Parquet file of one column."""

PUBLISHED_MANIFEST: Final = sa.Table(
    "published_manifest",
    METADATA,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("content", sa.Text, nullable=False),
)
"""What replicas know of the shop's tables: one row, JSON."""

PUBLISHED_FILES: Final = sa.Table(
    "published_files",
    METADATA,
    sa.Column("table_name", sa.String(100), primary_key=True),
    sa.Column("file_name", sa.String(100), primary_key=True),
    sa.Column("content", sa.LargeBinary, nullable=False),
)
"""The Parquet files of the tables that answers go by, named by their content."""

BATCH_JOBS: Final = sa.Table(
    "batch_jobs",
    METADATA,
    sa.Column("job_id", sa.String(40), primary_key=True),
    sa.Column("model", sa.String(40), nullable=False),
    sa.Column("options", sa.Text, nullable=False),
    sa.Column("key_id", sa.String(16), nullable=False),
    sa.Column("key_name", sa.String(LONGEST_KEY_NAME), nullable=False),
    sa.Column("state", sa.String(20), nullable=False, index=True),
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
"""Batch predictions that the service was asked for; `options` is JSON, `seen_at` when their process last said so."""

BATCH_JOB_PARTS: Final = sa.Table(
    "batch_job_parts",
    METADATA,
    sa.Column("job_id", sa.String(40), primary_key=True),
    sa.Column("part", sa.Integer, primary_key=True),
    sa.Column("content", sa.LargeBinary, nullable=False),
)
"""The files of those that are done, in parts of the same size, so that any machine gives them out."""
