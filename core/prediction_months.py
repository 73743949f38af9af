"""The months of the prediction log on PostgreSQL: each is a partition, made ahead of time and dropped as a whole.

A partition holds the ids of a month, which begin with their milliseconds since 1970. What belongs to no month yet, of
a clock far ahead say, lies in the partition for all others until its month is made.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Final

import sqlalchemy as sa

from core.sortable_ids import first_id

PARTITIONED: Final = {"predictions": "prediction_id", "feature_rows": "row_id"}
"""The tables, and the column that they are split by."""
AHEAD: Final = 2
"""Months that are made before they begin."""
_CHILDREN: Final = sa.text(
    "SELECT c.relname AS name, pg_get_expr(c.relpartbound, c.oid) AS bound "
    "FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid WHERE i.inhparent = CAST(:parent AS regclass)"
)


def ends(connection: sa.Connection, parent: str) -> dict[str, str]:
    """The partitions of months with the first id after each."""
    found = {}
    for row in connection.execute(_CHILDREN, {"parent": parent}):
        if bound := re.search(r"TO \('(\w+)'\)", row.bound):
            found[row.name] = bound[1]
    return found


def make_ahead(connection: sa.Connection, now: datetime) -> list[str]:
    """Make the partitions of this month and of those that come next; returns the new ones."""
    made = []
    for parent in PARTITIONED:
        known = ends(connection, parent)
        for month in range(AHEAD + 1):
            begins, after = _month(now, month), _month(now, month + 1)
            name = f"{parent}_{begins:%Y_%m}"
            if name not in known and first_id(begins) >= max(known.values(), default=""):
                _make(connection, parent, name, (first_id(begins), first_id(after)))
                known[name] = first_id(after)
                made.append(name)
    return made


def drop_before(connection: sa.Connection, oldest: str) -> list[str]:
    """Drop the partitions that hold only ids before `oldest`; returns them."""
    gone = [name for parent in PARTITIONED for name, end in ends(connection, parent).items() if end <= oldest]
    for name in gone:
        connection.exec_driver_sql(f"DROP TABLE {name}")
    return gone


def _make(connection: sa.Connection, parent: str, name: str, bounds: tuple[str, str]) -> None:
    """With the rows of the month that came before their partition was there."""
    begins, after = bounds
    key = PARTITIONED[parent]
    within = f"{key} >= '{begins}' AND {key} < '{after}'"
    connection.exec_driver_sql(f"CREATE TABLE {name} (LIKE {parent} INCLUDING DEFAULTS INCLUDING CONSTRAINTS)")
    connection.exec_driver_sql(
        f"WITH moved AS (DELETE FROM {parent}_others WHERE {within} RETURNING *) INSERT INTO {name} SELECT * FROM moved"
    )
    connection.exec_driver_sql(
        f"ALTER TABLE {parent} ATTACH PARTITION {name} FOR VALUES FROM ('{begins}') TO ('{after}')"
    )


def _month(now: datetime, ahead: int) -> datetime:
    number = now.year * 12 + now.month - 1 + ahead
    return datetime(number // 12, number % 12 + 1, 1, tzinfo=now.tzinfo)
