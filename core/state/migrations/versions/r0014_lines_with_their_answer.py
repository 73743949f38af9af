"""Lines lie with their answer, a text for all of them; features of before lie once a day, as those since then."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from alembic import op

from core import utc

revision = "0014"
down_revision = "0013"

_SOME = 500
_PREDICTIONS = sa.table(
    "predictions", sa.column("prediction_id", sa.String), sa.column("made_at", sa.DateTime), sa.column("lines", sa.Text)
)
_KEPT = ("subject", "value", "item", "fallback", "propensity", "version", "variant")
_RESULTS = sa.table(
    "prediction_results",
    *(sa.column(name) for name in ("prediction_id", "position", *_KEPT, "feature_row")),
    sa.column("features", sa.LargeBinary),
)
_ROWS = sa.table("feature_rows", sa.column("row_id"), sa.column("features", sa.LargeBinary))


def upgrade() -> None:
    """Every line of before goes into its answer, in its place."""
    op.add_column("predictions", sa.Column("lines", sa.Text, nullable=False, server_default="[]"))
    connection, after = op.get_bind(), ""
    while answers := _some(connection, after):
        after = max(answers)
        _move(connection, answers)
    op.drop_table("prediction_results")


def _some(connection: sa.Connection, after: str) -> dict[str, datetime]:
    """The next answers, and when they were made."""
    made = _PREDICTIONS.c
    query = sa.select(made.prediction_id, made.made_at).where(made.prediction_id > after).order_by(made.prediction_id)
    return dict(connection.execute(query.limit(_SOME)).tuples().all())


def _move(connection: sa.Connection, answers: Mapping[str, datetime]) -> None:
    told, at = _RESULTS.c, (min(answers), max(answers))
    query = _RESULTS.select().where(told.prediction_id.between(*at)).order_by(told.prediction_id, told.position)
    lines: dict[str, list[dict[str, Any]]] = {prediction_id: [] for prediction_id in answers}
    features: dict[str, bytes] = {}
    for result in connection.execute(query).mappings():
        row = result["feature_row"]
        if result["features"] is not None:
            row = _called(result["features"], answers[result["prediction_id"]])
            features[row] = result["features"]
        line = {name: result[name] for name in _KEPT} | {"row": row}
        lines[result["prediction_id"]].append({name: value for name, value in line.items() if value is not None})
    filled = [{"at": prediction_id, "told": json.dumps(each)} for prediction_id, each in lines.items() if each]
    if filled:
        one = _PREDICTIONS.c.prediction_id == sa.bindparam("at")
        connection.execute(_PREDICTIONS.update().where(one).values(lines=sa.bindparam("told")), filled)
    for row, kept in features.items():
        if connection.execute(sa.select(_ROWS.c.row_id).where(_ROWS.c.row_id == row)).first() is None:
            connection.execute(_ROWS.insert().values(row_id=row, features=kept))


def _called(features: bytes, made_at: datetime) -> str:
    """The first moment of its day, and what is in it."""
    day = utc.aware(made_at).replace(hour=0, minute=0, second=0, microsecond=0)
    return f"{int(day.timestamp() * 1000):012x}{hashlib.blake2b(features, digest_size=10).hexdigest()}"
