"""What the logs keep no longer: old predictions with what came of them, and idempotency keys of yesterday.

On PostgreSQL whole months go at once. Elsewhere, and within a month, rows go a few at a time, each time in a short
transaction, so that nobody who writes waits for long; SQLite gives the room back to the disk as it goes.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from core import prediction_months, repeats, shared_lock, utc
from core.logged_rows import first_of_day
from core.sortable_ids import first_id
from core.state.schema import FEATURE_ROWS, FEEDBACK, PREDICTIONS
from core.workspace import Workspace

EVERY_SECONDS: Final = 3600.0
BATCH: Final = 200
PAUSE_SECONDS: Final = 0.02
PAGES: Final = 500
"""Pages of an SQLite file that are given back after a batch."""
_LOCK: Final = "retention"


@dataclass
class Swept:
    """What went: predictions (of dropped months they are not counted), outcomes, keys, partitions."""

    predictions: int = 0
    feedback: int = 0
    idempotency_keys: int = 0
    partitions: int = 0


class Retention:
    """Deletes what is older than `log.keep_days`; `refresh` may be called often and does it every hour."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._next = 0.0

    def refresh(self) -> None:
        """Sweep if an hour has passed; not where another process is at it.

        Raises:
            SQLAlchemyError: the database does not answer.
        """
        if time.monotonic() < self._next:
            return
        self._next = time.monotonic() + EVERY_SECONDS
        with shared_lock.trying(self._workspace, _LOCK, 0) as is_alone:
            if is_alone:
                sweep(self._workspace.database, self._workspace.settings.log.keep_days)


def sweep(engine: Engine, keep_days: int, now: datetime | None = None) -> Swept:
    """Delete what is older than so many days, and make PostgreSQL's next months.

    Raises:
        SQLAlchemyError: the database does not answer.
    """
    now = now or utc.now()
    oldest = now - timedelta(days=keep_days)
    swept = Swept()
    if engine.dialect.name == "postgresql":
        with engine.begin() as connection:
            prediction_months.make_ahead(connection, now)
        with engine.begin() as connection:
            swept.partitions = len(prediction_months.drop_before(connection, first_id(oldest)))
    made, row, feedback = PREDICTIONS.c.prediction_id, FEATURE_ROWS.c.row_id, FEEDBACK.c.feedback_id
    while count := _some(engine, PREDICTIONS, made, made < first_id(oldest)):
        swept.predictions += count
        time.sleep(PAUSE_SECONDS)
    while _some(engine, FEATURE_ROWS, row, row < first_of_day(oldest)):
        time.sleep(PAUSE_SECONDS)
    while count := _some(engine, FEEDBACK, feedback, FEEDBACK.c.received_at < utc.naive(oldest)):
        swept.feedback += count
        time.sleep(PAUSE_SECONDS)
    with engine.begin() as connection:
        swept.idempotency_keys = repeats.sweep(connection)
    return swept


def _some(engine: Engine, table: sa.Table, key: sa.Column[str], old: sa.ColumnElement[bool]) -> int:
    """Of a table whose rows stand alone."""
    with engine.begin() as connection:
        ids = list(connection.execute(sa.select(key).where(old).limit(BATCH)).scalars())
        if ids:
            connection.execute(table.delete().where(key.in_(ids)))
    _give_back(engine, len(ids))
    return len(ids)


def _give_back(engine: Engine, count: int) -> None:
    """The room of deleted rows; a file made before this was possible keeps it, and fills it again."""
    if count and engine.dialect.name == "sqlite":
        with engine.connect() as connection:  # as a script: the driver would stop after the first page otherwise
            connection.connection.cursor().executescript(f"PRAGMA incremental_vacuum({PAGES})")
