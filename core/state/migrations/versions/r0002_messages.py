"""Alerts keep a message as its code and values, and the kind of model they speak of; words kept so far stay words."""

from __future__ import annotations

import json

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """The words of an alert become the value of the code that is nothing but words."""
    with op.batch_alter_table("alerts") as table:
        table.add_column(sa.Column("kind", sa.Text))
        table.add_column(sa.Column("code", sa.Text, nullable=False, server_default="plain"))
        table.add_column(sa.Column("details", sa.Text, nullable=False, server_default="{}"))
    alerts = sa.table("alerts", *(sa.column(name) for name in ("id", "subject", "text", "kind", "details")))
    connection = op.get_bind()
    for row in connection.execute(sa.select(alerts.c.id, alerts.c.subject, alerts.c.text)).all():
        values = {"kind": _kind(row.subject), "details": json.dumps({"text": row.text})}
        connection.execute(alerts.update().where(alerts.c.id == row.id).values(**values))
    with op.batch_alter_table("alerts") as table:
        table.drop_column("text")
        table.alter_column("code", existing_type=sa.Text, existing_nullable=False, server_default=None)
        table.alter_column("details", existing_type=sa.Text, existing_nullable=False, server_default=None)


def _kind(subject: str) -> str | None:
    """The kind of model that a subject of the earlier release begins with, such as `churn/3`."""
    known = ("churn", "demand", "recommendation")
    return next((kind for kind in known if subject.startswith(kind)), None)
